"""Who can be asked: experts who sit on the incident, and the people who own what it is about."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from incidents.models import AdviceRequest, Incident, Service
from incidents.response import candidates
from roles.catalog import Holding, Role
from roles.models import RoleAssignment, Team, User


@dataclass(frozen=True)
class Expert:
    """Somebody who can be asked, and why them: 'Expert here', 'owns EU ledger'; empty for everybody else."""

    user: User
    why: str


def first(incident: Incident, service: Service | None, *, but: Collection[int | None]) -> User | None:
    """Whom to ask about `service`, or about what the incident is about; nobody of `but`.

    Experts who sit here come first, then candidates of the teams that own it; where no team does, those
    qualified as experts. Only people who can see the incident.
    """
    return next(_in_turn(incident, service, but=but), None)


def after(request: AdviceRequest) -> User | None:
    """Who would be asked next; never the asker, and nobody twice."""
    asked_before = {request.asked_id, request.asked_by_id, *request.passed_by}
    return first(request.incident, request.service, but=asked_before)


def all_of(incident: Incident, service: Service | None = None) -> list[User]:
    """All who would be asked one after the other."""
    return list(_in_turn(incident, service, but=()))


def to_choose_from(incident: Incident, *, but: User) -> list[Expert]:
    """Everybody who can be asked by name, experts and owners first: three queries. On a private incident only
    who is of its room."""
    owned = _owned(list(incident.services.all()))
    seated = {seat.user_id for seat in _experts_here(incident)}
    found = []
    for person in User.objects.responders().exclude(pk=but.pk):
        if incident.is_private and not incident.is_in_room(person):
            continue
        why = "Expert here" if person.pk in seated else ""
        if person.pk in owned:
            why = f"{why}, owns {owned[person.pk]}" if why else f"owns {owned[person.pk]}"
        found.append(Expert(person, why))
    return sorted(found, key=lambda one: (one.user.pk not in seated, one.user.pk not in owned))


def _in_turn(incident: Incident, service: Service | None, *, but: Collection[int | None]) -> Iterator[User]:
    owners = _owned([service] if service is not None else list(incident.services.all()))
    seated = sorted((seat.user for seat in _experts_here(incident)), key=lambda person: person.pk not in owners)
    found = candidates.for_role(incident, Role.SME)
    standing = [one.user for one in found if (one.user.pk in owners if owners else one.is_qualified)]
    for person in dict.fromkeys([*seated, *standing]):
        if person.pk not in but and person.is_active and person.is_staff and incident.is_visible_to(person):
            yield person


def _experts_here(incident: Incident) -> list[RoleAssignment]:
    return [seat for seat in incident.holders_of(Role.SME) if seat.kind != Holding.SHADOW]


def _owned(services: list[Service]) -> dict[int, str]:
    """Members of the owning teams → the first service that they own."""
    by_team: dict[int, str] = {}
    for service in services:
        if service.team_id:
            by_team.setdefault(service.team_id, service.name)
    rows = Team.members.through.objects.filter(team__in=by_team).values_list("user", "team")
    return {user: by_team[team] for user, team in rows} if by_team else {}
