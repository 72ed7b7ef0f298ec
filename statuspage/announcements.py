"""What a public update does: the page's own rows when it is published, and a message to each subscriber after.

`PublicAudience` runs inside the transaction of `updates.publish` and writes rows only; `announce` is
called by the listener that hears of it, and writes one outbox row per subscriber.
"""

from collections.abc import Iterator
from datetime import datetime
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Count as CountRows
from django.db.models import Q
from django.db.models.functions import Substr
from django.utils import timezone

from incidents.communication import phrases
from incidents.communication.audiences import Count, Place, Preview
from incidents.models import Audience, Incident, IncidentKind, PublicStatus, TimelineEntry, Update
from incidents.severity import rule
from notifications import addresses, links, outbox, wording
from roles.policy import Actor
from statuspage import component_status, linking, places, publicly, staleness, told_before
from statuspage.models import Component, ComponentStatus, Impact, PublicIncident, PublicUpdate, StatusPage, Subscriber
from statuspage.models.subscriber import SubscriberQuerySet

#: Purpose of the token in a subscriber's own links: manage and unsubscribe.
SUBSCRIBER = "subscriber"
#: The templates of what subscribers get.
TEMPLATE = "statuspage/update"


class PublicAudience:
    """Updates for everybody: shown on one page and sent to those who asked to be told."""

    def places(self, incident: Incident) -> list[Place]:
        return places.places(incident)

    def pages(self) -> list[tuple[str, str]]:
        return list(StatusPage.objects.filter(is_sandbox=False).order_by("name").values_list("slug", "name"))

    def check(self, update: Update) -> None:
        """Settles what goes without saying (the only page, the status of the state, the first title, what
        is over when it is resolved), then refuses what makes no sense."""
        update.page = update.page or _only_page(update)
        page = StatusPage.objects.filter(slug=update.page).first()
        if page is None:
            raise ValidationError(f"There is no status page {update.page!r}.")
        if not linking.fits(page, update.incident):
            kind = "sandbox" if page.is_sandbox else "public"
            raise ValidationError(
                f"{page} is a {kind} page: {update.incident.get_kind_display()} incidents are not told there."
            )
        update.status = update.status or linking.PUBLIC_STATUS.get(update.incident.state, PublicStatus.INVESTIGATING)
        if update.status == PublicStatus.RESOLVED and not update.components:
            update.components = linking.proposal(page, update.incident, update.status)
        told = linking.told(page, update.incident)
        update.title = update.title or (told.title if told else _first_title(page, update))
        _check_components(page, update)

    def needs_approval(self, update: Update) -> bool:
        if not rule(update.incident.severity).needs_approval:
            return False
        return not StatusPage.objects.filter(slug=update.page, publish_without_approval=True).exists()

    def count(self, update: Update) -> Count:
        """Whom it would reach now, by channel."""
        page = StatusPage.objects.filter(slug=update.page).first()
        if page is None or not update.notify or update.incident.kind == IncidentKind.BACKFILLED:
            return Count(dict.fromkeys(Subscriber.Channel.values, 0))
        told = linking.told(page, update.incident)
        if update.status == PublicStatus.POSTMORTEM:
            return _counted(told_before.listeners(told) if told else Subscriber.objects.none())
        codes = set(_codes(told)) | set(
            Component.objects.filter(page=page, slug__in=update.components).values_list("public_id", flat=True)
        )
        listeners = _listeners(
            page,
            codes,
            is_end=told is None or update.status == PublicStatus.RESOLVED,
            is_major=publicly.impact(page, update.components.values(), told) in {Impact.MAJOR, Impact.CRITICAL},
        )
        return _counted(listeners)

    def preview(self, update: Update, *, at: datetime) -> Preview:
        """The page and the messages as they would be, by the code that makes them; writes nothing."""
        page = StatusPage.objects.filter(slug=update.page).first()
        if page is None:
            raise ValidationError(f"There is no status page {update.page!r}.")
        news = publicly.news(page, update, at=at)
        shown = publicly.shown(news)
        if not news.update.notifies:
            return Preview(page=shown.part, document=shown.whole)
        made = wording.render(TEMPLATE, publicly.words(news))
        return Preview(shown.part, shown.whole, made.subject, made.text, made.html, made.sms)

    def publish(self, update: Update, *, by: Actor) -> None:
        """Writes public incident, public update and component states, and marks the page stale.

        The seat that may publish the update suffices for the components that it names.
        """
        page = StatusPage.objects.select_for_update().get(slug=update.page)
        at = update.published_at or timezone.now()
        news = publicly.news(page, update, at=at)
        news.incident.save(update_fields=publicly.CHANGED if news.incident.pk else None)
        for component, row in zip(news.components, news.update.affected, strict=True):
            status = row["new_status"]
            row["old_status"] = component_status.change(component, status, public_incident=news.incident, at=at)
        news.update.save(force_insert=True)
        staleness.mark(page)


