"""Rules of the organisation's own: words that do not stand in a text, our word for a thing, patterns."""

from collections.abc import Iterable, Iterator

import regex
from django.core.exceptions import ValidationError

from incidents.communication.style.draft import Draft, Finding, Part
from incidents.models import StyleRule

#: Seconds that one pattern may take on one text. A pattern that takes longer finds nothing.
LIMIT_S = 0.05
#: What is longer is no rule about words.
LONGEST_PATTERN = 500


def findings(draft: Draft, rules: Iterable[StyleRule]) -> list[Finding]:
    """What the given rules say of a text."""
    return [found for rule in rules if _concerns(rule, draft) for found in _found(rule, draft)]


def check(rule: StyleRule) -> None:
    """Raises ValidationError by field where a rule could find nothing, or not be run."""
    patterns = rule.patterns if isinstance(rule.patterns, list) else []
    if not patterns or not all(isinstance(one, str) and one.strip() for one in patterns):
        raise ValidationError({"patterns": "Name at least one word or pattern."})
    if any(len(one) > LONGEST_PATTERN for one in patterns):
        raise ValidationError({"patterns": f"At most {LONGEST_PATTERN} characters each."})
    if rule.how == StyleRule.How.TERM and not rule.fix.strip():
        raise ValidationError({"fix": "Say which word we use instead."})
    for one in patterns:
        try:
            compiled = _compiled(rule.how, one)
            empty = compiled.search("", timeout=LIMIT_S)
        except (regex.error, TimeoutError) as problem:
            raise ValidationError({"patterns": f"{one!r} is no regular expression: {problem}."}) from problem
        if empty:
            raise ValidationError({"patterns": f"{one!r} is found in every text."})


def _concerns(rule: StyleRule, draft: Draft) -> bool:
    language = draft.language.partition("-")[0].lower()
    languages = {str(one).partition("-")[0].lower() for one in rule.languages}
    return (not rule.audiences or draft.audience in rule.audiences) and (not languages or language in languages)


def _found(rule: StyleRule, draft: Draft) -> Iterator[Finding]:
    fix = rule.fix if rule.fix or rule.how == StyleRule.How.TERM else None
    parts: tuple[tuple[Part, str], ...] = (("title", draft.title), ("body", draft.body))
    for pattern in rule.patterns:
        for part, text in parts:
            try:
                spans = [match.span() for match in _compiled(rule.how, pattern).finditer(text, timeout=LIMIT_S)]
            except (regex.error, TimeoutError):
                continue
            for start, end in spans:
                if start < end:
                    yield Finding(
                        rule.code, rule.level, start, end, rule.message, _as_written(fix, text[start:end]), part
                    )


def _compiled(how: str, pattern: str) -> "regex.Pattern[str]":
    if how == StyleRule.How.PATTERN:
        return regex.compile(pattern, regex.IGNORECASE)
    words = r"\s+".join(regex.escape(word) for word in pattern.split())
    return regex.compile(rf"(?<!\w){words}(?!\w)", regex.IGNORECASE)


def _as_written(fix: str | None, found: str) -> str | None:
    """The fix with a capital where the found words began with one."""
    return fix[:1].upper() + fix[1:] if fix and found[:1].isupper() else fix
