"""The panel `pagings`: who was called and answered, and a form to call somebody."""

from dataclasses import dataclass

from incidents import readings
from incidents.models import Paging, PagingState
from incidents.views.desk import Desk
from roles.catalog import Role
from roles.models import User

MOST_CALLS = 5


@dataclass(frozen=True)
class Calling:
    rows: tuple[Paging, ...]
    people: tuple[User, ...]
    roles: tuple[Role, ...]
    only_role: str

    @property
    def waiting_count(self) -> int:
        return sum(call.state == PagingState.WAITING for call in self.rows)


def shown(desk: Desk) -> dict[str, object]:
    """What the panel shows under `calling`; None for those who call nobody. The Technical Lead calls experts."""
    pages_all = "incidents.page_responder" in desk.may
    if not desk.incident.is_active or not (pages_all or "incidents.page_expert" in desk.may):
        return {"calling": None}
    only_role = "" if pages_all else Role.SME.value
    read = readings.of(desk.incident)
    people = [person for person in read.responders if person.pk != desk.user.pk]
    calls = [call for call in reversed(read.pagings) if call.state != PagingState.WITHDRAWN]
    if only_role:
        calls = [call for call in calls if call.role == only_role]
    return {"calling": Calling(tuple(calls[:MOST_CALLS]), tuple(people), tuple(Role), only_role)}
