"""The panel `moves`: what is looked at before the next state, and every other move that stands open."""

from incidents import lifecycle
from incidents.models import Incident, State
from incidents.response import merging
from incidents.views.desk import Desk

#: In how many incidents a merge is offered to go on; any other by its key, through the API.
MOST_TARGETS = 40


def shown(desk: Desk) -> dict[str, object]:
    """The offers, the first of them apart if it leads on, and where a merge could go on."""
    incident = desk.incident
    offers = lifecycle.moves_for(incident, desk.may)
    leading = offers[0] if offers and offers[0].is_forward else None
    aside = [offer for offer in offers if offer is not leading]
    merges = any(offer.move.needs_target for offer in aside)
    return {
        "offers": offers,
        "next_offer": leading,
        "next_state": State(leading.move.target).label if leading else "",
        "other_offers": aside,
        "merge_targets": _targets(desk) if merges else [],
        "comes_back_anew": incident.state in {State.RESOLVED, State.REVIEWING, State.CLOSED}
        and not any(offer.move.verb == "reopen" for offer in offers)
        and desk.user.is_staff,
    }


def _targets(desk: Desk) -> list[Incident]:
    fitting = merging.fitting(desk.incident)
    # Those that are not private every responder sees: only the others are asked for one by one.
    if desk.incident.is_private or not desk.user.is_staff:
        fitting = fitting.visible_to(desk.user)
    return list(fitting.only("key", "title")[:MOST_TARGETS])
