"""Tells stakeholder groups that a major incident was declared, and how long it lasted when it is over.

A listener beside `briefing`, which tells those at work. Writes outbox rows under stable keys, nothing else.
"""

from django.conf import settings

from incidents.communication import boards, groups, insiders
from incidents.models import IncidentKind, Kind, StakeholderGroup, State, TimelineEntry
from incidents.severity import MAJOR, in_words, rule
from notifications import outbox
from roles.policy import SYSTEM

DECLARED = (StakeholderGroup.Kind.EXECUTIVE, StakeholderGroup.Kind.TACTICAL)
RESOLVED = (StakeholderGroup.Kind.EXECUTIVE,)


def on_event(entry: TimelineEntry) -> None:
    """Hears one fact; safe to repeat."""
    incident = entry.incident
    if incident.kind == IncidentKind.BACKFILLED:
        return
    if _is_declared(entry):
        _tell(entry, "stakeholder_declared", DECLARED)
    elif entry.kind == Kind.MOVED and entry.data["new"] == State.RESOLVED and incident.worst_severity in MAJOR:
        _tell(entry, "stakeholder_resolved", RESOLVED)


def _is_declared(entry: TimelineEntry) -> bool:
    """Declared as SEV1 or SEV2, or raised to it: once for each incident, whichever came first."""
    incident = entry.incident
    if incident.severity not in MAJOR or incident.declared_at is None or not incident.is_active:
        return False
    if entry.kind == Kind.MOVED:
        return bool(entry.data["old"] == State.TRIAGE)
    return entry.kind in {Kind.OPENED, Kind.SEVERITY_CHANGED}


def _tell(entry: TimelineEntry, template: str, kinds: tuple[str, ...]) -> None:
    incident = entry.incident
    people = groups.insiders(incident, *kinds)
    if not people:
        return
    board = boards.url_for_groups(incident)
    content = outbox.content(
        template=f"incidents/{template}",
        context={
            "key": incident.key,
            "title": boards.title_of(incident),
            "severity": incident.severity,
            "impact": rule(incident.severity).meaning,
            "since": incident.detected_at or incident.opened_at,
            "lasted": in_words(incident.age),
            "is_drill": incident.is_sandboxed,
            "board": board,
            "url": f"{settings.SITE_URL}/incidents/{incident.key}/",
        },
        topic=f"incident:{incident.pk}",
        thread=f"incident-{incident.pk}",
        is_sandbox=incident.is_sandboxed,
        key=f"notice:{_occasion(entry)}:{template}",
    )
    insiders.tell(people, content, key=f"notice:{_occasion(entry)}:{template}", by=entry.actor or SYSTEM)


def _occasion(entry: TimelineEntry) -> str:
    """Declared is said once of an incident; that it is over, each time that it is."""
    if entry.kind == Kind.MOVED and entry.data["new"] == State.RESOLVED:
        return f"{entry.incident_id}:{entry.pk}"
    return str(entry.incident_id)
