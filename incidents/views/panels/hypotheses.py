"""The panel of hypotheses: what may be the cause, on three lanes, with what speaks for each."""

from dataclasses import dataclass

from django.db.models import Count

from incidents.models import Finding, Hypothesis, HypothesisState
from incidents.response import diagnosis
from incidents.views.desk import Desk
from roles.models import User

H = HypothesisState
#: The lanes in their order; what nobody looked at yet stands below what is being tested.
LANES = (
    ("Testing", (H.TESTING, H.OPEN)),
    ("Confirmed", (H.CONFIRMED,)),
    ("Ruled out", (H.RULED_OUT,)),
)


@dataclass(frozen=True)
class Ticket:
    """One hypothesis before one reader."""

    hypothesis: Hypothesis
    evidence: tuple[Finding, ...]
    clips: int
    steps: tuple[diagnosis.Step, ...]

    @property
    def says(self) -> str:
        """The verdict, or before there is one what is known."""
        return self.hypothesis.verdict or self.hypothesis.detail

    @property
    def tone(self) -> str:
        return "ok" if self.hypothesis.state == H.CONFIRMED else ""

    @property
    def asks(self) -> str:
        """What has to be typed with one of its steps."""
        return next((step.asks for step in self.steps if step.asks), "")


@dataclass(frozen=True)
class Lane:
    name: str
    tickets: tuple[Ticket, ...]


def shown(desk: Desk) -> dict[str, object]:
    """The board: two queries, however many hypotheses."""
    rows = list(desk.incident.hypotheses.select_related("owner", "settled_by"))
    may_work = "incidents.propose_action" in desk.may and desk.incident.state not in diagnosis.PAST
    evidence: dict[int, list[Finding]] = {}
    if rows:
        found = diagnosis.findings_for(desk.incident, desk.user).filter(hypothesis__in=rows)
        for finding in found.annotate(files=Count("entry__attachments")):
            evidence.setdefault(finding.hypothesis_id or 0, []).append(finding)
    tickets = [_ticket(row, evidence.get(row.pk, []), may_work) for row in rows]
    return {
        "hypothesis_lanes": [
            Lane(name, tuple(one for state in states for one in tickets if one.hypothesis.state == state))
            for name, states in LANES
        ],
        "hypothesis_count": len(rows),
        "may_diagnose": may_work,
        "crew": crew(desk),
    }


def _ticket(row: Hypothesis, evidence: list[Finding], may_work: bool) -> Ticket:
    steps = tuple(diagnosis.steps_for(row)) if may_work else ()
    clips = len(evidence) + sum(getattr(one, "files", 0) or bool(one.entry.data.get("attachment")) for one in evidence)
    return Ticket(row, tuple(evidence), clips, steps)


def crew(desk: Desk) -> list[User]:
    """Those who work here, for lists of people to choose from: oneself first, no query."""
    people = {seat.user_id: seat.user for seat in desk.incident.live_seats if seat.is_held}
    people.setdefault(desk.user.pk, desk.user)
    return sorted(people.values(), key=lambda one: (one.pk != desk.user.pk, str(one)))
