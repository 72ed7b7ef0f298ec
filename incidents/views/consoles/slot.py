"""One role of the roster, looked at by somebody who does not hold it: who does, and who could."""

from incidents.response import candidates, coverage, seating, staffing
from incidents.views.desk import Desk
from incidents.views.duties import duties
from incidents.views.panels import moves, severity
from roles.catalog import SHARED_ROLES, Holding, Role


def shown(desk: Desk) -> dict[str, object]:
    """The seat, and the people who could take it where one may give it."""
    incident, user = desk.incident, desk.user
    slot = next(one for one in coverage.roster(incident) if one.role == desk.seat)
    may_assign = "incidents.assign_role" in desk.may
    is_expert = slot.role == Role.SME
    may_page = "incidents.page_responder" in desk.may or (is_expert and "incidents.page_expert" in desk.may)
    may_fill = may_assign or desk.seat in staffing.roles_to_give(incident, user)
    return {
        "duties": duties(desk.seat, {}),
        "slot": slot,
        "people": candidates.for_role(incident, desk.seat) if may_fill and incident.is_active else [],
        "kinds": [(kind.value, kind.label) for kind in Holding],
        "may_page_here": may_page and incident.is_active,
        "may_take": "incidents.take_role" in desk.may and incident.is_active and _may_take(desk, slot),
        "needs_reason_to_take": seating.needs_reason_to_hold(incident, desk.seat, user),
        "needs_reason_to_release": {seat.pk for seat in slot.holders if staffing.needs_reason_to_release(seat)},
        "unserved": coverage.services_without_expert(incident) if is_expert else [],
        "offered": [seat for seat in slot.offers if seat.user_id == user.pk],
        **(_command(desk) if desk.seat == Role.COMMANDER else {}),
    }


def _command(desk: Desk) -> dict[str, object]:
    """What an administrator, who may move the incident without the seat, finds at the commander's place."""
    return {**moves.shown(desk), **severity.shown(desk)} if "incidents.change_state" in desk.may else {}


def _may_take(desk: Desk, slot: coverage.Slot) -> bool:
    """A vacant seat, or one of a role that several may hold; whoever is offered it answers that instead."""
    if any(seat.user_id == desk.user.pk for seat in slot.offers):
        return False
    return slot.is_vacant or slot.role in SHARED_ROLES
