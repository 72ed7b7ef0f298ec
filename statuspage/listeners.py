"""The outward listener: which fact puts a draft on a page, which makes a page stale, which is announced.

Named in settings.INCIDENT_LISTENERS. Writes rows under stable keys, so hearing a fact twice changes
nothing.
"""

from django.utils import timezone

from incidents.communication import consistency, updates
from incidents.models import Audience, Incident, Kind, PublicStatus, State, TimelineEntry, Update, UpdateState
from incidents.severity import rule
from roles.policy import SYSTEM
from statuspage import announcements, linking, move_texts, staleness
from statuspage.models import Component, StatusPage, UpdateTemplate

#: States of an incident in which nothing more is said about it.
SILENT = frozenset({State.CANCELLED, State.MERGED})


def on_event(entry: TimelineEntry) -> None:
    """Hears one fact; safe to repeat."""
    if entry.kind == Kind.MOVED:
        _moved(entry, entry.data["new"])
    elif entry.kind == Kind.OPENED and entry.data["state"] == State.INVESTIGATING:
        _moved(entry, entry.data["state"])
    elif entry.kind == Kind.TIMES_CORRECTED:
        for page in linking.pages_of(entry.incident):
            staleness.mark(page)
    elif entry.kind == Kind.UPDATE_PUBLISHED and entry.data["audience"] == Audience.PUBLIC:
        announcements.announce(entry)


def _moved(entry: TimelineEntry, state: str) -> None:
    incident = entry.incident
    for page in linking.pages_of(incident):
        key = f"move:{entry.pk}:{page.slug}"
        _drop_older(incident, page, key)
        status = linking.PUBLIC_STATUS.get(state)
        if status is not None and incident.state not in SILENT:
            _say(entry, page, status, key)
        staleness.mark(page)


def _say(entry: TimelineEntry, page: StatusPage, status: str, key: str) -> None:
    """Drafts the page's text for this status; lets it out at once where the page says so.

    A page without an approved text gets a draft in the words that new pages start with, for people
    to finish: those words are never published by themselves.
    """
    incident = entry.incident
    template = UpdateTemplate.objects.filter(page=page, status=status, is_approved=True).first()
    title, body = (template.title, template.body) if template else move_texts.DEFAULTS[status]
    components = linking.proposal(page, incident, status)
    every = rule(incident.severity).update_every
    next_at = timezone.now() + every if every and status != PublicStatus.RESOLVED else None
    told = linking.told(page, incident)
    values = {
        "components": move_texts.listed(_names(page, incident, components)),
        "status": PublicStatus(status).label,
        "next_update": f"Next update by {next_at:%H:%M} UTC." if next_at else "",
        "page": page.name,
    }
    started = told.title if told else move_texts.fill(move_texts.DEFAULTS[PublicStatus.INVESTIGATING][0], values)
    values["title"] = started
    update = updates.draft(
        incident,
        by=SYSTEM,
        audience=Audience.PUBLIC,
        page=page.slug,
        title=told.title if told else move_texts.fill(title, values)[:200],
        status=status,
        body=move_texts.fill(body, values),
        components=components,
        next_update_at=next_at,
        key=key,
    )
    goes_out = template and incident.severity in page.publishes_moves and update.state == UpdateState.DRAFT
    if goes_out and not consistency.blocking_in(update):
        updates.publish(update, by=SYSTEM)


def _names(page: StatusPage, incident: Incident, components: dict[str, str]) -> list[str]:
    """What the text calls the affected part: the named components, those of the services, or the page."""
    if components:
        return list(Component.objects.filter(page=page, slug__in=components).values_list("name", flat=True))
    return [component.name for component in linking.affected(page, incident)] or [page.name]


def _drop_older(incident: Incident, page: StatusPage, key: str) -> None:
    """Discards the drafts of earlier moves that nobody has touched: the incident has moved on."""
    older = Update.objects.filter(
        incident=incident,
        page=page.slug,
        key__startswith="move:",
        edited_by=None,
        state__in=[UpdateState.DRAFT, UpdateState.SUBMITTED],
    ).exclude(key=key)
    present = Update.objects.filter(key=key).first()
    for update in older.filter(pk__lt=present.pk) if present else older:
        updates.discard(update, by=SYSTEM)
