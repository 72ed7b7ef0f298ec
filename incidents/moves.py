"""The moves between the states of an incident: one table. `lifecycle` walks it; buttons, tests and docs read it."""

from dataclasses import dataclass

from incidents.models import State
from incidents.models.incident import ACTIVE

S = State
#: States in which service is being restored.
WORKING = frozenset({S.INVESTIGATING, S.IDENTIFIED, S.MONITORING})
#: States beside the road: nothing leads on from there.
ASIDE = frozenset({S.CANCELLED, S.MERGED})
#: States in the order in which an incident passes through them.
ROAD = tuple(state for state in S if state not in ASIDE)


@dataclass(frozen=True)
class Move:
    """One verb: from which states it leads where, what it stamps, and whether it must be explained.

    `clears` names the stamps that stop being true: what was mitigated breaks again. `reserved` are the
    sources that ask for another right, `reserved_for`. `needs_target` names the incident in which it goes on.
    """

    verb: str
    label: str
    sources: frozenset[str]
    target: str
    stamp: str = ""
    clears: tuple[str, ...] = ()
    needs_reason: bool = False
    needs_target: bool = False
    permission: str = "incidents.change_state"
    reserved: frozenset[str] = frozenset()
    reserved_for: str = "incidents.review_closed"

    def permission_from(self, state: str) -> str:
        """The right that it takes in this state."""
        return self.reserved_for if state in self.reserved else self.permission

    def is_forward_from(self, state: str) -> bool:
        """Whether it leads on along the road, not back or beside it."""
        return self.target in ROAD and ROAD.index(S(self.target)) > ROAD.index(S(state))


MOVES: tuple[Move, ...] = (
    Move("declare", "Declare", frozenset({S.TRIAGE}), S.INVESTIGATING, stamp="declared_at"),
    Move(
        "investigate",
        "Back to Investigating",
        frozenset({S.IDENTIFIED, S.MONITORING}),
        S.INVESTIGATING,
        clears=("identified_at", "mitigated_at"),
    ),
    Move(
        "identify",
        "Move to Identified",
        frozenset({S.INVESTIGATING, S.MONITORING}),
        S.IDENTIFIED,
        stamp="identified_at",
        clears=("mitigated_at",),
    ),
    Move(
        "monitor",
        "Move to Monitoring",
        frozenset({S.INVESTIGATING, S.IDENTIFIED}),
        S.MONITORING,
        stamp="mitigated_at",
    ),
    Move("resolve", "Resolve", WORKING, S.RESOLVED, stamp="resolved_at"),
    Move(
        "review",
        "Move to Reviewing",
        frozenset({S.RESOLVED, S.CLOSED}),
        S.REVIEWING,
        stamp="review_opened_at",
        clears=("closed_at",),
        reserved=frozenset({S.CLOSED}),
    ),
    Move("close", "Close", frozenset({S.RESOLVED, S.REVIEWING}), S.CLOSED, stamp="closed_at"),
    Move(
        "reopen",
        "Reopen",
        frozenset({S.RESOLVED, S.REVIEWING}),
        S.INVESTIGATING,
        clears=("identified_at", "mitigated_at", "resolved_at", "review_opened_at"),
        needs_reason=True,
    ),
    Move(
        "cancel",
        "Cancel incident",
        frozenset({S.TRIAGE, S.INVESTIGATING}),
        S.CANCELLED,
        stamp="cancelled_at",
        needs_reason=True,
    ),
    Move(
        "merge",
        "Merge",
        frozenset(ACTIVE),
        S.MERGED,
        stamp="merged_at",
        needs_reason=True,
        needs_target=True,
    ),
)
BY_VERB = {move.verb: move for move in MOVES}
