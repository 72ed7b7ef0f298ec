"""The panel of decisions: recording one, proposing one, and the proposals that stand open.

`polls` is what every other seat sees of it: the open proposals, to object to.
"""

from dataclasses import dataclass

from incidents.forms.decisions import LATER, OPTION_ROWS, WINDOWS
from incidents.models import Decision, Objection
from incidents.response import deciding
from incidents.views.desk import Desk
from roles.models import User


@dataclass(frozen=True)
class Way:
    """One option as it is shown."""

    text: str
    risk: str
    is_recommended: bool


@dataclass(frozen=True)
class Poll:
    """One open proposal before one reader."""

    decision: Decision
    ways: tuple[Way, ...]
    objections: tuple[Objection, ...]
    in_the_way: tuple[str, ...]
    own: Objection | None
    is_open: bool
    may_change: bool

    @property
    def needs_reason(self) -> bool:
        return bool(self.in_the_way)

    @property
    def proposed(self) -> str:
        """What deciding as proposed would write down."""
        found = next((way.text for way in self.ways if way.is_recommended), "")
        return found or (self.decision.question if not self.ways else "")


def shown(desk: Desk) -> dict[str, object]:
    """The commander's panel."""
    return {
        "polls": polls(desk),
        "decision_windows": list(WINDOWS.items()),
        "decision_later": list(LATER.items()),
        "option_rows": range(OPTION_ROWS),
    }


def polls(desk: Desk) -> list[Poll]:
    """The open proposals, for somebody with a seat; two queries, none for those without."""
    if "incidents.propose_decision" not in desk.may or not desk.incident.is_active:
        return []
    return [
        _poll(decision, desk.user, "incidents.decide" in desk.may) for decision in deciding.proposals(desk.incident)
    ]


def _poll(decision: Decision, reader: User, may_decide: bool) -> Poll:
    standing = tuple(one for one in decision.objections.all() if one.withdrawn_at is None)
    return Poll(
        decision=decision,
        ways=tuple(
            Way(way["text"], way["risk"], place == decision.recommended) for place, way in enumerate(decision.options)
        ),
        objections=standing,
        in_the_way=tuple(deciding.in_the_way(decision)),
        own=next((one for one in standing if one.user_id == reader.pk), None),
        is_open=decision.closes_at is not None and decision.closed_at is None,
        may_change=may_decide or decision.proposed_by_id == reader.pk,
    )
