"""The panel of verification: each thing to see before it is said to be over, and how far it is."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from incidents.models import CheckKind, CheckState, VerificationCheck
from incidents.response import verification
from incidents.views.desk import Desk
from incidents.views.panels.hypotheses import crew

C = CheckState
TAGS = {
    C.PASSED: ("ok", "Passing"),
    C.FAILED: ("caution", "Failing"),
    C.WAIVED: ("", "Waived"),
    C.PENDING: ("", "Open"),
}


@dataclass(frozen=True)
class Line:
    """One check before one reader."""

    check: VerificationCheck
    may_sign: bool
    may_lead: bool

    @property
    def tone(self) -> str:
        if self.is_due:
            return "caution"
        return "you" if self.is_holding else TAGS[C(self.check.state)][0]

    @property
    def word(self) -> str:
        return TAGS[C(self.check.state)][1]

    @property
    def is_open(self) -> bool:
        return self.check.state not in verification.SETTLED

    @property
    def is_holding(self) -> bool:
        """Whether it is well so far, and has to stay so for a while."""
        return self.check.state == C.PENDING and self.check.holds_since is not None

    @property
    def is_due(self) -> bool:
        """Whether it has held long enough, and another reading would prove it."""
        held = self.check.holds_since
        return self.is_holding and held is not None and timezone.now() - held >= timedelta(minutes=self.check.minutes)

    @property
    def is_signed(self) -> bool:
        return self.check.kind == CheckKind.SIGNED

    @property
    def is_measured(self) -> bool:
        return self.check.kind == CheckKind.MEASURED

    @property
    def is_watched(self) -> bool:
        return self.check.kind == CheckKind.ALERTS_QUIET

    @property
    def reading(self) -> str:
        return "" if self.is_signed else self.check.reading


def shown(desk: Desk) -> dict[str, object]:
    """The checks: one query."""
    incident = desk.incident
    may_lead = "incidents.verify" in desk.may and incident.state in verification.OPEN_STATES
    is_open = incident.state in verification.OPEN_STATES
    rows = incident.verification.select_related("tester", "settled_by", "created_by")
    lines = [Line(row, is_open and verification.may_sign(row, desk.user), may_lead) for row in rows]
    passing = sum(line.check.state == C.PASSED for line in lines)
    return {
        "check_lines": lines,
        "checks_passing": passing,
        "checks_proven": bool(lines) and not any(line.is_open for line in lines),
        "checks_watched": any(line.is_watched for line in lines),
        "may_verify": may_lead,
        "crew": crew(desk),
    }
