"""The panel `severity`: the five levels, and what each would mean here, before one of them is chosen."""

from dataclasses import dataclass

from incidents import severity
from incidents.models import Severity, State
from incidents.severity import rules
from incidents.views.desk import Desk

STAYS = frozenset({State.CLOSED, State.CANCELLED, State.MERGED})


@dataclass(frozen=True)
class Level:
    """One severity before this incident."""

    name: str
    meaning: str
    consequence: str
    is_present: bool


def shown(desk: Desk) -> dict[str, object]:
    """The levels with their consequences; none where the severity stays."""
    incident = desk.incident
    if incident.state in STAYS or "incidents.change_state" not in desk.may:
        return {"levels": []}
    return {
        "levels": [
            Level(
                name,
                rules()[name].meaning,
                severity.terms(name)
                if name == incident.severity
                else severity.consequence(incident.severity, name) or "Nothing else changes.",
                name == incident.severity,
            )
            for name in Severity
        ]
    }
