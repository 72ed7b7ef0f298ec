"""What follows from a severity: which roles it needs, what must be approved, whether it is reviewed.

How often whom is told stands in `rhythm`; a rule only repeats it. The rules are rows that administrators edit. They
are read often and change hardly ever, so each process keeps them for `KEPT_FOR` seconds.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from incidents import rhythm
from incidents.conflicts import Overtaken
from incidents.models import Audience, ReviewNeed, Severity, SeverityRule
from roles import audit
from roles.catalog import SIGNS, Role
from roles.policy import Actor, authorize

#: What is called a major incident.
MAJOR = frozenset({Severity.SEV1, Severity.SEV2})
#: How long a process may go on with rules that another has changed.
KEPT_FOR = 5.0


@dataclass(frozen=True)
class Rule:
    """One severity in words and numbers; durations are None where nothing is due by the clock."""

    meaning: str
    required: tuple[str, ...]
    needs_approval: bool = False  # somebody who may approve must have done so before it goes out
    needs_four_eyes: bool = False  # and that somebody has not written it
    needs_cleared_actions: bool = False  # no action runs before the commander approved it
    acknowledge_within: timedelta | None = None
    review: str = ReviewNeed.NONE
    review_within: timedelta | None = None
    action_item_due: timedelta | None = None
    public_impact: str = ""
    severity: str = ""

    @property
    def first_post(self) -> timedelta | None:
        """When the public hears first, after declaring."""
        return rhythm.policy(self.severity).first_within

    @property
    def update_every(self) -> timedelta | None:
        """How often the public hears at the start."""
        return rhythm.policy(self.severity).every

    @property
    def update_every_later(self) -> timedelta | None:
        """How often the public hears at the least of a long incident."""
        return rhythm.policy(self.severity).later_every

    @property
    def executive_every(self) -> timedelta | None:
        """How often the executives hear."""
        return rhythm.policy(self.severity, Audience.EXECUTIVE).every


_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_LEADS = (Role.COMMANDER, Role.COMMS_LEAD, Role.TECH_LEAD)

#: What a new installation starts with.
_SEEDS: dict[str, Rule] = {
    Severity.SEV1: Rule(
        "Many customers down, data exposed, or a promise to customers broken.",
        tuple(Role),
        needs_approval=True,
        needs_four_eyes=True,
        needs_cleared_actions=True,
        acknowledge_within=5 * _MINUTE,
        review=ReviewNeed.REQUIRED,
        review_within=3 * _DAY,
        action_item_due=14 * _DAY,
        public_impact="critical",
    ),
    Severity.SEV2: Rule(
        "A core function badly impaired for many.",
        (*_LEADS, Role.SCRIBE, Role.STATUS_PAGE_MANAGER),
        needs_approval=True,
        needs_four_eyes=True,
        needs_cleared_actions=True,
        acknowledge_within=5 * _MINUTE,
        review=ReviewNeed.REQUIRED,
        review_within=7 * _DAY,
        action_item_due=30 * _DAY,
        public_impact="major",
    ),
    Severity.SEV3: Rule(
        "Part of it lost, for a minority, or about to be worse.",
        (Role.COMMANDER, Role.TECH_LEAD),
        needs_approval=True,
        acknowledge_within=15 * _MINUTE,
        review=ReviewNeed.OPTIONAL,
        action_item_due=60 * _DAY,
        public_impact="minor",
    ),
    Severity.SEV4: Rule("Degraded; no customer is stopped.", (Role.COMMANDER,), public_impact="minor"),
    Severity.SEV5: Rule("Cosmetic.", (Role.COMMANDER,), public_impact="none"),
}
SEEDS = {severity: replace(given, severity=severity) for severity, given in _SEEDS.items()}

SPANS = (
    "acknowledge_within",
    "review_within",
    "action_item_due",
)
#: The columns of a rule that an administrator changes.
CHANGEABLE = (
    "meaning",
    "required_roles",
    "needs_approval",
    "needs_four_eyes",
    "needs_cleared_actions",
    *SPANS,
    "review",
    "public_impact",
)
SHORTEST_SPAN = timedelta(minutes=1)
LONGEST_SPAN = timedelta(days=365)

_known: dict[str, Rule] = {}
_read_at = 0.0


def rules() -> dict[str, Rule]:
    """All rules, worst severity first; one query where they are not known yet."""
    global _known, _read_at  # noqa: PLW0603 - a process-wide copy of five rows is what this is
    if not _known or time.monotonic() - _read_at > KEPT_FOR:
        _known = {row.severity: _rule_of(row) for row in SeverityRule.objects.all()}
        _read_at = time.monotonic()
    return _known


def rule(severity: str) -> Rule:
    """The rule of one severity."""
    return rules()[severity]


@transaction.atomic
def change(severity: str, *, by: Actor, seen_version: int | None = None, **columns: Any) -> SeverityRule:
    """Changes what follows from one severity, from now on and for open incidents too; other processes know it
    within `KEPT_FOR` seconds. Raises ValidationError by field where it makes no sense, Overtaken where somebody
    changed it otherwise since `seen_version`."""
    authorize(by, "incidents.manage_rules")
    if unknown := columns.keys() - set(CHANGEABLE):
        raise ValidationError(f"{', '.join(sorted(unknown))} is nothing that a severity has.")
    row = SeverityRule.objects.select_for_update().get(pk=severity)
    before = {name: getattr(row, name) for name, value in columns.items() if getattr(row, name) != value}
    _refuse_overtaken(row, seen_version, mine={name: columns[name] for name in before}, theirs=before)
    for name in before:
        setattr(row, name, columns[name])
    refuse_nonsense(row)
    row.full_clean()
    if before:
        row.version += 1
        row.save(update_fields=[*before, "version"])
        told = {name: [_plain(old), _plain(columns[name])] for name, old in before.items()}
        audit.note(by, "severity_rule.changed", row, changed=told)
        forget()
        transaction.on_commit(forget)
    return row


def refuse_nonsense(row: SeverityRule) -> None:
    """Raises ValidationError by field for what no severity can ask for; puts the roles into their order."""
    wrong: dict[str, str] = {}
    if unknown := [str(role) for role in row.required_roles if role not in Role.values]:
        wrong["required_roles"] = f"{', '.join(unknown)} is no role; the seven are {', '.join(Role.values)}."
    elif Role.COMMANDER not in row.required_roles:
        wrong["required_roles"] = "Somebody leads at every severity: the Incident Commander is always needed."
    row.required_roles = [role.value for role in Role if role in row.required_roles]
    for name in SPANS:
        span = getattr(row, name)
        if span is not None and not SHORTEST_SPAN <= span <= LONGEST_SPAN:
            wrong[name] = "Between one minute and 365 days, or nothing."
    if row.needs_four_eyes and not row.needs_approval:
        wrong["needs_four_eyes"] = "Where nobody approves, nobody else can."
    if wrong:
        raise ValidationError(wrong)


def _refuse_overtaken(
    row: SeverityRule, seen_version: int | None, *, mine: Mapping[str, object], theirs: Mapping[str, object]
) -> None:
    if seen_version is None or row.version == seen_version or not mine:
        return
    raise Overtaken(
        f"Somebody changed {row.severity} after you opened it. Both versions are kept.",
        mine={name: _readable(value) for name, value in mine.items()},
        theirs={name: _readable(value) for name, value in theirs.items()},
        version=row.version,
    )


def _readable(value: object) -> str:
    """A column as people compare it."""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "nothing" if value is None or value == "" else str(_plain(value))


def _plain(value: object) -> object:
    """A column as the audit keeps it."""
    return in_words(value) if isinstance(value, timedelta) else value


def terms(severity: str) -> str:
    """What a severity asks for, in a sentence."""
    given = rule(severity)
    says = [f"{_roles(given.required)}"]
    says.append(
        f"public update every {in_words(given.update_every)}" if given.update_every else "no update is promised"
    )
    if given.needs_four_eyes:
        says.append("texts approved by somebody else")
    elif given.needs_approval:
        says.append("texts approved")
    if given.review == ReviewNeed.REQUIRED:
        says.append("review required")
    return f"{'; '.join(says)}."


def consequence(old: str, new: str) -> str:
    """What holds from now on where a severity changed, in a sentence: roles are offered or spared, never moved."""
    before, after = rule(old), rule(new)
    needed = [role for role in after.required if role not in before.required]
    spared = [role for role in before.required if role not in after.required]
    says = []
    if needed:
        says.append(f"Needs {_names(needed)} now")
    if spared:
        says.append(f"{_names(spared)} no longer needed")
    if after.update_every != before.update_every:
        says.append(f"updates every {in_words(after.update_every)}" if after.update_every else "no update is promised")
    if after.review == ReviewNeed.REQUIRED != before.review:
        says.append("a review is required")
    sentence = "; ".join(says)
    return f"{sentence[:1].upper()}{sentence[1:]}." if sentence else ""


def in_words(span: timedelta) -> str:
    """'20 min', '4 h', '1 h 30 min', '3 days'."""
    minutes = int(span.total_seconds() // 60)
    if minutes and minutes % 1440 == 0:
        days = minutes // 1440
        return "day" if days == 1 else f"{days} days"
    hours, rest = divmod(minutes, 60)
    return " ".join(
        part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else "") if part
    )


def _roles(required: Sequence[str]) -> str:
    if set(required) == set(Role):
        return "All seven roles"
    return _names(required) or "No role"


def _names(roles: Sequence[str]) -> str:
    names = [SIGNS[role].short for role in roles]
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def forget() -> None:
    """Reads the rules anew when they are next asked for."""
    global _known  # noqa: PLW0603
    _known = {}


def fields_of(given: Rule) -> dict[str, Any]:
    """A rule as the columns of its row."""
    columns = dict(vars(given))
    columns["required_roles"] = [str(role) for role in columns.pop("required")]
    del columns["severity"]
    return columns


def _rule_of(row: SeverityRule) -> Rule:
    names = [name for name in Rule.__dataclass_fields__ if name != "required"]
    return Rule(required=tuple(row.required_roles), **{name: getattr(row, name) for name in names})
