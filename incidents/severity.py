"""What follows from a severity: which roles it needs, and how often the public hears of it."""

from dataclasses import dataclass
from datetime import timedelta

from incidents.models import Severity
from roles.catalog import Role


@dataclass(frozen=True)
class Rule:
    """One severity in words and numbers; durations are None where nothing is due by the clock."""

    meaning: str
    required: tuple[str, ...]
    first_post: timedelta | None = None
    update_every: timedelta | None = None
    acknowledge_within: timedelta | None = None
    needs_approval: bool = False  # somebody who may approve must have done so before it goes out
    needs_four_eyes: bool = False  # and that somebody has not written it


_MINUTE = timedelta(minutes=1)
_LEADS = (Role.COMMANDER, Role.COMMS_LEAD, Role.TECH_LEAD)

RULES: dict[str, Rule] = {
    Severity.SEV1: Rule(
        "Many customers down, data exposed, or a promise to customers broken.",
        tuple(Role),
        first_post=5 * _MINUTE,
        update_every=20 * _MINUTE,
        acknowledge_within=5 * _MINUTE,
        needs_approval=True,
        needs_four_eyes=True,
    ),
    Severity.SEV2: Rule(
        "A core function badly impaired for many.",
        (*_LEADS, Role.SCRIBE, Role.STATUS_PAGE_MANAGER),
        first_post=10 * _MINUTE,
        update_every=30 * _MINUTE,
        acknowledge_within=5 * _MINUTE,
        needs_approval=True,
        needs_four_eyes=True,
    ),
    Severity.SEV3: Rule(
        "Part of it lost, for a minority, or about to be worse.",
        (Role.COMMANDER, Role.TECH_LEAD),
        update_every=60 * _MINUTE,
        acknowledge_within=15 * _MINUTE,
        needs_approval=True,
    ),
    Severity.SEV4: Rule("Degraded; no customer is stopped.", (Role.COMMANDER,), update_every=timedelta(days=1)),
    Severity.SEV5: Rule("Cosmetic.", (Role.COMMANDER,)),
}


def rule(severity: str) -> Rule:
    """The rule of one severity."""
    return RULES[severity]
