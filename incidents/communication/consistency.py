"""The linter of words: what a text says against the rules of style and the facts, before it goes out.

Deterministic: the same text and facts always give the same findings. Built-in rules stand in `style/`; the
organisation turns them off, or lets them block, and adds its own (`StyleRule`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.core.exceptions import ValidationError

from incidents import events
from incidents.communication.style import facts, own, words
from incidents.communication.style.draft import OUTSIDE, Draft, Finding, Rule
from incidents.conflicts import Conflict
from incidents.models import Audience, BuiltInRule, Incident, Kind, StyleLevel, StyleRule, Update, UpdateState
from incidents.severity import rule as severity_rule
from roles.models import User

__all__ = ["RULES", "Check", "Draft", "Finding", "checks", "draft_of", "findings", "judged", "refuse_blocked"]

ALL = frozenset(Audience.values)
TOLD = frozenset({Audience.PUBLIC})
PUBLIC_AND_EXECUTIVE = frozenset({Audience.PUBLIC, Audience.EXECUTIVE})
A, B = StyleLevel.ADVISE, StyleLevel.BLOCK

#: Every built-in rule, in the order in which it is shown. `docs/style.md` is printed from it.
RULES: tuple[Rule, ...] = (
    Rule("state", "Label and words say one state", facts.status, B, TOLD),
    Rule("components", "Components agree with the words", facts.components, B, TOLD, english_only=False),
    Rule("numbers", "Percentages are those that the incident knows", facts.numbers, A, OUTSIDE, english_only=False),
    Rule("outage", "“Outage” only where something is wholly down", facts.outage, A, PUBLIC_AND_EXECUTIVE),
    Rule("everybody", "Names who is affected, not “all customers”", facts.everybody, A, TOLD),
    Rule("effect", "Says what customers notice", facts.effect, A, TOLD),
    Rule("host", "No names of machines", words.hosts, B, english_only=False),
    Rule("ip-address", "No IP addresses", words.addresses, B, english_only=False),
    Rule("ticket", "No ticket numbers", words.tickets, A, english_only=False),
    Rule("internal-name", "Names on the page, not our own", words.internal_names, A, TOLD, english_only=False),
    Rule("person", "No names of people", words.people, A, TOLD, english_only=False),
    Rule("blame", "No blame", words.blame, A),
    Rule("next-update", "Promises a next update", facts.next_update, A, OUTSIDE),
    Rule("promise", "One promised time, ahead of us", facts.promise, B, ALL, english_only=False),
    Rule("eta", "Promises no end", words.promised_ends, A),
    Rule("time-zone", "Times have a zone", words.clocks, A, ALL, english_only=False),
    Rule(
        "talking-points", "Says nothing that support must not say", words.must_not_say, B, OUTSIDE, english_only=False
    ),
    Rule("placeholder", "Nothing is left to fill in", words.placeholders, B, ALL, english_only=False),
    Rule("secret", "No secrets", words.secrets, B, ALL, english_only=False),
    Rule("personal", "No private addresses or numbers", words.personal, A, english_only=False),
    Rule("link", "Links lead somewhere", words.script_links, B, ALL, english_only=False),
    Rule("mention", "Rings nobody in a chat", words.mentions, B, ALL, english_only=False),
    Rule("unseen", "No unseen signs", words.unseen, B, ALL, english_only=False),
    Rule("speculation", "No guesses", words.speculation, A),
    Rule("minimising", "Does not make it small", words.minimising, A),
    Rule("jargon", "No words of the trade", words.jargon, A, OUTSIDE),
    Rule("recovery", "The last word says what became of data", facts.recovery, A, TOLD),
    Rule("nothing-new", "Says something new", facts.nothing_new, A, ALL, english_only=False),
    Rule("length", "Short enough for a phone", facts.length, A, ALL, english_only=False),
    Rule("readable", "Can be read at night", facts.readable, A, OUTSIDE),
    Rule("twice", "No word twice", facts.twice, A, ALL, english_only=False),
    Rule("shouting", "Does not shout", words.shouting, A, ALL, english_only=False),
)
BY_CODE: dict[str, Rule] = {rule.code: rule for rule in RULES}


@dataclass(frozen=True)
class Check:
    """One line of the composer's list: what is held true, the fact beside it, and what speaks against it."""

    says: str
    fact: str
    findings: tuple[Finding, ...]

    @property
    def tone(self) -> str:
        if any(finding.blocks for finding in self.findings):
            return "bad"
        return "caution" if self.findings else "ok"


def findings(draft: Draft) -> list[Finding]:
    """What the rules say of a text, with the organisation's levels and its own rules; see `judged`."""
    levels = dict(BuiltInRule.objects.values_list("code", "level"))
    return judged(draft, levels=levels, own_rules=StyleRule.objects.filter(is_active=True))


def judged(
    draft: Draft, *, levels: Mapping[str, str] | None = None, own_rules: Iterable[StyleRule] = ()
) -> list[Finding]:
    """The findings, blocking ones first, then by their place. `levels` puts built-in rules off, to advise or to block.

    Where two findings cover the same words, the one whose rule stands first in `RULES` is kept.
    """
    found: list[Finding] = []
    for rule in RULES:
        level = (levels or {}).get(rule.code, rule.level)
        if level == "off" or draft.audience not in rule.audiences or (rule.english_only and not draft.is_english):
            continue
        found += [
            Finding(rule.code, level, start, end, message, fix, part)
            for start, end, message, fix, part in rule.look(draft)
        ]
    found += own.findings(draft, own_rules)
    return sorted(_once(found), key=lambda one: (not one.blocks, one.part != "title", one.start, one.end))


