"""Which of the seven seats are filled, asked for, missed or not needed here. Who sits there is staffing's."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction

from incidents import events, readings
from incidents.conflicts import Conflict
from incidents.lifecycle import SHORTEST_REASON
from incidents.models import Incident, IncidentRole, Kind, Paging, RoleWaiver, Severity
from incidents.models.service import Service
from incidents.response import seating
from incidents.severity import MAJOR, rule
from roles.catalog import Holding, Role
from roles.models import RoleAssignment
from roles.policy import Actor, System, authorize


@dataclass(frozen=True)
class Slot:
    """One of the seven places in the roster: who sits there, who is asked, and whether it is missed."""

    role: Role
    holders: tuple[RoleAssignment, ...]
    offers: tuple[IncidentRole, ...]
    is_required: bool
    waiver: RoleWaiver | None = None
    calls: tuple[Paging, ...] = ()

    @property
    def is_vacant(self) -> bool:
        return not any(seat.kind != Holding.SHADOW for seat in self.holders)

    @property
    def is_gap(self) -> bool:
        """Vacant though the severity asks for it, and nobody said that it is not needed."""
        return self.is_vacant and self.is_required and self.waiver is None

    @property
    def is_waived(self) -> bool:
        """Vacant, asked for by the severity, and said to be not needed."""
        return self.is_vacant and self.waiver is not None

    @property
    def handover(self) -> IncidentRole | None:
        """The offer that would pass a held seat on, where somebody is asked to take over."""
        return next((offer for offer in self.offers if offer.takes_over_id), None)

    @property
    def unanswered(self) -> IncidentRole | None:
        """The offer that has been waiting so long that they were reminded."""
        return next((offer for offer in self.offers if offer.told_at is not None), None)


def roster(incident: Incident) -> list[Slot]:
    """The seven slots in the catalogue's order: three queries, none where `read_seats` was called before."""
    required = rule(incident.severity).required if incident.is_active else ()
    waivers, calls = _waivers(incident), _calls(incident)
    return [
        Slot(
            role=role,
            holders=tuple(incident.holders_of(role)),
            offers=tuple(seat for seat in incident.live_seats if seat.role == role and seat.state == "offered"),  # type: ignore[misc]
            is_required=role in required,
            waiver=waivers.get(role),
            calls=tuple(call for call in calls if call.role == role),
        )
        for role in Role
    ]


def read_seats(incidents: Iterable[Incident]) -> None:
    """Reads seats, waivers and unanswered calls of many incidents in three queries, as each would read its own."""
    listed = list(incidents)
    seats: dict[int, list[IncidentRole]] = {incident.pk: [] for incident in listed}
    waivers: dict[int, dict[str, RoleWaiver]] = {incident.pk: {} for incident in listed}
    calls: dict[int, list[Paging]] = {incident.pk: [] for incident in listed}
    live = IncidentRole.objects.live().filter(incident__in=seats)
    for seat in live.select_related("user", "assigned_by").order_by("assumed_at", "pk"):
        seats[seat.incident_id].append(seat)
    for waiver in RoleWaiver.objects.filter(incident__in=seats, withdrawn_at=None).select_related("waived_by"):
        waivers[waiver.incident_id][waiver.role] = waiver
    for call in Paging.objects.waiting().filter(incident__in=seats).select_related("user").order_by("pk"):
        calls[call.incident_id].append(call)
    for incident in listed:
        incident.__dict__["live_seats"] = seats[incident.pk]
        incident.__dict__["live_waivers"] = waivers[incident.pk]
        incident.__dict__["live_calls"] = calls[incident.pk]


def is_needed(incident: Incident, role: str) -> bool:
    """Whether the severity asks for the role while the incident goes on, and nobody waived it."""
    return incident.is_active and role in rule(incident.severity).required and role not in _waivers(incident)


def waived_roles(incident: Incident) -> frozenset[str]:
    """Roles that somebody said are not needed here."""
    return frozenset(_waivers(incident))


