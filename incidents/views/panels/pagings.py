"""The panel `pagings`: who was called and answered, and a form to call somebody."""

from dataclasses import dataclass

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
    calls = desk.incident.pagings.exclude(state=PagingState.WITHDRAWN).select_related("user", "paged_by")
    if only_role:
        calls = calls.filter(role=only_role)
    people = User.objects.responders().exclude(pk=desk.user.pk)
    return {"calling": Calling(tuple(calls[:MOST_CALLS]), tuple(people), tuple(Role), only_role)}
