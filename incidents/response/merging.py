"""Merging: an incident turns out to be part of another, and goes on there. Both timelines are kept.

Its alerts come along, its seats end, each on record; nobody is seated on the other one in silence.
"""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from incidents import events, lifecycle
from incidents.conflicts import Conflict
from incidents.models import Alert, Incident, IncidentKind, Kind
from incidents.models.incident import IncidentQuerySet
from incidents.response import staffing
from roles.catalog import Role
from roles.policy import Actor, System, authorize

SANDBOXED = (IncidentKind.DRILL, IncidentKind.TEST)


@transaction.atomic
def merge(incident: Incident, into: Incident, *, by: Actor, reason: str, seen: str = "") -> Incident:
    """Folds `incident` into `into` and returns the latter.

    Raises PermissionDenied, or Conflict where the two do not go together: it is the same one, the other is
    over, one is private and the other not, one is a drill and the other not, or a page still tells of it.
    """
    authorize(by, "incidents.change_state", incident)
    if not isinstance(by, System) and not into.is_visible_to(by):
        raise PermissionDenied("You may merge only into an incident that you may see.")
    # In the order of their numbers: two who merge each into the other must not wait for each other.
    for row in Incident.objects.select_for_update().filter(pk__in=[incident.pk, into.pk]).order_by("pk"):
        (incident if row.pk == incident.pk else into).state = row.state
    _refuse_misfit(incident, into)
    lifecycle.move(incident, "merge", by=by, reason=reason, seen=seen, into=into)
    alerts = Alert.objects.filter(incident=incident).update(incident=into)
    with_it = f" Its {alerts} alert{'s' if alerts > 1 else ''} came along." if alerts else ""
    events.record(
        into,
        Kind.MERGED_IN,
        by=by,
        body=f"{incident.key} “{incident.title}” was merged into this one.{with_it} {reason.strip()}",
        to=[seat.user_id for seat in into.holders_of(Role.COMMANDER)],
        key=incident.key,
        alerts=alerts,
    )
    _end_seats(incident, into, by=by)
    return into


def mergeable(incident: Incident) -> list[Incident]:
    """Active incidents into which this one could be merged, newest first. Who may see them is asked by the caller."""
    return list(fitting(incident))


def fitting(incident: Incident) -> IncidentQuerySet:
    """The rows of `mergeable`: as private as this one, and in the sandbox if this one is."""
    alike = Incident.objects.active().filter(is_private=incident.is_private).exclude(pk=incident.pk)
    return alike.filter(kind__in=SANDBOXED) if incident.is_sandboxed else alike.exclude(kind__in=SANDBOXED)


def _refuse_misfit(incident: Incident, into: Incident) -> None:
    if incident.pk == into.pk:
        raise Conflict(f"{incident.key} cannot be merged into itself.")
    if incident.is_active and not into.is_active:
        raise Conflict(f"{into.key} is {into.get_state_display()}: only an active incident goes on.", needed=["into"])
    if incident.is_private != into.is_private:
        closed, open_one = (incident, into) if incident.is_private else (into, incident)
        raise Conflict(
            f"{closed.key} is private and {open_one.key} is not: make both the same first, so that nobody "
            "reads more or loses sight in silence.",
            needed=["the same privacy"],
        )
    if incident.is_sandboxed != into.is_sandboxed:
        raise Conflict("A drill stays in the sandbox: it is not merged with a real incident.")


def _end_seats(incident: Incident, into: Incident, *, by: Actor) -> None:
    """Ends every seat and offer, one's own last, since one acts by it."""
    incident.forget_seats()
    mine = None if isinstance(by, System) else by.pk
    for seat in sorted(incident.seats.live().select_related("user"), key=lambda seat: (seat.user_id == mine, seat.pk)):
        seat.incident = incident
        staffing.release(seat, by=by, reason=f"{incident.key} was merged into {into.key}.")
