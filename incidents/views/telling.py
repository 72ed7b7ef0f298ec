"""How each kind of timeline row reads: its sentence, the tag beside it, its icon, and how loud it is.

What the work functions say in words of their own stands in the row's body; only rows of the first hour, which carry
facts and no sentence, are told here.
"""

from dataclasses import dataclass

from incidents.models import Kind, State, TimelineEntry
from incidents.models.entry import WRITTEN
from notifications.prose import to_text
from roles.catalog import SIGNS

#: Steps that are one grey line, though they stand under another filter than the system's.
QUIET = frozenset(
    {
        Kind.UPDATE_DRAFTED,
        Kind.UPDATE_SUBMITTED,
        Kind.UPDATE_APPROVED,
        Kind.UPDATE_DISCARDED,
        Kind.TASK_ADDED,
        Kind.TASK_CHANGED,
        Kind.DECISION_CLOSED,
    }
)
#: Steps of a kind that is loud otherwise: what is being prepared, before anything came of it.
_QUIET_STEPS = frozenset({(Kind.VERIFICATION, "Verification"), (Kind.ACTION_CHANGED, "Approved")})
_ICONS_OF_GROUPS = {"decision": "decide", "action": "task", "finding": "sme", "comms": "cl"}
ICONS = {
    Kind.SEVERITY_CHANGED: "pulse",
    Kind.MERGED_IN: "link",
    Kind.REGRESSION: "warn",
    Kind.DECISION_OBJECTED: "stop",
    Kind.ACTION_CHANGED: "wrench",
    Kind.TASK_OVERDUE: "clock",
    Kind.NOTE: "sc",
    Kind.NOW: "pin",
    Kind.QUOTE: "chat",
    Kind.ATTACHED: "clip",
    Kind.HYPOTHESIS: "bolt",
    Kind.ADVICE_ASKED: "help",
    Kind.ADVICE_ANSWERED: "cap",
    Kind.CAN_REPORTED: "doc",
    Kind.VERIFICATION: "target",
}
#: Words that stand beside a row where its work function says nothing else.
_TAGS = {
    Kind.DECISION: "Decision",
    Kind.DECISION_PROPOSED: "Proposal",
    Kind.DECISION_OBJECTED: "Objection",
    Kind.NOW: "Where we are",
    Kind.QUOTE: "Quote",
    Kind.ATTACHED: "Evidence",
    Kind.HYPOTHESIS: "Hypothesis",
    Kind.ADVICE_ASKED: "Question",
    Kind.ADVICE_ANSWERED: "Advice",
    Kind.CAN_REPORTED: "CAN report",
    Kind.VERIFICATION: "Verification",
    Kind.REGRESSION: "Regression",
    Kind.TASK_OVERDUE: "Overdue",
}
#: A tag by its first word → the colour it takes; the word says it as well.
_TONES = {
    "ok": ("confirmed", "certain", "high", "passed", "done", "signed"),
    "caution": ("waiting", "proposed", "urgent", "needs", "guess", "failing"),
    "bad": ("failed", "declined", "objection", "overdue", "regression"),
    "you": ("running", "testing"),
}
_TONE_OF = {word: tone for tone, words in _TONES.items() for word in words}
_UPDATE_WORDS = {
    Kind.UPDATE_DRAFTED: "drafted",
    Kind.UPDATE_SUBMITTED: "submitted for approval",
    Kind.UPDATE_APPROVED: "approved",
    Kind.UPDATE_DISCARDED: "discarded",
}
#: Rows about one text, told by its audience and title; others among the comms say what they say in their body.
_UPDATES = frozenset({*_UPDATE_WORDS, Kind.UPDATE_SENT_BACK, Kind.UPDATE_PUBLISHED})
#: Step of a question to the team → its tag.
_QUESTION_TAGS = {
    "asked": "Question to the team",
    "owned": "Question to the team",
    "answered": "Answer",
    "declined": "Not answered now",
}


@dataclass(frozen=True)
class Told:
    """A row in words: a plain sentence, or a text that may be formatted, and what stands beside them."""

    look: str
    icon: str = ""
    state: str = ""
    sentence: str = ""
    body: str = ""
    tag: str = ""
    tone: str = ""


def told(entry: TimelineEntry) -> Told:
    """How the row reads."""
    kind = Kind(entry.kind)
    is_quiet = kind in QUIET or (kind, entry.data.get("tag")) in _QUIET_STEPS
    look = "system" if is_quiet else entry.group
    sentence, body, tag = _words(entry)
    if look == "system":
        # One grey line: it is said once, with its doer behind it, as people say it.
        return Told(look, sentence=_with_doer(entry, sentence or " ".join(to_text(body).split())))
    icon = ICONS.get(kind, _ICONS_OF_GROUPS.get(entry.group, ""))
    state = str(entry.data.get("new" if kind == Kind.MOVED else "state", "")) if entry.group == "status" else ""
    tag = tag or str(entry.data.get("tag") or _TAGS.get(kind, ""))
    tone = _TONE_OF.get(tag.lower().split(" ")[0], "") if tag else ""
    return Told(look, icon, state if state in State.values else "", sentence, body, tag, tone)


