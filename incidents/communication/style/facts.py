"""Rules that hold a text against the facts: its status, its components, what was promised and said before."""

import re
from collections.abc import Iterator
from datetime import UTC, timedelta
from difflib import SequenceMatcher
from itertools import pairwise

from incidents.communication.style.draft import Draft, Hit
from incidents.models import Audience, PublicStatus, Severity

_I = re.IGNORECASE
S = PublicStatus
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")

_NO = (
    r"(?:not|n['’]t|no longer|never|cannot|until|once|when|after|before|if|as soon as|working to|"
    r"want|wait|being|almost|nearly|most|partly|partially)"
)


def _says(pattern: str, text: str) -> Iterator[re.Match[str]]:
    """Where `pattern` is said as a fact: not denied, not wished, not made conditional in the same clause."""
    for match in re.finditer(pattern, text, _I):
        clause = re.split(r"[.!?,;:\n]|\bbut\b|\band\b", text[: match.start()])[-1]
        if not re.search(rf"\b{_NO}\b|n['’]t\b", clause, _I):
            yield match


_OVER = (
    r"\b(?:(?:has|have|is|are|was|were)\s+(?:now\s+|been\s+)*(?:fully\s+)?(?:resolved|fixed|restored|solved)"
    r"(?!\s+(?:for|in|on|at)\s+(?:most|some|many|parts?|about|almost|nearly))|"
    r"(?:everything|all\s+\w+)\s+(?:works?|is\s+working|are\s+working)(?:\s+(?:again|normally))+|"
    r"back\s+to\s+normal|fully\s+(?:restored|recovered|operational)|(?:is|are|problem is|incident is)\s+over\b)"
)
_SEARCHING = r"\b(?:we\s+are|we're|still)\s+(?:still\s+)?(?:investigating|looking\s+into|searching\s+for)\b"
_FOUND = (
    r"\b(?:we\s+(?:have\s+)?(?:know|identified|found)\s+(?:the\s+)?(?:cause|reason|source|why|"
    r"what\s+causes)|the\s+cause\s+(?:is|was)\s+(?:known|found|identified))\b"
)
_WORDS = {
    S.INVESTIGATING: "Investigating",
    S.IDENTIFIED: "Identified",
    S.MONITORING: "Monitoring",
    S.RESOLVED: "Resolved",
}


def status(draft: Draft) -> Iterator[Hit]:
    """The words say one state, the label another."""
    if draft.status in {S.INVESTIGATING, S.IDENTIFIED}:
        for match in _says(_OVER, draft.body):
            said = _WORDS[S(draft.status)]
            yield (*match.span(), f"Says that it is over; the page will say {said}.", None, "body")
    if draft.status == S.INVESTIGATING:
        for match in _says(_FOUND, draft.body):
            yield (*match.span(), "Says that the cause is known; the page will say Investigating.", None, "body")
    if draft.status in {S.MONITORING, S.RESOLVED, S.POSTMORTEM}:
        for match in _says(_SEARCHING, draft.body):
            yield (*match.span(), f"Still searching? The page will say {S(draft.status).label}.", None, "body")


def components(draft: Draft) -> Iterator[Hit]:
    """The components that it sets say something else than its words."""
    broken = {slug: status for slug, status in draft.components.items() if status not in {"operational", ""}}
    end = len(draft.body)
    if draft.status == S.RESOLVED and broken:
        names = ", ".join(sorted(broken))
        yield (end, end, f"It is over, and yet {names} would not be operational.", None, "body")
    if draft.status in {S.INVESTIGATING, S.IDENTIFIED} and draft.components and not broken:
        yield (end, end, "It goes on, and yet every component that it names would be operational.", None, "body")
    if broken and draft.status == S.MONITORING:
        for match in _says(_OVER, draft.body):
            yield (*match.span(), "Says that it is over; a component would still be impaired.", None, "body")


def outage(draft: Draft) -> Iterator[Hit]:
    """“Outage” is the word for what is wholly down."""
    if draft.severity == Severity.SEV1 or "major_outage" in draft.components.values():
        return
    message = "“Outage” means that nothing works: below that, say what is impaired."
    for part, text in (("title", draft.title), ("body", draft.body)):
        for match in re.finditer(r"(?<!\w)(?:(?:major|full|total|complete)\s+)?outages?(?!\w)", text, _I):
            if not re.search(r"\b(?:no|not an?|without)\s+\Z", text[: match.start()], _I):
                fix = "Problem" if match.group()[0].isupper() else "problem"
                yield (*match.span(), message, fix + ("s" if match.group().lower().endswith("s") else ""), part)  # type: ignore[misc]


