"""What calls mean for the one who is called: those that wait for an answer, and the seats that answered ones lead to.

Calling and answering is `paging`'s, taking the seat `staffing`'s.
"""

from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q

from incidents.models import Incident, IncidentRole, Paging, PagingState
from incidents.models.incident import ACTIVE
from incidents.response import seating, staffing
from roles.models import User

#: States of a call that may still ask something of the one called.
_CONCERNING = (PagingState.WAITING, PagingState.ACKNOWLEDGED)


@dataclass(frozen=True)
class OpenSeat:
    """A seat that somebody was called to, said that they are on it, and may take by one press."""

    call: Paging
    needs_reason: bool  # would command and lead the fix at once: says why at the seat


@dataclass(frozen=True)
class Calls:
    """What concerns one person, the newest first."""

    waiting: tuple[Paging, ...] = ()
    to_take: tuple[OpenSeat, ...] = ()


def of(user: User) -> Calls:
    """The calls of `user` in what goes on. One query where nobody calls them, as on nearly every page; else one more,
    and one for each incident in which a seat may be taken.

    A seat that they took since, and gave up, is not put to them again.
    """
    called = Paging.objects.filter(user=user, state__in=_CONCERNING, incident__state__in=ACTIVE).order_by()
    if not called.exists():
        return Calls()
    seats = IncidentRole.objects.filter(user=user, incident=OuterRef("incident"), role=OuterRef("role"))
    sat_down = seats.filter(Q(renounced_at=None) | Q(assumed_at__gte=OuterRef("paged_at")))
    answered = Q(state=PagingState.ACKNOWLEDGED) & ~Q(role="") & ~Exists(sat_down)
    concerning = Paging.objects.filter(Q(state=PagingState.WAITING) | answered, user=user)
    rows = concerning.filter(incident__in=Incident.objects.active().visible_to(user))
    calls = list(rows.select_related("incident", "paged_by").order_by(F("pk").desc()))
    newest = {(call.incident_id, call.role): call for call in reversed(calls) if call.state == PagingState.ACKNOWLEDGED}
    return Calls(
        waiting=tuple(call for call in calls if call.state == PagingState.WAITING),
        to_take=tuple(
            OpenSeat(call, seating.needs_reason_to_hold(call.incident, call.role, user))
            for call in newest.values()
            if staffing.may_take(call.incident, call.role, by=user)
        ),
    )
