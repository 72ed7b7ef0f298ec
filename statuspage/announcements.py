"""What a public update does: the page's own rows when it is published, and a message to each subscriber after.

`PublicAudience` runs inside the transaction of `updates.publish` and writes rows only; `announce` is
called by the listener that hears of it, and writes one outbox row per subscriber.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Count as CountRows
from django.db.models import Q
from django.utils import timezone

from incidents.communication import phrases
from incidents.communication.audiences import Count, Place
from incidents.models import Audience, Incident, IncidentKind, PublicStatus, TimelineEntry, Update
from incidents.severity import rule
from notifications import links, outbox, prose, wording
from roles.policy import Actor
from statuspage import branding, component_status, contract, linking, places, staleness
from statuspage.models import Component, ComponentStatus, Impact, PublicIncident, PublicUpdate, StatusPage, Subscriber
from statuspage.models.subscriber import SubscriberQuerySet

#: Purpose of the token in a subscriber's own links: manage and unsubscribe.
SUBSCRIBER = "subscriber"
#: What a public update changes of its incident.
CHANGED = ("title", "status", "impact", "next_update_at", "monitoring_at", "resolved_at", "updated_at")
#: How many earlier updates an e-mail repeats.
EARLIER = 3


class PublicAudience:
    """Updates for everybody: shown on one page and sent to those who asked to be told."""

    def places(self, incident: Incident) -> list[Place]:
        return places.places(incident)

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
        codes = set(_codes(told)) | set(
            Component.objects.filter(page=page, slug__in=update.components).values_list("public_id", flat=True)
        )
        listeners = _listeners(
            page,
            codes,
            is_end=told is None or update.status == PublicStatus.RESOLVED,
            is_major=_impact(page, update.components.values(), told) in {Impact.MAJOR, Impact.CRITICAL},
        )
        counted = listeners.order_by().values_list("channel").annotate(CountRows("pk", distinct=True))
        return Count(dict.fromkeys(Subscriber.Channel.values, 0) | dict(counted))

    def publish(self, update: Update, *, by: Actor) -> None:
        """Writes public incident, public update and component states, and marks the page stale.

        The seat that may publish the update suffices for the components that it names.
        """
        page = StatusPage.objects.select_for_update().get(slug=update.page)
        incident, at = update.incident, update.published_at or timezone.now()
        told, _ = PublicIncident.objects.get_or_create(
            page=page,
            incident=incident,
            defaults={
                "title": update.title,
                "started_at": min(incident.detected_at or incident.opened_at, at),
                "is_backfilled": incident.kind == IncidentKind.BACKFILLED,
            },
        )
        affected = []
        for component in Component.objects.filter(page=page, slug__in=update.components):
            status = update.components[component.slug]
            old = component_status.change(component, status, public_incident=told, at=at)
            affected.append(
                {"code": component.public_id, "name": component.name, "old_status": old, "new_status": status}
            )
        told.title = update.title or told.title
        told.status = update.status
        told.impact = _impact(page, update.components.values(), told)
        told.next_update_at = update.next_update_at
        told.monitoring_at = at if update.status == PublicStatus.MONITORING else told.monitoring_at
        if update.status == PublicStatus.RESOLVED:
            told.resolved_at = at
        elif told.is_unresolved:
            told.resolved_at = None
        told.updated_at = at
        told.save(update_fields=CHANGED)
        PublicUpdate.objects.create(
            public_incident=told,
            update=update,
            status=update.status,
            body=update.body,
            affected=affected,
            next_update_at=update.next_update_at,
            notifies=update.notify and not told.is_backfilled,
            display_at=at,
            updated_at=at,
        )
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
    listeners = _listeners(
        page,
        _codes(told),
        is_end=is_first or public_update.status == PublicStatus.RESOLVED,
        is_major=told.impact in {Impact.MAJOR, Impact.CRITICAL},
    )
    if not listeners.exists():
        return 0
    content = outbox.content(
        template="statuspage/update",
        context=words(public_update),
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


def words(public_update: PublicUpdate) -> dict[str, object]:
    """What the templates `statuspage/messages/update.*` say of a public update."""
    told = public_update.public_incident
    page = told.page
    earlier = told.updates.filter(pk__lt=public_update.pk).order_by("-pk")[:EARLIER]
    next_at = public_update.next_update_at
    return {
        "page": page,
        "title": told.title,
        "status": PublicStatus(public_update.status).label,
        "tone": TONES[PublicStatus(public_update.status)],
        "impact": IMPACT_WORDS[Impact(told.impact)],
        "at": f"{_utc(public_update.display_at):%d %b, %H:%M} UTC".lstrip("0"),
        "body_html": prose.to_html(public_update.body),
        "body_text": prose.to_text(public_update.body).strip(),
        "preheader": _first_words(prose.to_text(public_update.body), 140),
        "affected": [_affected(row) for row in public_update.affected],
        "next_update": f"{_utc(next_at):%H:%M} UTC" if next_at else "",
        "earlier": [
            {
                "at": f"{_utc(before.display_at):%H:%M}",
                "status": before.get_status_display(),
                "text": _first_words(prose.to_text(before.body), 120),
            }
            for before in earlier
        ],
        "url": told.short_url,
        **branding.colours(page),
        "sms": _sms(public_update),
        "is_sandbox": page.is_sandbox,
    }


#: Colour of a status in an e-mail, as the design's chip has it.
TONES = {
    PublicStatus.INVESTIGATING: "bad",
    PublicStatus.IDENTIFIED: "caution",
    PublicStatus.MONITORING: "caution",
    PublicStatus.RESOLVED: "ok",
    PublicStatus.POSTMORTEM: "ok",
}
IMPACT_WORDS = {
    Impact.NONE: "",
    Impact.MINOR: "Minor outage",
    Impact.MAJOR: "Major outage",
    Impact.CRITICAL: "Major outage",
    Impact.MAINTENANCE: "Maintenance",
}


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


def _impact(page: StatusPage, statuses: Iterable[str], told: PublicIncident | None) -> str:
    return contract.impact(list(statuses), of=page.components.count(), at_least=told.impact if told else Impact.NONE)


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


def _affected(row: dict[str, str]) -> dict[str, str]:
    new, old = ComponentStatus(row["new_status"]), ComponentStatus(row["old_status"])
    return {"name": row["name"], "status": new.label, "was": old.label.lower() if old != new else ""}


def _sms(public_update: PublicUpdate) -> str:
    """'Halyard: title. What is said. Next update by 02:47 UTC. link', cut to fit one segment where it can."""
    told = public_update.public_incident
    next_at = public_update.next_update_at
    head = f"{told.page.name}: {told.title}."
    status = PublicStatus(public_update.status).label
    tail = f"Next update by {_utc(next_at):%H:%M} UTC. {told.short_url}" if next_at else told.short_url
    said = " ".join(prose.to_text(public_update.body).split())
    room = 160 - len(head) - len(status) - len(tail) - 4
    said = _first_words(said, room) if room > 20 else ""
    return wording.sms_text(" ".join(part for part in (head, f"{status}.", said, tail) if part))


def _first_words(text: str, room: int) -> str:
    """As many whole words as fit, with three dots where some are left out."""
    line = " ".join(text.split())
    if len(line) <= room:
        return line
    return line[: max(room - 3, 0)].rsplit(" ", 1)[0].rstrip(".,;: ") + "..."


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