#: The lines of the composer: what each stands for, and the rules behind it. What is in none stands under "Words".
LINES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("State matches the incident", ("state", "components")),
    ("Numbers match the report", ("numbers",)),
    ("Says who is affected, and how", ("outage", "everybody", "effect")),
    (
        "No host names or blame",
        ("host", "ip-address", "ticket", "internal-name", "person", "blame", "secret", "personal"),
    ),
    ("Promises a next update, and no end", ("next-update", "promise", "eta", "time-zone")),
    ("Agrees with the talking points", ("talking-points",)),
)


def checks(draft: Draft, found: Iterable[Finding] | None = None) -> list[Check]:
    """The findings under the lines that the composer shows; each line is there, met or not."""
    found = findings(draft) if found is None else list(found)
    shown = [
        Check(says, _fact(draft, codes[0]), tuple(one for one in found if one.rule in codes)) for says, codes in LINES
    ]
    listed = {code for _, codes in LINES for code in codes}
    rest = tuple(one for one in found if one.rule not in listed)
    return [*shown, Check("Plain, calm, complete", "", rest)]


def draft_of(update: Update) -> Draft:
    """An update, saved or not, with the facts of its incident that it must agree with."""
    incident = update.incident
    last = (
        incident.updates.filter(audience=update.audience, page=update.page, state=UpdateState.PUBLISHED)
        .exclude(pk=update.pk)
        .order_by("-published_at")
        .values_list("body", flat=True)
        .first()
    )
    rule = severity_rule(incident.severity)
    due = rule.executive_every if update.audience == Audience.EXECUTIVE else rule.update_every
    return Draft(
        title=update.title,
        body=update.body,
        audience=update.audience,
        status=update.status,
        severity=incident.severity,
        language=update.language,
        components=update.components,
        next_update_at=update.next_update_at,
        is_update_due=bool(due) and incident.is_active,
        now=events.moment(),
        last_said=last or "",
        facts=_facts(incident),
        internal_names=_internal_names(incident),
        people=_people(incident),
        must_not_say=_must_not_say(incident),
    )


def refuse_blocked(update: Update) -> None:
    """Raises Conflict, naming each rule, where a blocking one is hit: nothing of it goes out."""
    if blocking := blocking_in(update):
        sentences = list(dict.fromkeys(one.message for one in blocking))
        raise Conflict(
            f"This text does not go out as it is. {' '.join(sentences)}", needed=sorted({one.rule for one in blocking})
        )


def blocking_in(update: Update) -> list[Finding]:
    """What keeps an update from going out, for any of the audiences that it is for."""
    draft = draft_of(update)
    found = [
        one
        for audience in dict.fromkeys([update.audience, *update.also_for])
        for one in findings(replace(draft, audience=audience))
        if one.blocks
    ]
    return list(dict.fromkeys(found))


def from_request(values: Mapping[str, object], *, now: datetime) -> Draft:
    """A draft that belongs to no incident, from checked values of a program. Raises ValidationError for no text."""
    if not str(values.get("body", "")).strip():
        raise ValidationError({"body": "There is no text to check."})
    given = {name: value for name, value in values.items() if value is not None and name != "page"}
    severity = str(given.get("severity", ""))
    is_due = bool(severity and severity_rule(severity).update_every)
    return Draft(**{**given, "now": now, "is_update_due": is_due})  # type: ignore[arg-type]  # checked by the serializer


# --- inside -----------------------------------------------------------------------------------


def _once(found: list[Finding]) -> list[Finding]:
    """Without those whose words an earlier rule has taken already; whole-text and end-of-text ones all stay."""
    kept: list[Finding] = []
    for one in found:
        taken = any(
            other.part == one.part and other.start < one.end and one.start < other.end and _is_narrow(other)
            for other in kept
        )
        if not (taken and _is_narrow(one)):
            kept.append(one)
    return kept


#: Findings about so many characters are about the text, not about these words.
_WIDE = 120


def _is_narrow(one: Finding) -> bool:
    return 0 < one.end - one.start < _WIDE and one.rule not in {"nothing-new", "readable", "length"}


def _fact(draft: Draft, code: str) -> str:
    if code == "state":
        return draft.status.capitalize()
    if code == "next-update" and draft.next_update_at:
        return f"{draft.next_update_at:%H:%M} UTC"
    return ""


def _facts(incident: Incident) -> tuple[str, ...]:
    """What the incident says of itself: where we are, newest first, then its summary and title."""
    said = incident.entries.filter(kind__in=[Kind.NOW, Kind.FINDING], superseded_by=None).order_by("-number")
    return (*said.values_list("body", flat=True)[:10], incident.summary, incident.title)


def _internal_names(incident: Incident) -> tuple[str, ...]:
    """Slugs and alert names of its services that nobody outside would write: those with a hyphen or underscore."""
    names = {
        name
        for slug, others in incident.services.values_list("slug", "alert_names")
        for name in (slug, *map(str, others))
    }
    return tuple(sorted(name for name in names if "-" in name or "_" in name))


def _people(incident: Incident) -> tuple[str, ...]:
    """Full names of those who hold a seat."""
    holders: list[User] = [seat.user for seat in incident.live_seats if seat.is_held]
    return tuple(sorted({name for holder in holders if " " in (name := holder.get_full_name())}))


def _must_not_say(incident: Incident) -> tuple[str, ...]:
    """The lines of "do not say" in the newest approved talking points that are phrases, not instructions."""
    points = incident.talking_points.filter(approved_at__isnull=False, withdrawn_at=None).first()
    lines = points.do_not_say.splitlines() if points else []
    return tuple(line.strip(" -•\t.") for line in lines if line.strip())
