"""One person before one incident: which seats they hold, what they may, which console lies open."""

from dataclasses import dataclass

from incidents import readings
from incidents.models import Incident
from roles import grants
from roles.catalog import Holding, Role
from roles.models import RoleAssignment, User
from roles.requests import SignedInRequest


@dataclass(frozen=True)
class Desk:
    """One person before one incident: what they hold, what they may, which console lies open."""

    request: SignedInRequest
    incident: Incident
    user: User
    may: frozenset[str]
    own: tuple[RoleAssignment, ...]
    seat: str

    @property
    def own_seat(self) -> RoleAssignment | None:
        """The seat whose console lies open, if it is one's own."""
        return next((seat for seat in self.own if seat.role == self.seat), None)

    @property
    def is_working(self) -> bool:
        """Whether one's seat may act: a shadow only looks."""
        return self.own_seat is not None and self.own_seat.kind != Holding.SHADOW


def desk(request: SignedInRequest, incident: Incident, *, seat: str = "") -> Desk:
    """What the person has before them; `seat` asks for the console of a role, else the first own one.

    From here on all panels share what is read of the incident (`readings`).
    """
    own = tuple(incident.seats_held_by(request.user))
    readings.open_on(incident, request.user)
    order = list(Role)
    own = tuple(sorted(own, key=lambda one: order.index(Role(one.role))))
    asked = seat or request.POST.get("seat", "") or request.GET.get("seat", "")
    if asked not in Role.values:
        asked = own[0].role if own else ""
    return Desk(request, incident, request.user, grants.held(request.user, incident), own, asked)
