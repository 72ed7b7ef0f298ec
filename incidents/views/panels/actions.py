"""The panel of actions: the log of mitigations and fixes, with what waits, runs, and what each did."""

from dataclasses import dataclass
from datetime import datetime

from incidents.models import Action, ActionKind, ActionState, HypothesisState, Risk, State
from incidents.response import acting
from incidents.severity import rule
from incidents.views.answers import room_of
from incidents.views.desk import Desk
from incidents.views.panels.hypotheses import crew
from roles.catalog import Role

A = ActionState
#: Newest first; so many are shown before the rest is folded away.
MOST_SHOWN = 6
#: What ends an impact, as against what only looks.
ENDS_IMPACT = frozenset({ActionKind.MITIGATION, ActionKind.FIX, ActionKind.ROLLBACK})
TONES = {A.PROPOSED: "caution", A.APPROVED: "ok", A.RUNNING: "you", A.FAILED: "bad"}


@dataclass(frozen=True)
class Line:
    """One action before one reader."""

    action: Action
    steps: tuple[acting.Step, ...]
    may_reword: bool
    waits: bool

    @property
    def at(self) -> datetime:
        return self.action.started_at or self.action.proposed_at

    @property
    def tone(self) -> str:
        if self.action.state == A.DONE:
            return "" if not self.action.effect or self.action.effect.lower().startswith("no ") else "ok"
        if self.action.state == A.PROPOSED and not self.waits:
            return ""
        return TONES.get(A(self.action.state), "")

    @property
    def effect(self) -> str:
        """What it did, or how far it is."""
        if self.action.state in {A.DONE, A.FAILED} and self.action.effect:
            return self.action.effect
        if self.action.state == A.PROPOSED and self.waits:
            return "Waits for approval"
        return self.action.get_state_display()

    @property
    def clearing(self) -> tuple[acting.Step, ...]:
        return tuple(step for step in self.steps if step.clears)

    @property
    def ending(self) -> tuple[acting.Step, ...]:
        """Steps that say what it did."""
        return tuple(step for step in self.steps if step.ends and step.verb != "revert")

    @property
    def undoing(self) -> tuple[acting.Step, ...]:
        return tuple(step for step in self.steps if step.verb == "revert")

    @property
    def going(self) -> tuple[acting.Step, ...]:
        """Steps that need nothing typed."""
        return tuple(step for step in self.steps if step.verb in {"start", "propose"})

    @property
    def is_over(self) -> bool:
        return self.action.state in {A.DONE, A.FAILED, A.REVERTED}

    @property
    def words_stand(self) -> bool:
        """Whether its words cannot be changed any more."""
        return self.action.state not in acting.NOT_STARTED


def shown(desk: Desk) -> dict[str, object]:
    """The log, newest first: two queries, and one for what an action can be for."""
    incident = desk.incident
    related = ("executor", "proposed_by", "approved_by", "service", "hypothesis")
    rows = list(incident.actions.select_related(*related).order_by("-pk"))
    for row in rows:
        row.incident = incident
    needs_clearing = rule(incident.severity).needs_cleared_actions
    lines = [
        Line(
            row,
            tuple(acting.steps_for(row, desk.user, desk.may)),
            may_reword=acting.may_reword(row, desk.user, desk.may) and incident.state not in acting.PAST,
            waits=needs_clearing and row.state == A.PROPOSED,
        )
        for row in rows
    ]
    lines.sort(key=lambda line: line.at, reverse=True)
    causes = incident.hypotheses.exclude(state=HypothesisState.RULED_OUT)
    return {
        "action_lines": lines[:MOST_SHOWN],
        "older_action_lines": lines[MOST_SHOWN:],
        "actions_waiting": sum(line.waits for line in lines),
        "actions_need_clearing": needs_clearing,
        "may_act": "incidents.propose_action" in desk.may and incident.state not in acting.PAST,
        "action_kinds": ActionKind.choices,
        "action_risks": Risk.choices,
        "action_causes": list(causes) if "incidents.propose_action" in desk.may else [],
        "crew": crew(desk),
        "mitigated": _mitigated(desk, rows),
    }


def _mitigated(desk: Desk, rows: list[Action]) -> str:
    """Where the incident is moved on, once what ends the impact is done; empty for who may not."""
    done = any(row.state == A.DONE and row.kind in ENDS_IMPACT and row.effect[:3].lower() != "no " for row in rows)
    runs = any(row.state == A.RUNNING for row in rows)
    may_move = "incidents.change_state" in desk.may and desk.incident.state in {State.INVESTIGATING, State.IDENTIFIED}
    return room_of(desk.incident, seat=Role.COMMANDER, anchor="moves") if done and not runs and may_move else ""
