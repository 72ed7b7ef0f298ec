"""How the organisation keeps its rules of style: its own, and what it wants of the built-in ones."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from incidents.communication.consistency import BY_CODE
from incidents.communication.style import own
from incidents.conflicts import refuse_overtaken
from incidents.models import Audience, BuiltInRule, StyleLevel, StyleRule
from roles import audit
from roles.policy import Actor, authorize

CHANGEABLE = ("how", "patterns", "fix", "message", "level", "audiences", "languages", "is_active")
OFF = "off"
LEVELS = (OFF, *StyleLevel.values)


@transaction.atomic
def add(*, by: Actor, code: str, **about: Any) -> StyleRule:
    """Makes a rule of one's own. Raises ValidationError by field where it makes no sense."""
    authorize(by, "incidents.manage_words")
    _refuse_unknown(about)
    row = StyleRule(code=code.strip(), **about)
    _check(row)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as problem:
        raise ValidationError({"code": "There is a rule of this name."}) from problem
    audit.note(by, "style_rule.added", row, message=row.message)
    return row


@transaction.atomic
def change(row: StyleRule, *, by: Actor, seen_version: int | None = None, **about: Any) -> StyleRule:
    """Changes a rule of one's own, or takes it out of use. Raises Overtaken where somebody did since."""
    authorize(by, "incidents.manage_words")
    _refuse_unknown(about)
    row = StyleRule.objects.select_for_update().get(pk=row.pk)
    refuse_overtaken(row, seen_version, about)
    changed = {name: value for name, value in about.items() if getattr(row, name) != value}
    if not changed:
        return row
    for name, value in changed.items():
        setattr(row, name, value)
    _check(row)
    row.version += 1
    row.save(update_fields=[*changed, "version"])
    audit.note(by, "style_rule.changed", row, changed=sorted(changed))
    return row


@transaction.atomic
def drop(row: StyleRule, *, by: Actor) -> None:
    """Takes a rule of one's own away for good; what it said is kept in the audit."""
    authorize(by, "incidents.manage_words")
    audit.note(by, "style_rule.dropped", row, how=row.how, patterns=row.patterns, fix=row.fix, message=row.message)
    row.delete()


@transaction.atomic
def set_level(code: str, level: str, *, by: Actor) -> None:
    """Has a built-in rule off, advising or blocking from now on. Raises ValidationError for what there is not."""
    authorize(by, "incidents.manage_words")
    if code not in BY_CODE:
        raise ValidationError({"code": f"There is no built-in rule {code!r}."})
    if level not in LEVELS:
        raise ValidationError({"level": f"A rule is {', '.join(LEVELS)}."})
    before = BuiltInRule.objects.filter(pk=code).values_list("level", flat=True).first() or BY_CODE[code].level
    if before == level:
        return
    BuiltInRule.objects.update_or_create(pk=code, defaults={"level": level})
    audit.note(by, "style_rule.level", code, changed=[str(before), level])


def levels() -> dict[str, str]:
    """The level of every built-in rule as it counts now."""
    wanted = dict(BuiltInRule.objects.values_list("code", "level"))
    return {code: wanted.get(code, str(rule.level)) for code, rule in BY_CODE.items()}


# --- inside -----------------------------------------------------------------------------------


def _check(row: StyleRule) -> None:
    if row.code in BY_CODE:
        raise ValidationError({"code": "A built-in rule has this name."})
    if isinstance(row.patterns, list):
        row.patterns = [one.strip() for one in row.patterns if isinstance(one, str) and one.strip()]
    own.check(row)
    if unknown := [str(one) for one in row.audiences if one not in Audience.values]:
        raise ValidationError({"audiences": f"{', '.join(unknown)} is no audience."})
    row.full_clean(validate_unique=False, validate_constraints=False)


def _refuse_unknown(about: dict[str, Any]) -> None:
    if unknown := about.keys() - set(CHANGEABLE):
        raise ValidationError(f"{', '.join(sorted(unknown))} is nothing that a rule has.")
