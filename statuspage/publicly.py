"""A public update as the page and its subscribers get it, written already or not.

`news` makes the rows without saving them: publishing saves them, a preview only renders them. So
both show the same, byte for byte.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.crypto import salted_hmac

from incidents.models import Incident, IncidentKind, PublicStatus, Update
from notifications import prose, wording
from statuspage import branding, contract, presenting
from statuspage.models import Component, ComponentStatus, Impact, PublicIncident, PublicUpdate, StatusPage

#: What a public update changes of its incident.
CHANGED = ("title", "status", "impact", "next_update_at", "monitoring_at", "resolved_at", "updated_at")
#: How many earlier updates an e-mail repeats.
EARLIER = 3
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
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


@dataclass(frozen=True)
class News:
    """One public update with its incident as they stand after it, and what was said before, newest first."""

    incident: PublicIncident
    update: PublicUpdate
    earlier: list[PublicUpdate]
    components: list[Component]


@dataclass(frozen=True)
class Shown:
    """HTML of an incident: the part with head and updates, and the whole page that holds it."""

    part: str
    whole: str


def news(page: StatusPage, update: Update, *, at: datetime) -> News:
    """What `update` makes of the page's incident if it goes out at `at`. Nothing is saved."""
    told = _incident(page, update, at=at)
    components = list(Component.objects.filter(page=page, slug__in=update.components).order_by("position", "pk"))
    affected = [
        {
            "code": component.public_id,
            "name": component.name,
            "old_status": component.status,
            "new_status": update.components[component.slug],
        }
        for component in components
    ]
    told.title = update.title or told.title
    told.status = update.status
    told.impact = impact(page, update.components.values(), told)
    told.next_update_at = update.next_update_at
    told.monitoring_at = at if update.status == PublicStatus.MONITORING else told.monitoring_at
    if update.status == PublicStatus.RESOLVED:
        told.resolved_at = at
    elif told.is_unresolved:
        told.resolved_at = None
    told.updated_at = at
    public_update = PublicUpdate(
        public_incident=told,
        update=update if update.pk else None,
        status=update.status,
        body=update.body,
        affected=affected,
        next_update_at=update.next_update_at,
        notifies=update.notify and not told.is_backfilled,
        display_at=at,
        updated_at=at,
    )
    if update.pk:
        public_update.public_id = settled_id("update", update.pk)
    return News(told, public_update, _before(told), components)


def said(public_update: PublicUpdate) -> News:
    """A public update that is out, with what was said before it."""
    return News(public_update.public_incident, public_update, _before(public_update.public_incident, public_update), [])


def settled_id(*parts: object) -> str:
    """A public id that is known before its row is there: not to be guessed (62 bits), the same each time."""
    number = int.from_bytes(salted_hmac("statuspage.publicly", ":".join(map(str, parts)), algorithm="sha256").digest())
    signs = []
    for _ in range(12):
        number, at = divmod(number, len(_ALPHABET))
        signs.append(_ALPHABET[at])
    return "".join(signs)


def impact(page: StatusPage, statuses: Iterable[str], told: PublicIncident | None) -> str:
    """How bad the incident is for the public, once components have these statuses too; never less than before."""
    return contract.impact(list(statuses), of=page.components.count(), at_least=told.impact if told else Impact.NONE)


def shown(news: News) -> Shown:
    """The incident's own page with the update on top, as the publishing makes it."""
    news.update.public_incident = news.incident
    told = presenting.told(news.incident, [news.update, *news.earlier])
    values = {**presenting.frame(news.incident.page), "told": told, "spells": []}
    return Shown(
        part=presenting.html("statuspage/public/_incident.html", values),
        whole=presenting.html("statuspage/public/incident.html", values),
    )


def words(news: News) -> dict[str, object]:
    """What the templates `statuspage/messages/update.*` say of a public update."""
    told, public_update = news.incident, news.update
    page = told.page
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
            for before in sorted(news.earlier, key=lambda one: one.pk, reverse=True)[:EARLIER]
        ],
        "url": told.short_url,
        **branding.colours(page),
        "sms": _sms(told, public_update),
        "is_sandbox": page.is_sandbox,
    }


# --- inside -----------------------------------------------------------------------------------


def _incident(page: StatusPage, update: Update, *, at: datetime) -> PublicIncident:
    """The incident as the page tells it; a new one is not saved."""
    incident: Incident = update.incident
    told = PublicIncident.objects.filter(page=page, incident=incident).first() or PublicIncident(
        public_id=settled_id("incident", page.pk, incident.pk),
        page=page,
        incident=incident,
        title=update.title,
        started_at=min(incident.detected_at or incident.opened_at, at),
        is_backfilled=incident.kind == IncidentKind.BACKFILLED,
    )
    told.page = page
    return told


def _before(told: PublicIncident, public_update: PublicUpdate | None = None) -> list[PublicUpdate]:
    """What was said before, newest first."""
    if told.pk is None:
        return []
    rows = told.updates.all() if public_update is None else told.updates.filter(pk__lt=public_update.pk)
    return list(rows.order_by("-display_at", "-pk"))


def _affected(row: dict[str, str]) -> dict[str, str]:
    new, old = ComponentStatus(row["new_status"]), ComponentStatus(row["old_status"])
    return {"name": row["name"], "status": new.label, "was": old.label.lower() if old != new else ""}


def _sms(told: PublicIncident, public_update: PublicUpdate) -> str:
    """'Halyard: title. What is said. Next update by 02:47 UTC. link', cut to fit one segment where it can."""
    next_at = public_update.next_update_at
    head = f"{told.page.name}: {told.title}."
    status = PublicStatus(public_update.status).label
    tail = f"Next update by {_utc(next_at):%H:%M} UTC. {told.short_url}" if next_at else told.short_url
    words = " ".join(prose.to_text(public_update.body).split())
    room = 160 - len(head) - len(status) - len(tail) - 4
    words = _first_words(words, room) if room > 20 else ""
    return wording.sms_text(" ".join(part for part in (head, f"{status}.", words, tail) if part))


def _first_words(text: str, room: int) -> str:
    """As many whole words as fit, with three dots where some are left out."""
    line = " ".join(text.split())
    if len(line) <= room:
        return line
    return line[: max(room - 3, 0)].rsplit(" ", 1)[0].rstrip(".,;: ") + "..."


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
