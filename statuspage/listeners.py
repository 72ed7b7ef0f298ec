"""The outward listener: which fact puts a draft on a page, which makes a page stale, which is announced.

Named in settings.INCIDENT_LISTENERS. Writes rows under stable keys, so hearing a fact twice changes
nothing.
"""

from dataclasses import replace

from django.utils import timezone

from incidents.communication import consistency, phrases, updates
from incidents.models import Audience, Incident, Kind, PublicStatus, State, TimelineEntry, Update, UpdateState
from incidents.severity import rule
from roles.policy import SYSTEM
from statuspage import announcements, linking, staleness
from statuspage.models import StatusPage

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
        if status is not None and incident.state not in SILENT and not _spoken_since(entry, page):
            _say(entry, page, status, key)
        staleness.mark(page)


def _spoken_since(entry: TimelineEntry, page: StatusPage) -> bool:
    """Whether people have spoken on the page since this fact, which was heard late: what it would say is old news."""
    said = Update.objects.filter(incident=entry.incident, page=page.slug, state=UpdateState.PUBLISHED)
    return said.filter(published_by__isnull=False, published_at__gt=entry.recorded_at).exists()


def _say(entry: TimelineEntry, page: StatusPage, status: str, key: str) -> None:
    """Drafts the page's text for this status; lets it out at once where the page says so.

    Where no text is approved, people get a draft in the words that come nearest, to finish: those
    words are never published by themselves.
    """
    incident = entry.incident
    approved = _text_for(incident, page, status, only_approved=True)
    chosen = approved or _text_for(incident, page, status)
    if chosen is None:
        return
    components = linking.proposal(page, incident, status)
    every = rule(incident.severity).update_every
    next_at = timezone.now() + every if every and status != PublicStatus.RESOLVED else None
    told = linking.told(page, incident)
    facts = phrases.facts_of(incident, page=page.slug, status=status, components=components, next_update_at=next_at)
    said = phrases.filled(chosen.template, replace(facts, title=told.title if told else ""))
    update = updates.draft(
        incident,
        by=SYSTEM,
        audience=Audience.PUBLIC,
        page=page.slug,
        title=told.title if told else said.title,
        status=status,
        body=said.body,
        components=components,
        next_update_at=next_at,
        language=chosen.template.language,
        key=key,
    )
    goes_out = approved and incident.severity in page.publishes_moves and update.state == UpdateState.DRAFT
    if goes_out and not consistency.blocking_in(update):
        updates.publish(update, by=SYSTEM)


def _text_for(
    incident: Incident, page: StatusPage, status: str, *, only_approved: bool = False
) -> phrases.Choice | None:
    """The text that fits this status of the incident on the page best."""
    return phrases.best(
        Audience.PUBLIC,
        phase=status,
        impact=rule(incident.severity).public_impact,
        page=page.slug,
        only_approved=only_approved,
    )


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
