"""One role of the roster, looked at by somebody who does not hold it: who does, and who could."""

from incidents.response import candidates, staffing
from incidents.views.consoles.duties import duties
from incidents.views.desk import Desk
from roles.catalog import Holding, Role


def shown(desk: Desk) -> dict[str, object]:
    """The seat, and the people who could take it where one may give it."""
    incident = desk.incident
    slot = next(one for one in staffing.roster(incident) if one.role == desk.seat)
    may_fill = "incidents.assign_role" in desk.may or (
        slot.role == Role.COMMANDER and slot.is_vacant and "incidents.take_role" in desk.may
    )
    return {
        "duties": duties(desk.seat, {}),
        "slot": slot,
        "people": candidates.for_role(incident, desk.seat) if may_fill else [],
        "kinds": [(kind.value, kind.label) for kind in Holding],
    }