def everybody(draft: Draft) -> Iterator[Hit]:
    """“All customers” is hardly ever true, and frightens those who are not."""
    if draft.severity == Severity.SEV1 and list(draft.components.values()).count("major_outage") > 1:
        return
    pattern = (
        r"(?<!\w)(?:all|every)\s+(?:of\s+our\s+)?(?:customers?|users?|merchants?|clients?|people)(?!\w)|"
        r"(?<![\w@!])(?:everyone|everybody|worldwide|globally)(?!\w)"
    )
    for match in re.finditer(pattern, draft.body, _I):
        if re.search(r"\b(?:not|thank|thanks\s+to|inform|tell|told)\s+\Z", draft.body[: match.start()], _I):
            continue
        yield (*match.span(), "Name who is affected: a region, a product, a share.", "some customers", "body")


_EFFECT = re.compile(
    r"\b(?:cannot|can['’]?t|could not|couldn['’]t|unable|unavailable|unreachable|fail\w*|declin\w+|"
    r"reject\w*|refus\w+|delay\w*|late\b|later than|"
    r"slow\w*|long(?:er)?\b|error\w*|time[sd]? out|timeouts?|down\b|offline|missing|lost|wrong|stale|"
    r"outdated|duplicat\w+|twice|interrupt\w*|"
    r"affect\w*|impact\w*|impair\w*|degrad\w*|disrupt\w*|stuck|blank|not (?:work|show|load|arrive|receive|update)\w*|"
    r"(?:do|does|did)(?: not|n['’]t) (?:work|show|load|arrive|receive|update|appear)\w*|problems?\b|issues?\b|trouble)",
    _I,
)


def effect(draft: Draft) -> Iterator[Hit]:
    """Nothing says what customers notice."""
    if draft.status not in {S.INVESTIGATING, S.IDENTIFIED} or _EFFECT.search(f"{draft.title}. {draft.body}"):
        return
    end = len(draft.body)
    yield (end, end, "Say what customers notice: what fails, what is late, what still works.", None, "body")


_NEXT = re.compile(
    r"\bnext\s+(?:\w+\s+)?update\b|\bupdate\s+(?:again|you|this)\b[^.!?]*\b(?:by|at|in|within)\b|"
    r"\bwe\s+(?:will|shall)\s+(?:speak|write|report|update)\b",
    _I,
)
_NEXT_AT = re.compile(
    r"\bnext\s+(?:\w+\s+)?update\s+(?:will\s+(?:be|come|follow)\s+)?(?:is\s+due\s+)?(?:by|at|before|"
    r"around)\s+(?P<at>(?P<h>[01]?\d|2[0-3]):(?P<m>[0-5]\d)(?:\s*UTC)?)",
    _I,
)


def next_update(draft: Draft) -> Iterator[Hit]:
    """No word about when they hear from us again."""
    if not draft.is_update_due or not draft.goes_on or draft.next_update_at or _NEXT.search(draft.body):
        return
    end = len(draft.body)
    yield (end, end, "Promises no next update: set a time, and keep it.", None, "body")


def promise(draft: Draft) -> Iterator[Hit]:
    """The promised time lies behind us, or is another one in the words than on the page."""
    at, end = draft.next_update_at, len(draft.body)
    if at is None or not draft.goes_on:
        return
    if draft.now and at <= draft.now:
        yield (
            end,
            end,
            f"The next update is promised for {at.astimezone(UTC):%H:%M} UTC, which is over.",
            None,
            "body",
        )
    right = f"{at.astimezone(UTC):%H:%M}"
    for match in _NEXT_AT.finditer(draft.body):
        if f"{int(match['h']):02d}:{match['m']}" != right:
            message = f"The page will promise {right} UTC."
            yield (*match.span("at"), message, f"{right} UTC", "body")


_END = re.compile(
    r"\b(?:resolved|restored|recovered|fixed|normal|again|over|solved|works?|working|operational|complete[d]?)\b", _I
)
_LOSS = re.compile(
    r"\b(?:lost|loss|missing|data|charged|duplicate\w*|twice|refund\w*|nothing to do|no action|"
    r"need(?:s)? to do|retry|resent|redeliver\w*|delivered|caught up|processed|settled)\b",
    _I,
)


