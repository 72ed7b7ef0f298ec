"""What an incident itself still lacks before a move, and what is in order; named in settings.INCIDENT_CHECKS.

`everything` asks all who have a say: each module of the settings has `unmet(incident, verb)`, and may have
`met(incident, verb)` beside it, whose sentences say what was found in order.
"""

from dataclasses import dataclass
from importlib import import_module

from django.conf import settings

from incidents import readings
from incidents.models import ActionState, CheckState, Incident, ReviewNeed, State
from incidents.severity import MAJOR, rule


@dataclass(frozen=True)
class Check:
    """One thing that is looked at before a move."""

    sentence: str
    is_met: bool


def unmet(incident: Incident, verb: str) -> list[str]:
    """Restored without having been watched, and closed without the review that the severity asks for."""
    if verb == "resolve" and incident.severity in MAJOR and incident.state != State.MONITORING:
        return ["It was not watched in Monitoring: say how you know that it is over."]
    if verb == "close" and (worst := _must_be_reviewed(incident)):
        return [f"Not reviewed, and {worst} asks for a review."]
    return []


def met(incident: Incident, verb: str) -> list[str]:
    """What is in order: what is known and done before Monitoring, watched and verified before the end."""
    match verb:
        case "monitor":
            return _known(incident) + _fixed(incident)
        case "resolve" if incident.state == State.MONITORING and incident.mitigated_at:
            verified = [check.title for check in readings.of(incident).checks if check.state == CheckState.PASSED]
            watched = f"Watched in Monitoring since {incident.mitigated_at:%H:%M} UTC"
            return [watched, *(f"Verified: {title}" for title in verified)]
        case "close" if not _must_be_reviewed(incident):
            return [f"No review is asked for at {incident.severity}"]
    return []


def _known(incident: Incident) -> list[str]:
    """The cause, or at least the part that is faulty."""
    if cause := readings.of(incident).confirmed_cause:
        return [f"Cause confirmed: {cause.title}"]
    return [f"Faulty part known since {incident.identified_at:%H:%M} UTC"] if incident.identified_at else []


def _fixed(incident: Incident) -> list[str]:
    """The last thing that was done about it."""
    done = (action for action in readings.of(incident).actions if action.state == ActionState.DONE)
    last = max(done, key=lambda action: (action.ended_at is not None, action.ended_at), default=None)
    return [f"Done: {last.title}"] if last else []


def everything(incident: Incident, verb: str) -> list[Check]:
    """All that is looked at before the move, what is lacking first."""
    found: list[Check] = []
    for path in settings.INCIDENT_CHECKS:
        module, _, name = path.rpartition(".")
        source = import_module(module)
        found += [Check(sentence, is_met=False) for sentence in getattr(source, name)(incident, verb)]
        if look := getattr(source, "met", None):
            found += [Check(sentence, is_met=True) for sentence in look(incident, verb)]
    return sorted(found, key=lambda check: check.is_met)


def _must_be_reviewed(incident: Incident) -> str:
    """The severity that asks for a review: lowering it later takes that back from nobody."""
    worst = incident.worst_severity or incident.severity
    return worst if rule(worst).review == ReviewNeed.REQUIRED else ""
