"""The panel `filling`: the first seat that is missed, with the people who could take it, and offers without answer."""

from dataclasses import dataclass

from incidents.models import IncidentRole
from incidents.response import candidates, coverage
from incidents.response.candidates import Candidate
from incidents.response.coverage import Slot
from incidents.views.desk import Desk

#: How many people are proposed for a gap before "show all".
MOST_CANDIDATES = 3
#: For how many silent offers the next one is proposed; the rest stand in the roster.
MOST_ASKED = 2


@dataclass(frozen=True)
class Ask:
    """An offer that was not answered, and who could be asked instead."""

    offer: IncidentRole
    next_one: Candidate | None


@dataclass(frozen=True)
class Fill:
    slot: Slot | None
    people: tuple[Candidate, ...]
    count: int
    others: tuple[Slot, ...]
    asked: tuple[Ask, ...]
    may_page: bool

    @property
    def more(self) -> int:
        return self.count - len(self.people)


def shown(desk: Desk) -> dict[str, object]:
    """What the panel shows under `fill`; None where every needed seat is filled and every offer answered."""
    incident = desk.incident
    if "incidents.assign_role" not in desk.may or not incident.is_active:
        return {"fill": None}
    roster = coverage.roster(incident)
    gaps = [slot for slot in roster if slot.is_gap]
    silent = [slot.unanswered for slot in roster if slot.unanswered is not None][:MOST_ASKED]
    if not gaps and not silent:
        return {"fill": None}
    # A gap for which somebody is thinking about an offer is less pressing than one for which nobody is asked.
    first = next((slot for slot in gaps if not slot.offers), gaps[0] if gaps else None)
    people = candidates.for_role(incident, first.role) if first else []
    asked = [Ask(offer, _next(desk, offer, first, people)) for offer in silent]
    fill = Fill(
        slot=first,
        people=tuple(people[:MOST_CANDIDATES]),
        count=len(people),
        others=tuple(slot for slot in gaps if slot is not first),
        asked=tuple(asked),
        may_page="incidents.page_responder" in desk.may,
    )
    return {"fill": fill}


def _next(desk: Desk, offer: IncidentRole, first: Slot | None, people: list[Candidate]) -> Candidate | None:
    if offer.takes_over_id:
        return None  # whose seat it is asks the next one, with the brief
    found = people if first and first.role == offer.role else candidates.for_role(desk.incident, offer.role)
    return next((one for one in found if not one.needs_reason), None)