def _words(entry: TimelineEntry) -> tuple[str, str, str]:
    """Sentence, formatted text and tag."""
    data = entry.data
    reason = f" {entry.body}" if entry.body else ""
    match entry.kind:
        case Kind.OPENED:
            how = "Signal seen, in triage" if data.get("state") == State.TRIAGE else "Incident declared"
            return f"{how} as {data.get('severity', '')}: {entry.body}", "", ""
        case Kind.MOVED if data.get("old") in State.values and data.get("new") in State.values:
            old, new = State(data["old"]).label, State(data["new"]).label
            where = f" Goes on in {data['into']}." if data.get("into") else ""
            lacking = "\n".join(["Went on without:\n", *(f"- {one}" for one in data.get("unmet") or ())])
            return f"Moved from {old} to {new}.{where}{reason}", lacking if data.get("unmet") else "", ""
        case Kind.SEVERITY_CHANGED if "old" in data:
            follows = f" {data['consequence']}" if data.get("consequence") else ""
            return f"Severity changed from {data['old']} to {data['new']}.{reason}{follows}", "", ""
        case Kind.EDITED if not entry.body:
            return f"Changed the {' and '.join(data.get('before', {})) or 'incident'}", "", ""
        case Kind.ALERT_LINKED:
            word = "Alert resolved" if data.get("status") == "resolved" else "Alert"
            return f"{word}: {entry.body or data.get('title', '')}", "", ""
        case Kind.SEAT_OFFERED | Kind.SEAT_HELD | Kind.SEAT_RELEASED | Kind.SEAT_HANDED_OVER:
            return _seat(entry), "", ""
        case Kind.ATTACHED:
            return "" if entry.body else "Kept as evidence", entry.body, ""
        case _ if entry.kind in _UPDATES:
            return _update(entry)
        case Kind.QUESTION_ASKED | Kind.QUESTION_ANSWERED if data.get("step") in _QUESTION_TAGS:
            return _question(entry)
        case kind if entry.group == "comms":
            return "", entry.body, str(Kind(kind).label)
        case kind if kind in WRITTEN or entry.group not in {"system", "status"}:
            return "", entry.body or str(Kind(kind).label), ""
        case kind:
            return entry.body or str(Kind(kind).label), "", ""


def _with_doer(entry: TimelineEntry, sentence: str) -> str:
    """The sentence, and in brackets who did it, unless it names them."""
    name = str(entry.actor) if entry.actor else ""
    return f"{sentence.rstrip('.')} ({name})" if name and name not in sentence else sentence


def _update(entry: TimelineEntry) -> tuple[str, str, str]:
    data = entry.data
    audience = str(data.get("audience", ""))
    name = "Public update" if audience == "public" else f"{audience.capitalize()} update"
    title = str(data.get("title", ""))
    if entry.kind in QUIET:
        quoted = f" “{title}”" if title else ""
        return f"{name}{quoted} {_UPDATE_WORDS[Kind(entry.kind)]} by {entry.actor or 'IncidentOps'}", "", ""
    return title, entry.body, name if entry.kind == Kind.UPDATE_PUBLISHED else f"{name} sent back"


def _question(entry: TimelineEntry) -> tuple[str, str, str]:
    """A question to the team: who asked where it was no account of ours, who looks into it, what was answered."""
    data = entry.data
    tag, question = _QUESTION_TAGS[data["step"]], str(data.get("question", ""))
    match data["step"]:
        case "asked":
            return str(data.get("asked_name", "")), entry.body, tag
        case "owned":
            return f"{data.get('owner', '')} looks into: {question}", "", tag
        case _:
            return question, entry.body, tag


def _seat(entry: TimelineEntry) -> str:
    data = entry.data
    name, role = data.get("name", ""), SIGNS[data["role"]].short if data.get("role") in SIGNS else ""
    holding = "" if data.get("holding") == "primary" else f" as {data.get('holding')}"
    why = f": {entry.body}" if entry.body else ""
    reason = f": {data['reason']}" if data.get("reason") else ""
    match entry.kind:
        case Kind.SEAT_OFFERED if data.get("is_reminder"):
            return entry.body
        case Kind.SEAT_OFFERED if data.get("giver_name"):
            return f"{data['giver_name']} asks {name} to take over {role}{holding}"
        case Kind.SEAT_OFFERED:
            return f"{role}{holding} offered to {name}{reason}"
        case Kind.SEAT_HELD:
            return f"{name} {'took' if data.get('how') == 'taken' else 'is'} {role}{holding}{reason}"
        case Kind.SEAT_RELEASED if data.get("is_declined"):
            return f"{name} declined {role}{holding}{why}"
        case Kind.SEAT_RELEASED if data.get("was_offer"):
            return f"Offer of {role} to {name} taken back{why}"
        case Kind.SEAT_RELEASED:
            return f"{name} gave up {role}{holding}{why}"
        case _:
            return f"{role} handed over from {data.get('from_name', '')} to {name}"
