"""Who could take a role now, best first, with the reasons on show. Giving it is staffing's, calling paging's."""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from django.db.models import Count, Max

from incidents import events
from incidents.models import Incident, IncidentRole, Task
from incidents.response import helping, seating
from roles.catalog import SIGNS, Holding, Role
from roles.models import Qualification, Team, User

#: Roles for which it counts who owns an affected service.
OWNERS_COUNT = frozenset({Role.SME, Role.TECH_LEAD})
#: From and until when somebody would be woken, by their own clock.
NIGHT_FROM, NIGHT_UNTIL = 22, 7
#: Segments of the load bar.
MOST_LOAD = 3


def is_night(local: datetime) -> bool:
    """Whether most people sleep at this local time."""
    return local.hour >= NIGHT_FROM or local.hour < NIGHT_UNTIL


@dataclass(frozen=True)
class Load:
    """What somebody carries over all active incidents."""

    seats: tuple[tuple[str, str], ...] = ()  # role and the incident's key; empty for a private one
    tasks: int = 0

    def __int__(self) -> int:
        return len(self.seats) + self.tasks

    @property
    def bar(self) -> tuple[bool, ...]:
        """The load bar's segments, filled or not."""
        return tuple(number < int(self) for number in range(MOST_LOAD))

    @property
    def words(self) -> str:
        """'none', 'commands INC-281', '2 seats, 3 tasks'."""
        told = []
        if len(self.seats) == 1:
            role, key = self.seats[0]
            does = f"commands {key}" if role == Role.COMMANDER else f"{SIGNS[role].short} on {key}"
            told.append(does if key else "1 seat")
        elif self.seats:
            told.append(f"{len(self.seats)} seats")
        if self.tasks:
            told.append(f"{self.tasks} task{'s' if self.tasks > 1 else ''}")
        return ", ".join(told) or "none"


@dataclass(frozen=True)
class Candidate:
    """Somebody who could take a role now, with the reasons on show."""

    user: User
    level: int
    load: int
    local: datetime
    carries: Load = field(default_factory=Load)
    is_expired: bool = False
    last_ran_days: int | None = None
    owns: tuple[str, ...] = ()
    holds_here: tuple[str, ...] = ()
    is_helping: bool = False
    is_waiting: bool = False  # called to this incident, has not answered
    is_let_in: bool = False  # on a private incident: does not see it, and would by the seat
    needs_reason: bool = False  # would command and lead the fix at SEV1

    @property
    def local_hour(self) -> int:
        return self.local.hour

    @property
    def local_clock(self) -> str:
        """'03:58', on their own clock: a template's date filter would turn it into UTC."""
        return f"{self.local:%H:%M}"

    @property
    def is_night(self) -> bool:
        return is_night(self.local)

    @property
    def is_woken(self) -> bool:
        """Whether asking them would wake them; who has offered help is awake."""
        return self.is_night and not self.is_helping

    @property
    def is_qualified(self) -> bool:
        return self.level >= Qualification.Level.QUALIFIED

    @property
    def training(self) -> str:
        """How far they are trained for the role, and how fresh that is: 'Qualified, last ran 9 days ago'."""
        if self.is_expired:
            return "Qualification has expired"
        told = str(Qualification.Level(self.level).label).capitalize() if self.level else "Not trained"
        match self.last_ran_days:
            case None:
                return told
            case 0:
                return f"{told}, last ran today"
            case 1:
                return f"{told}, last ran yesterday"
            case days:
                return f"{told}, last ran {days} days ago"

    @property
    def in_a_line(self) -> str:
        """For a menu: '03:58 local, would be woken; not trained'."""
        woken = ", would be woken" if self.is_woken else ""
        return f"{self.local:%H:%M} local{woken}; {self.training[0].lower()}{self.training[1:]}"


