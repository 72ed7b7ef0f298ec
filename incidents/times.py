"""Corrected stamps: when it was detected, declared, mitigated, over. What was there before stays on record."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from incidents import events
from incidents.conflicts import Conflict, refuse_overtaken
from incidents.lifecycle import SHORTEST_REASON
from incidents.models import Incident, Kind, State, TimelineEntry
from incidents.moves import ROAD
from incidents.stamps import ORDER, refuse_disorder
from roles.policy import Actor, authorize

S = State
#: The first state in which an incident has the stamp at all.
SINCE: dict[str, State] = {
    "detected_at": S.TRIAGE,
    "declared_at": S.INVESTIGATING,
    "acknowledged_at": S.TRIAGE,
    "identified_at": S.IDENTIFIED,
    "mitigated_at": S.MONITORING,
    "resolved_at": S.RESOLVED,
    "closed_at": S.CLOSED,
}


@transaction.atomic
def correct(
    incident: Incident, *, by: Actor, reason: str, seen_version: int | None = None, **stamps: datetime
) -> TimelineEntry | None:
    """Puts stamps right, with a reason; the row keeps before and after. None where nothing changed.

    Raises ValidationError by field where a stamp lies in the future or out of order, Conflict where the
    incident has no such stamp yet or the reason is too short, Overtaken where others wrote since.
    """
    authorize(by, "incidents.correct_times", incident)
    if unknown := stamps.keys() - ORDER.keys():
        raise ValidationError(f"{', '.join(sorted(unknown))}: no such time; there are {', '.join(ORDER)}.")
    now = Incident.objects.select_for_update().get(pk=incident.pk)
    wanted = {name: at.replace(microsecond=0) for name, at in stamps.items()}
    refuse_overtaken(now, seen_version, wanted)
    changed = {name: at for name, at in wanted.items() if not _is_same(getattr(now, name), at)}
    if not changed:
        return None
    if early := [name for name in changed if name not in open_stamps(now)]:
        raise Conflict(f"{now.key} is {now.get_state_display()}: it has no time for “{ORDER[early[0]]}” yet.")
    if len(reason.strip()) < SHORTEST_REASON:
        raise Conflict(f"Say in at least {SHORTEST_REASON} characters why the times change.", needed=["reason"])
    refuse_disorder({name: getattr(now, name) for name in ORDER} | changed, changed=frozenset(changed))
    if (declared := changed.get("declared_at")) and declared < now.opened_at:
        changed["opened_at"] = declared  # nothing is declared before it is opened
    before = {name: getattr(now, name) for name in changed}
    for name, value in (changed | {"version": now.version + 1}).items():
        setattr(incident, name, value)
    incident.save(update_fields=[*changed, "version"])
    told = [f"{ORDER[name]} {_said(before[name])} → {_said(at)}" for name, at in changed.items() if name in ORDER]
    return events.record(
        incident,
        Kind.TIMES_CORRECTED,
        by=by,
        body=f"Times corrected: {', '.join(told)}. {reason.strip()}",
        before={name: at and at.isoformat() for name, at in before.items()},
        after={name: at.isoformat() for name, at in changed.items()},
        reason=reason.strip(),
    )


def open_stamps(incident: Incident) -> list[str]:
    """The stamps that the incident can have in its state: those it has, and those of states it has passed."""
    reached = ROAD.index(S(incident.state)) if incident.state in ROAD else -1
    return [name for name in ORDER if getattr(incident, name) is not None or reached >= ROAD.index(SINCE[name])]


def _is_same(stored: datetime | None, at: datetime) -> bool:
    """Forms and people speak in seconds; what is stored may be finer."""
    return stored is not None and stored.replace(microsecond=0) == at


def _said(at: datetime | None) -> str:
    return f"{at:%d %b %H:%M} UTC" if at else "unknown"