def services_without_expert(incident: Incident) -> list[Service]:
    """Affected services of a SEV1 whose owners hold no expert's seat: one expert each is advised. One query."""
    if incident.severity != Severity.SEV1 or not incident.is_active:
        return []
    experts = [seat.user_id for seat in incident.holders_of(Role.SME) if seat.kind != Holding.SHADOW]
    covered = Service.objects.filter(incidents=incident, team__members__in=experts)
    return list(Service.objects.filter(incidents=incident).exclude(pk__in=covered.values("pk")))


def unmet(incident: Incident, verb: str) -> list[str]:
    """A major incident is not resolved while a seat that it asks for is neither filled nor said to be not needed."""
    if not _is_gated(incident, verb):
        return []
    missed = [str(slot.role.label) for slot in roster(incident) if slot.is_gap]
    if not missed:
        return []
    return [f"Nobody is {' or '.join(missed)}: fill the seat or say why it is not needed."]


def met(incident: Incident, verb: str) -> list[str]:
    """What of it is in order."""
    return ["Every needed role filled"] if _is_gated(incident, verb) and not unmet(incident, verb) else []


def _is_gated(incident: Incident, verb: str) -> bool:
    return verb == "resolve" and incident.severity in MAJOR and incident.is_active


@transaction.atomic
def waive_role(incident: Incident, role: str, *, by: Actor, reason: str) -> RoleWaiver:
    """Says that a role which the severity asks for is not needed here, and why. Saying it again changes nothing."""
    authorize(by, "incidents.assign_role", incident)
    if role not in Role.values:
        raise ValidationError(f"{role} is no role; the seven are {', '.join(Role.values)}.")
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise Conflict(f"Say why it is not needed in at least {SHORTEST_REASON} characters.", needed=["reason"])
    if len(reason) > 300:
        raise ValidationError("A reason has at most 300 characters.")
    seating.lock(incident)
    if present := _waivers(incident).get(role):
        return present
    if role == Role.COMMANDER:
        raise Conflict("Somebody must command: this role is always needed.")
    if not is_needed(incident, role):
        raise Conflict(f"{incident.key} does not ask for a {Role(role).label} now.")
    if incident.is_filled(role):
        raise Conflict(f"Somebody holds {Role(role).label}: release the seat first.", needed=["release"])
    waiver = RoleWaiver.objects.create(
        incident=incident, role=role, reason=reason, waived_by=None if isinstance(by, System) else by
    )
    incident.forget_seats()
    body = f"{Role(role).label} is not needed here: {reason}"
    events.record(incident, Kind.SEAT_WAIVED, by=by, body=body, waiver=waiver.pk, role=role)
    return waiver


@transaction.atomic
def withdraw(waiver: RoleWaiver, *, by: Actor) -> RoleWaiver:
    """The role is needed after all. Safe to repeat."""
    incident = waiver.incident
    authorize(by, "incidents.assign_role", incident)
    seating.lock(incident)
    waiver.refresh_from_db()
    if waiver.withdrawn_at is not None:
        return waiver
    waiver.withdrawn_at = events.moment()
    waiver.save(update_fields=["withdrawn_at"])
    incident.forget_seats()
    body = f"{waiver.get_role_display()} is needed after all"
    events.record(incident, Kind.SEAT_WAIVED, by=by, body=body, waiver=waiver.pk, role=waiver.role, is_withdrawn=True)
    return waiver


def _waivers(incident: Incident) -> dict[str, RoleWaiver]:
    """The waivers in force by role, read once per instance."""
    if "live_waivers" not in incident.__dict__:
        rows = readings.of(incident).join(list(incident.waivers.filter(withdrawn_at=None)), "waived_by")
        incident.__dict__["live_waivers"] = {waiver.role: waiver for waiver in rows}
    found: dict[str, RoleWaiver] = incident.__dict__["live_waivers"]
    return found


def _calls(incident: Incident) -> list[Paging]:
    """The unanswered calls, read once per instance."""
    if "live_calls" not in incident.__dict__:
        incident.__dict__["live_calls"] = readings.of(incident).waiting_calls
    found: list[Paging] = incident.__dict__["live_calls"]
    return found