def for_role(incident: Incident, role: str) -> list[Candidate]:
    """Responders who neither hold nor are offered `role` here, best first: trained or owners, awake, with little
    else to do. The number of queries does not grow with the people."""
    now = events.moment()
    taken = {seat.user_id for seat in incident.live_seats if seat.role == role}
    levels, expired = _training(role, now)
    ran = _last_ran(role, incident)
    loads = loads_of()
    owners = _owners(incident) if role in OWNERS_COUNT else {}
    helpers = helping.offers_of_help(incident)
    waiting = set(incident.pagings.waiting().values_list("user", flat=True))
    seen_by = _who_sees(incident)
    found = []
    for user in User.objects.responders().exclude(pk__in=taken):
        carries = loads.get(user.pk, Load())
        found.append(
            Candidate(
                user,
                levels.get(user.pk, 0),
                int(carries),
                now.astimezone(user.zone),
                carries,
                is_expired=user.pk in expired,
                last_ran_days=(now - ran[user.pk]).days if user.pk in ran else None,
                owns=tuple(owners.get(user.pk, ())),
                holds_here=tuple(
                    SIGNS[seat.role].short for seat in incident.seats_held_by(user) if seat.kind != Holding.SHADOW
                ),
                is_helping=user.pk in helpers,
                is_waiting=user.pk in waiting,
                is_let_in=seen_by is not None and not user.is_superuser and user.pk not in seen_by,
                needs_reason=seating.needs_reason_to_hold(incident, role, user),
            )
        )
    found.sort(key=lambda one: _rank(one, role))
    return found


def loads_of() -> dict[int, Load]:
    """What each person carries over all active incidents. Two queries; private incidents are not named."""
    active = Incident.objects.active()
    seats = IncidentRole.objects.held().exclude(kind=Holding.SHADOW).filter(incident__in=active).order_by("user", "pk")
    rows = seats.values_list("user", "role", "incident__key", "incident__is_private")
    tasks = dict(
        Task.objects.still_open()
        .filter(incident__in=active, assignee__isnull=False)
        .order_by()
        .values_list("assignee")
        .annotate(count=Count("pk"))
    )
    held = {
        user: tuple((role, "" if is_private else key) for _, role, key, is_private in group)
        for user, group in groupby(rows, key=lambda row: row[0])
    }
    return {user: Load(held.get(user, ()), tasks.get(user, 0)) for user in held.keys() | tasks.keys()}


def _rank(one: Candidate, role: str) -> tuple[object, ...]:
    is_fit = one.is_qualified or (role == Role.SME and bool(one.owns))
    level = min(one.level, Qualification.Level.QUALIFIED)  # who trains others is no better at doing it
    return (
        one.needs_reason,
        not is_fit,
        one.is_woken,
        not one.owns,
        not one.is_helping,
        -level,
        one.load,
        str(one.user),
    )


def _training(role: str, now: datetime) -> tuple[dict[int, int], set[int]]:
    """Level per person, and those whose qualification is over."""
    levels: dict[int, int] = {}
    expired: set[int] = set()
    for user, level, expires_on in Qualification.objects.filter(role=role).values_list("user", "level", "expires_on"):
        if expires_on is not None and expires_on < now.date():
            expired.add(user)
        else:
            levels[user] = level
    return levels, expired


def _last_ran(role: str, incident: Incident) -> dict[int, datetime]:
    """When each person last held the role elsewhere."""
    seats = IncidentRole.objects.filter(role=role, assumed_at__isnull=False).exclude(kind=Holding.SHADOW)
    elsewhere = seats.exclude(incident=incident).order_by()
    return dict(elsewhere.values_list("user").annotate(last=Max("assumed_at")))


def _owners(incident: Incident) -> dict[int, list[str]]:
    """The affected services that each person's teams own, by name."""
    owned: dict[int, list[str]] = {}
    rows = Team.objects.filter(services__incidents=incident, members__isnull=False)
    for user, name in rows.order_by("services__name").values_list("members", "services__name").distinct():
        owned.setdefault(user, []).append(name)
    return owned


def _who_sees(incident: Incident) -> set[int] | None:
    """Who may look at a private incident; None where all responders may."""
    if not incident.is_private:
        return None
    rows = incident.incidentgrant_set.filter(permission__codename="view_incident")
    return set(rows.values_list("user", flat=True))
