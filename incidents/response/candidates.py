"""Who could take a role now, best first, with the reasons on show. Giving it to them is staffing's."""

from dataclasses import dataclass

from incidents import events
from incidents.models import Incident, IncidentRole
from roles.catalog import Holding
from roles.models import Qualification, User


@dataclass(frozen=True)
class Candidate:
    """Somebody who could take a role now, with the reasons on show."""

    user: User
    level: int
    load: int
    local_hour: int
    is_night: bool

    @property
    def is_qualified(self) -> bool:
        return self.level >= Qualification.Level.QUALIFIED

    @property
    def training(self) -> str:
        """How far they are trained for the role, in words."""
        return str(Qualification.Level(self.level).label).capitalize() if self.level else "Not trained"


def for_role(incident: Incident, role: str) -> list[Candidate]:
    """Responders who do not hold `role` here, best first: qualified, awake, with little else to do."""
    holders = {seat.user_id for seat in incident.live_seats if seat.role == role}
    valid = Qualification.objects.filter(role=role).exclude(expires_on__lt=events.moment().date())
    levels = dict(valid.values_list("user", "level"))
    active = IncidentRole.objects.held().exclude(kind=Holding.SHADOW).filter(incident__in=Incident.objects.active())
    load: dict[int, int] = {}
    for user_id in active.values_list("user", flat=True):
        load[user_id] = load.get(user_id, 0) + 1
    now = events.moment()
    found = []
    for user in User.objects.responders().exclude(pk__in=holders):
        hour = now.astimezone(user.zone).hour
        found.append(
            Candidate(user, levels.get(user.pk, 0), load.get(user.pk, 0), hour, is_night=hour < 7 or hour >= 22)
        )
    found.sort(key=lambda one: (not one.is_qualified, one.is_night, one.load, -one.level, str(one.user)))
    return found
