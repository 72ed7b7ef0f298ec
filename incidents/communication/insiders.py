"""What updates for those inside become: internal, executive, support. Each is an e-mail to the groups of its kind.

Named in `settings.UPDATE_AUDIENCES`, beside the public one of statuspage. Who hears is asked of `groups`.
"""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError

from incidents.communication import boards, groups
from incidents.communication.audiences import Count, Place, Preview
from incidents.communication.groups import Insider
from incidents.models import Incident, StakeholderGroup, Update
from incidents.severity import rule
from notifications import addresses, outbox, wording
from notifications.models import Content
from roles.models import User
from roles.policy import Actor

Kind = StakeholderGroup.Kind


class InsideAudience:
    """People inside, told by e-mail: what the three audiences share."""

    template = ""
    kinds: tuple[str, ...] = ()
    named = ""

    def places(self, incident: Incident) -> list[Place]:
        return []

    def pages(self) -> list[tuple[str, str]]:
        return []

    def check(self, update: Update) -> None:
        if update.page or update.components:
            raise ValidationError(f"{self.named} belongs to no page and sets no component.")

    def needs_approval(self, update: Update) -> bool:
        return rule(update.incident.severity).needs_four_eyes

    def people(self, update: Update) -> list[Insider]:
        """Who hears, each once."""
        return groups.insiders(update.incident, *self.kinds)

    def count(self, update: Update) -> Count:
        told = self.people(update)
        return Count({"email": len(told)}, {"email": frozenset(one.user.pk for one in told if one.user)})

    def preview(self, update: Update, *, at: datetime) -> Preview:
        made = wording.render(self.template, self.words(update))
        return Preview(subject=made.subject, text=made.text, html=made.html, sms=made.sms)

    def words(self, update: Update) -> dict[str, object]:
        """What the templates say of an update."""
        incident = update.incident
        return {
            "key": incident.key,
            "severity": incident.severity,
            "state": incident.get_state_display(),
            "title": update.title or incident.title,
            "body": update.body,
            "next_update_at": update.next_update_at,
            "is_drill": incident.is_sandboxed,
            "url": f"{settings.SITE_URL}/incidents/{incident.key}/",
        }

    def publish(self, update: Update, *, by: Actor) -> None:
        incident = update.incident
        content = outbox.content(
            template=self.template,
            context=self.words(update),
            topic=f"update:{update.pk}",
            thread=f"incident-{incident.pk}",
            is_sandbox=incident.is_sandboxed,
            key=f"update:{update.pk}:{update.audience}",
        )
        tell(self.people(update), content, key=f"update:{update.pk}", by=by)


class InternalAudience(InsideAudience):
    """The responders who may see the incident, and the internal groups."""

    template = "incidents/internal_update"
    kinds = (Kind.TACTICAL,)
    named = "An internal update"

    def people(self, update: Update) -> list[Insider]:
        incident = update.incident
        responders = User.objects.responders().exclude(email="")
        seeing = [person for person in responders if not incident.is_private or incident.is_visible_to(person)]
        found = {addresses.normal("email", person.email): Insider(person.email, person) for person in seeing}
        for insider in super().people(update):
            found.setdefault(addresses.normal("email", insider.address), insider)
        return list(found.values())


class ExecutiveAudience(InsideAudience):
    """Those who answer for the company: short and plain, with the board where one is shared."""

    template = "incidents/executive_update"
    kinds = (Kind.EXECUTIVE,)
    named = "An executive update"

    def words(self, update: Update) -> dict[str, object]:
        incident = update.incident
        return {
            **super().words(update),
            "title": update.title or boards.title_of(incident),
            "impact": rule(incident.severity).meaning,
            "since": incident.detected_at or incident.opened_at,
            "board": boards.url_for_groups(incident),
        }


class SupportAudience(InsideAudience):
    """Frontline support: what to say to customers, beside what the page says."""

    template = "incidents/support_update"
    kinds = (Kind.SUPPORT,)
    named = "A support update"


def tell(people: Iterable[Insider], content: Content, *, key: str, by: Actor) -> None:
    """Writes one e-mail for each; safe to repeat. Nobody is told what they did themselves."""
    bare = []
    for insider in people:
        if insider.user is None:
            bare.append(outbox.Recipient(f"{key}:{insider.address}:email"[:200], "email", insider.address))
        elif insider.user != by:
            outbox.queue_person(
                insider.user,
                key=f"{key}:{insider.user.pk}",
                content=content,
                lane=outbox.Lane.BULK,
                channels=["email"],
            )
    if bare:
        outbox.queue_many(content, bare)