def announce(entry: TimelineEntry) -> int:
    """Writes one message per subscriber of a published public update; returns how many. Safe to repeat."""
    public_update = (
        PublicUpdate.objects.filter(update=entry.data["update"])
        .select_related("public_incident__page", "public_incident__incident")
        .first()
    )
    if public_update is None or not public_update.notifies:
        return 0
    told = public_update.public_incident
    page = told.page
    is_first = not told.updates.filter(pk__lt=public_update.pk).exists()
    if public_update.status == PublicStatus.POSTMORTEM:
        listeners = told_before.listeners(told)
    else:
        listeners = _listeners(
            page,
            _codes(told),
            is_end=is_first or public_update.status == PublicStatus.RESOLVED,
            is_major=told.impact in {Impact.MAJOR, Impact.CRITICAL},
        )
    if not listeners.exists():
        return 0
    content = outbox.content(
        template=TEMPLATE,
        context=publicly.words(publicly.said(public_update)),
        topic=f"update:{public_update.update_id}",
        list_name=page.list_name,
        thread=f"public-{told.public_id}",
        sender=sender(page),
        unsubscribe_url=f"{page.url}unsubscribe/{links.TOKEN_MARK}/",
        is_sandbox=page.is_sandbox,
        key=f"event:{entry.pk}:{page.slug}",
    )

    def recipients() -> Iterator[outbox.Recipient]:
        rows = listeners.order_by("pk").values_list("pk", "public_id", "channel", "address")
        for pk, public_id, channel, address in rows.iterator(chunk_size=2000):
            token = links.sign(SUBSCRIBER, public_id)
            yield outbox.Recipient(key=f"event:{entry.pk}:{pk}", channel=channel, address=address, token=token)

    return outbox.queue_many(content, recipients())


def sender(page: StatusPage) -> str:
    """The From of a page's mail: its own name, the installation's address."""
    return formataddr((f"{page.name} status", parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))


# --- inside -----------------------------------------------------------------------------------


def _only_page(update: Update) -> str:
    pages = linking.pages_of(update.incident) or list(
        StatusPage.objects.filter(is_sandbox=update.incident.is_sandboxed)[:2]
    )
    if len(pages) != 1:
        raise ValidationError("Say on which status page this update goes.")
    return pages[0].slug


def _first_title(page: StatusPage, update: Update) -> str:
    """A title from the page's own texts: the internal one is never copied."""
    facts = phrases.draft_facts(update)
    chosen = phrases.best(
        Audience.PUBLIC,
        phase=PublicStatus.INVESTIGATING,
        language=update.language,
        page=page.slug,
        only_approved=True,
    )
    title = chosen.template.title if chosen else ""
    return phrases.fill(title or phrases.FIRST_TITLE, phrases.values(facts, update.language))[:200]


def _check_components(page: StatusPage, update: Update) -> None:
    known = set(Component.objects.filter(page=page).values_list("slug", flat=True))
    if unknown := sorted(set(update.components) - known):
        raise ValidationError(f"{page} has no component {', '.join(unknown)}.")
    if wrong := sorted({str(status) for status in update.components.values()} - set(ComponentStatus.values)):
        words = ", ".join(ComponentStatus.values)
        raise ValidationError(f"{', '.join(wrong)} is no component status; they are {words}.")


def _counted(listeners: SubscriberQuerySet) -> Count:
    counted = listeners.order_by().values_list("channel").annotate(CountRows("pk", distinct=True))
    phones = listeners.filter(channel=Subscriber.Channel.SMS).order_by()
    begins = phones.annotate(begins=Substr("address", 1, 4)).values_list("begins", flat=True).distinct()
    numbers = dict.fromkeys(Subscriber.Channel.values, 0) | dict(counted)
    return Count(numbers, countries=len(addresses.dialling_codes(begins)) if numbers["sms"] else 0)


def _codes(told: PublicIncident | None) -> set[str]:
    """Public ids of all components that the incident's updates have named."""
    if told is None:
        return set()
    return {row["code"] for affected in told.updates.values_list("affected", flat=True) for row in affected}


def _listeners(page: StatusPage, codes: set[str], *, is_end: bool, is_major: bool) -> SubscriberQuerySet:
    """The confirmed subscribers who asked for this much about these components."""
    amounts = [Subscriber.Amount.ALL]
    amounts += [Subscriber.Amount.ENDS] if is_end else []
    amounts += [Subscriber.Amount.MAJOR] if is_major else []
    about = Q(pk__in=Subscriber.components.through.objects.filter(component__public_id__in=codes).values("subscriber"))
    everything = ~Q(pk__in=Subscriber.components.through.objects.values("subscriber"))
    return page.subscribers.confirmed().filter(about | everything, amount__in=amounts)
