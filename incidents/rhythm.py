"""How often whom is told, by severity and audience: rows that administrators edit, and the one truth about it.

They are read often and change hardly ever, so each process keeps them for `KEPT_FOR` seconds. What becomes of them
on one incident is the matter of `communication.cadence`.
"""

import time
from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from incidents.conflicts import refuse_overtaken
from incidents.models import Audience, Severity, UpdatePolicy
from roles import audit
from roles.policy import Actor, authorize

#: How long a process may go on with policies that another has changed.
KEPT_FOR = 5.0
SPANS = ("first_within", "scope_within", "every", "later_after", "later_every")
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=30)
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


@dataclass(frozen=True)
class Policy:
    """One audience at one severity; None where nothing is due."""

    first_within: timedelta | None = None  # after declaring: the first text
    scope_within: timedelta | None = None  # after the first: who is affected, and how
    every: timedelta | None = None  # at the start
    later_after: timedelta | None = None  # when the start is over
    later_every: timedelta | None = None  # at the longest, from then on

    @property
    def asks_anything(self) -> bool:
        return bool(self.first_within or self.every)


def _start(first: int | None, scope: int | None, every: int, later: int | None = None) -> Policy:
    """Minutes in, a policy out; a long incident begins after two hours."""
    return Policy(
        first_within=first * _MINUTE if first else None,
        scope_within=scope * _MINUTE if scope else None,
        every=every * _MINUTE,
        later_after=120 * _MINUTE if later else None,
        later_every=later * _MINUTE if later else None,
    )


#: What a new installation starts with. First posts, updates of SEV1 and the executive's half hour are those of
#: PagerDuty's incident response guide; the rest extends them.
SEEDS: dict[tuple[str, str], Policy] = {
    (severity, audience): Policy() for severity in Severity.values for audience in Audience.values
} | {
    (Severity.SEV1, Audience.PUBLIC): _start(5, 5, 20, 60),
    (Severity.SEV2, Audience.PUBLIC): _start(10, 10, 30, 90),
    (Severity.SEV3, Audience.PUBLIC): _start(None, None, 60, 240),
    (Severity.SEV4, Audience.PUBLIC): Policy(every=_DAY),
    (Severity.SEV1, Audience.INTERNAL): _start(15, None, 30, 60),
    (Severity.SEV2, Audience.INTERNAL): _start(30, None, 60, 120),
    (Severity.SEV1, Audience.EXECUTIVE): _start(30, None, 30, 60),
    (Severity.SEV2, Audience.EXECUTIVE): _start(60, None, 60, 120),
}

_known: dict[tuple[str, str], Policy] = {}
_read_at = 0.0


def policies() -> dict[tuple[str, str], Policy]:
    """All policies by severity and audience; one query where they are not known yet."""
    global _known, _read_at  # noqa: PLW0603 - a process-wide copy of twenty rows is what this is
    if not _known or time.monotonic() - _read_at > KEPT_FOR:
        rows = UpdatePolicy.objects.all()
        _known = {(row.severity, row.audience): _policy_of(row) for row in rows}
        _read_at = time.monotonic()
    return _known


def policy(severity: str, audience: str = Audience.PUBLIC) -> Policy:
    """What one audience is owed at one severity."""
    return policies().get((severity, audience)) or Policy()


@transaction.atomic
def change(row: UpdatePolicy, *, by: Actor, seen_version: int | None = None, **spans: timedelta | None) -> UpdatePolicy:
    """Changes how often an audience hears, from now on; other processes know it within `KEPT_FOR` seconds. What was
    promised already stays promised.

    Raises PermissionDenied, ValidationError by field where it makes no sense, Overtaken where others wrote since.
    """
    authorize(by, "incidents.manage_words")
    if unknown := spans.keys() - set(SPANS):
        raise ValidationError(f"{', '.join(sorted(unknown))} is nothing that a rhythm has.")
    row = UpdatePolicy.objects.select_for_update().get(pk=row.pk)
    refuse_overtaken(row, seen_version, spans)
    before = {name: getattr(row, name) for name, value in spans.items() if getattr(row, name) != value}
    for name in before:
        setattr(row, name, spans[name])
    refuse_nonsense(row)
    if before:
        row.version += 1
        row.save(update_fields=[*before, "version"])
        told = {name: [_minutes(old), _minutes(spans[name])] for name, old in before.items()}
        audit.note(by, "update_policy.changed", row, changed=told)
        forget()
        transaction.on_commit(forget)
    return row


def refuse_nonsense(row: UpdatePolicy) -> None:
    """Raises ValidationError by field for what no audience can be owed."""
    wrong: dict[str, str] = {}
    for name in SPANS:
        span = getattr(row, name)
        if span is not None and not SHORTEST <= span <= LONGEST:
            wrong[name] = "Between one minute and 30 days, or nothing."
    if row.scope_within and not row.first_within:
        wrong["scope_within"] = "It follows on the first text: say when that is due."
    if bool(row.later_after) != bool(row.later_every):
        missing = "later_every" if row.later_after else "later_after"
        wrong[missing] = "A long incident needs both: when it begins, and how often at the longest."
    if row.later_every and not row.every:
        wrong["every"] = "Say how often at the start."
    elif row.later_every and row.every and row.later_every < row.every:
        wrong["later_every"] = "A long incident is told of less often, not more."
    if wrong:
        raise ValidationError(wrong)


def forget() -> None:
    """Reads the policies anew when they are next asked for."""
    global _known  # noqa: PLW0603
    _known = {}


def _minutes(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds() // 60)


def _policy_of(row: UpdatePolicy) -> Policy:
    return Policy(**{name: getattr(row, name) for name in SPANS})