def recovery(draft: Draft) -> Iterator[Hit]:
    """A last word says that it works again, and at major incidents what became of data."""
    if draft.status != S.RESOLVED:
        return
    end = len(draft.body)
    if not _END.search(draft.body):
        yield (end, end, "The last word says that it works again.", None, "body")
    if draft.severity in {Severity.SEV1, Severity.SEV2} and not _LOSS.search(draft.body):
        yield (end, end, "Say whether anything was lost, or needs to be done again.", None, "body")


_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*(?:%|percent|per cent)")
#: As far as a rounded figure may lie from the one that we know, in points and as a share.
_NEAR_POINTS, _NEAR_SHARE = 1.0, 0.25


def numbers(draft: Draft) -> Iterator[Hit]:
    """A percentage that the incident does not know."""
    known = [float(value) for fact in draft.facts for value in _PERCENT.findall(fact)]
    if not known:
        return
    for match in _PERCENT.finditer(draft.body):
        value = float(match[1])
        if not any(abs(value - other) <= max(_NEAR_POINTS, other * _NEAR_SHARE) for other in known):
            says = ", ".join(dict.fromkeys(f"{other:g}%" for other in known[:3]))
            yield (*match.span(), f"The incident says {says}.", None, "body")


def nothing_new(draft: Draft) -> Iterator[Hit]:
    """The same as was said last."""
    old, new = (_plain(text) for text in (draft.last_said, draft.body))
    if draft.goes_on and old and new and (old == new or SequenceMatcher(None, old, new).ratio() > 0.95):
        message = "Says nothing that the last update did not: what has been done since?"
        yield (0, len(draft.body), message, None, "body")


def _plain(text: str) -> list[str]:
    """The words alone, without the promise, which changes each time."""
    kept = re.sub(r"\bnext\s+(?:\w+\s+)?update[^.!?\n]*[.!?]?", " ", text, flags=_I)
    return [word.lower() for word in _WORD.findall(kept)]


LONGEST_TITLE, LONGEST_PUBLIC, LONGEST_SENTENCE = 90, 900, 40


def length(draft: Draft) -> Iterator[Hit]:
    """Too long for a phone at night."""
    if len(draft.title) > LONGEST_TITLE:
        message = f"{len(draft.title)} characters: subjects and SMS show about {LONGEST_TITLE}."
        yield (LONGEST_TITLE, len(draft.title), message, None, "title")
    most = LONGEST_PUBLIC if draft.audience in {Audience.PUBLIC, Audience.EXECUTIVE} else 3 * LONGEST_PUBLIC
    if draft.status != S.POSTMORTEM and len(draft.body) > most:
        yield (most, len(draft.body), f"{len(draft.body):,} characters: few read more than {most:,}.", None, "body")


#: Above this school grade a text asks for more than a tired reader has.
HARDEST_GRADE = 11.0


def grade(text: str) -> float | None:
    """The Flesch–Kincaid grade of English prose (Kincaid et al. 1975); None below twelve words."""
    words = _WORD.findall(text)
    if len(words) < 12:
        return None
    sentences = max(1, len([one for one in _SENTENCE.findall(text) if _WORD.search(one)]))
    syllables = sum(_syllables(word) for word in words)
    return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59


def _syllables(word: str) -> int:
    plain = re.sub(r"(?:[^laeiouy]es|[^laeiouytd]ed|[^laeiouy]e)\Z", lambda found: found.group()[0], word.lower())
    return max(1, len(re.findall(r"[aeiouy]{1,2}", plain)))


def readable(draft: Draft) -> Iterator[Hit]:
    """Sentences that have to be read twice."""
    too_long = False
    for match in _SENTENCE.finditer(draft.body):
        count = len(_WORD.findall(match.group()))
        if count > LONGEST_SENTENCE:
            too_long = True
            start = match.start() + len(match.group()) - len(match.group().lstrip())
            yield (start, match.end(), f"{count} words in one sentence.", None, "body")
    value = grade(draft.body)
    if value is not None and value > HARDEST_GRADE and not too_long:
        yield (0, len(draft.body), f"Reads at grade {value:.0f}: shorter words, shorter sentences.", None, "body")


def twice(draft: Draft) -> Iterator[Hit]:
    """A word typed twice in a row."""
    for one, two in pairwise(_WORD.finditer(draft.body)):
        same = one.group().lower() == two.group().lower() and len(one.group()) > 1
        between = draft.body[one.end() : two.start()]
        if same and between.isspace() and one.group().lower() not in {"had", "that"}:
            yield (one.end(), two.end(), "Twice.", "", "body")


#: How far ahead a promise makes sense.
FARTHEST = timedelta(days=7)
