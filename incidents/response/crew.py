"""Everybody who responds: what they hold and carry across all active incidents, and what time it is for them."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from incidents.models import Incident, IncidentRole, Paging, Task
from incidents.response import candidates
from incidents.response.candidates import Load
from roles.catalog import Holding, Role
from roles.models import Qualification, User


@dataclass(frozen=True)
class Member:
    """One responder, as the reader may see them."""

    user: User
    local: datetime
    seats: tuple[IncidentRole, ...]  # of incidents that the reader may know of
    tasks: tuple[Task, ...]
    carries: Load
    hidden_count: int  # seats of incidents that the reader may not know of
    qualified_for: tuple[str, ...]
    is_called: bool

    @property
    def local_clock(self) -> str:
        """'03:58', on their own clock: a template's date filter would turn it into UTC."""
        return f"{self.local:%H:%M}"

    @property
    def is_night(self) -> bool:
        return candidates.is_night(self.local)

    @property
    def is_free(self) -> bool:
        return int(self.carries) == 0


def everybody(reader: User, *, role: str = "") -> list[Member]:
    """Responders, the free and awake first; with a role, those qualified for it. Seven queries for any number."""
    now = timezone.now()
    visible = Incident.objects.active().visible_to(reader)
    loads = candidates.loads_of()
    seats: dict[int, list[IncidentRole]] = {}
    held = IncidentRole.objects.held().exclude(kind=Holding.SHADOW).filter(incident__in=visible)
    for seat in held.select_related("incident").order_by("incident__severity", "pk"):
        seats.setdefault(seat.user_id, []).append(seat)  # type: ignore[arg-type]
    tasks: dict[int, list[Task]] = {}
    for task in (
        Task.objects.still_open().filter(incident__in=visible, assignee__isnull=False).select_related("incident")
    ):
        tasks.setdefault(task.assignee_id or 0, []).append(task)
    trained: dict[int, list[str]] = {}
    rows = Qualification.objects.filter(level__gte=Qualification.Level.QUALIFIED).exclude(expires_on__lt=now.date())
    for user, name in rows.values_list("user", "role"):
        trained.setdefault(user, []).append(name)
    called = set(Paging.objects.waiting().filter(incident__in=visible).values_list("user", flat=True))
    found = [
        Member(
            user=user,
            local=now.astimezone(user.zone),
            seats=tuple(seats.get(user.pk, ())),
            tasks=tuple(tasks.get(user.pk, ())),
            carries=loads.get(user.pk, Load()),
            hidden_count=len(loads.get(user.pk, Load()).seats) - len(seats.get(user.pk, ())),
            qualified_for=tuple(one.value for one in Role if one in trained.get(user.pk, ())),
            is_called=user.pk in called,
        )
        for user in User.objects.responders()
        if not role or role in trained.get(user.pk, ())
    ]
    return sorted(found, key=lambda one: (not one.is_free, one.is_night, int(one.carries), str(one.user)))
