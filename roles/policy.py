"""Who may do what: the one table, and the one question asked of it.

A row is an action (the name of a Django permission) and, per role, the condition under which a
holder of that role may do it. `roles.grants` copies the widest right into guardian rows when a seat
changes hands; `authorize` asks for that row *and* for the condition. RESPONDER stands for any
member of staff, with or without a seat.

Nothing here knows an incident or a page: what is asked about is anything `Governed`.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, runtime_checkable

from django.core.exceptions import PermissionDenied

from roles.catalog import Holding, Role

if TYPE_CHECKING:
    from roles.models import RoleAssignment, User


class System:
    """The product itself, where no person acts: the clock, a listener, an alert."""

    def __repr__(self) -> str:
        return "SYSTEM"


SYSTEM: Final = System()
#: Who does something: a person, or the product itself.
Actor: TypeAlias = "User | System"

RESPONDER: Final = "responder"


@runtime_checkable
class Governed(Protocol):
    """What the table can be asked about: an incident, a status page."""

    def seats_held_by(self, user: "User") -> "Iterable[RoleAssignment]":
        """The seats that `user` holds here now, of any holding."""

    def is_filled(self, role: str) -> bool:
        """Whether somebody holds `role` here now, as primary or deputy."""

    def is_visible_to(self, user: "User") -> bool:
        """Whether `user` may know of this at all."""

    @property
    def severity_rank(self) -> int:
        """1 (worst) to 5; 0 where severity has no meaning."""


Condition = Callable[["RoleAssignment | None", Governed], bool]


def always(seat: "RoleAssignment | None", where: Governed) -> bool:
    """Without further condition."""
    return True


def delegated(seat: "RoleAssignment | None", where: Governed) -> bool:
    """Where the commander has delegated approval to this seat."""
    return bool(seat and seat.may_approve)


def from_sev3(seat: "RoleAssignment | None", where: Governed) -> bool:
    """At SEV3 and below; at SEV1 and SEV2 it is the commander's."""
    return where.severity_rank >= 3


def if_no_page_manager(seat: "RoleAssignment | None", where: Governed) -> bool:
    """While nobody holds the Status Page Manager's seat."""
    return not where.is_filled(Role.STATUS_PAGE_MANAGER)


IC, CL, TL, SME, SC, SL, PM = Role

#: action → {role: condition}. `make docs` prints this table into docs/permissions.md.
POLICY: dict[str, dict[str, Condition]] = {
    "incidents.view_incident": dict.fromkeys([*Role, RESPONDER], always),
    "incidents.declare_incident": {RESPONDER: always},
    "incidents.change_state": {IC: always},
    "incidents.review_closed": {},  # administrators alone
    "incidents.assign_role": {IC: always},
    "incidents.take_role": {RESPONDER: always},
    "incidents.page_responder": {IC: always},
    "incidents.page_expert": {IC: always, TL: always},
    "incidents.manage_access": {IC: always},
    "incidents.classify": {IC: always, CL: always, TL: always, SC: always},
    "incidents.correct_times": {IC: always, SC: always},
    "incidents.add_entry": dict.fromkeys([*Role, RESPONDER], always),
    "incidents.supersede_entry": {SC: always},
    "incidents.mark_entry": {IC: always, TL: always, SC: always},
    "incidents.add_task": dict.fromkeys([*Role, RESPONDER], always),
    "incidents.assign_task": {IC: always, TL: always, SC: always},
    "incidents.propose_decision": dict.fromkeys(Role, always),
    "incidents.decide": {IC: always},
    "incidents.propose_action": {IC: always, TL: always, SME: always, RESPONDER: always},
    "incidents.approve_action": {IC: always, TL: from_sev3},
    "incidents.coordinate": {IC: always, TL: always},
    "incidents.verify": {IC: always, TL: always},
    "incidents.record_change": {RESPONDER: always},
    "incidents.draft_update": {IC: always, CL: always, SL: always, PM: always},
    "incidents.approve_update": {IC: always, CL: delegated},
    "incidents.publish_update": {IC: if_no_page_manager, CL: if_no_page_manager, PM: always},
    "incidents.delegate_approval": {IC: always},
    "incidents.set_rhythm": {IC: always, CL: always},
    "incidents.resend_update": {IC: if_no_page_manager, CL: always, PM: always},
    "incidents.ask_team": dict.fromkeys([*Role, RESPONDER], always),
    "incidents.answer_team": dict.fromkeys(Role, always),
    "incidents.share_board": {IC: always, CL: always},
    "incidents.brief_support": {IC: always, CL: always, SL: always},
    "incidents.approve_points": {IC: always, CL: always},
    "incidents.view_reports": {IC: always, CL: always, TL: always, SL: always},
    "incidents.record_report": {IC: always, SL: always},
    "incidents.escalate": {IC: always, SL: always},
    "incidents.acknowledge_escalation": {IC: always, TL: always},
    "incidents.capture_feedback": {IC: always, CL: always, SL: always},
    "incidents.follow_up": {IC: always, SL: always},
    "statuspage.view_statuspage": dict.fromkeys([PM, RESPONDER], always),
    "statuspage.manage_page": {PM: always},
    "statuspage.set_component_status": {PM: always},
    "statuspage.publish_page": {PM: always},
    "statuspage.manage_subscribers": {PM: always},
}

#: Actions that are about the whole installation, held as ordinary Django permissions.
GLOBAL_ACTIONS: dict[str, str] = {
    "incidents.manage_rules": "May change what follows from severities, incident types and custom fields.",
    "incidents.manage_words": "May change templates, rules of style, rhythms, groups, customer tiers and mirrors.",
    "incidents.sort_reports": "May read and sort customer reports that belong to no incident yet.",
    "incidents.manage_alertsource": "May make and change alert sources and see their addresses.",
    "incidents.view_payload": "May read stored payloads of alert sources.",
    "notifications.view_message": "May read the outbox: who was sent what.",
}


def authorize(by: Actor, action: str, where: Governed | None = None) -> None:
    """Raises PermissionDenied unless `by` may do `action` here.

    `by` is a person or SYSTEM, never None. An action that the table does not know is a mistake in
    the code and raises LookupError, so that a forgotten row is loud instead of closed or open.
    """
    if by is None:
        raise TypeError("`by` must be a User or SYSTEM: a forgotten actor must not open a door.")
    if action not in POLICY and action not in GLOBAL_ACTIONS:
        raise LookupError(f"{action} is not in roles.policy.POLICY")
    if isinstance(by, System):
        return
    if not may(by, action, where):
        raise PermissionDenied(f"{by} may not {in_words(action)}.")


def may(user: "User", action: str, where: Governed | None = None) -> bool:
    """Whether `user` may do `action` here. Costs up to four queries: lists and templates ask `grants.held`."""
    if not user.is_active or user.is_anonymous:
        return False
    if action in GLOBAL_ACTIONS:
        return user.has_perm(action)
    if where is not None and not where.is_visible_to(user):
        return False
    if user.is_superuser:
        return True
    row = POLICY[action]
    if RESPONDER in row and user.is_staff:
        return True
    if where is None:
        return False
    seats = [seat for seat in where.seats_held_by(user) if allows(action, seat, where)]
    return bool(seats) and user.has_perm(action, where)  # type: ignore[arg-type]  # what is governed is a model


def allows(action: str, seat: "RoleAssignment", where: Governed) -> bool:
    """Whether this one seat carries `action` here, by role, holding and condition."""
    if seat.kind == Holding.SHADOW:
        return action.split(".")[1].startswith("view_")
    condition = POLICY[action].get(seat.role)
    return condition is not None and condition(seat, where)


def actions_of(role: str, *, app: str) -> frozenset[str]:
    """The widest rights of a role on objects of one app, conditions left aside."""
    return frozenset(action for action, row in POLICY.items() if role in row and action.startswith(f"{app}."))


def in_words(action: str) -> str:
    """'incidents.approve_update' → 'approve update'."""
    return action.split(".")[1].replace("_", " ")
