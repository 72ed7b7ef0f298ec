"""The pages of docs/ that are printed from the code: who may do what, the life of an incident, rules of style.

`make docs` writes them; a test fails when they no longer say what the code does.
"""

from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from incidents import rhythm
from incidents import severity as severities
from incidents.communication.consistency import RULES
from incidents.models import Audience, State
from incidents.moves import MOVES
from incidents.severity import SEEDS
from roles.catalog import Role
from roles.policy import GLOBAL_ACTIONS, POLICY, RESPONDER, always, in_words

FOLDER = settings.BASE_DIR / "docs"
NOTE = "<!-- Printed from the code by `make docs`: change it there. -->\n"


def pages() -> dict[Path, str]:
    """Every printed page: where it lies and what it says."""
    return {
        FOLDER / "permissions.md": permissions(),
        FOLDER / "lifecycle.md": lifecycle(),
        FOLDER / "style.md": style(),
    }


def permissions() -> str:
    """The policy table in words."""
    columns = [*Role, RESPONDER]
    heads = [*(role.label for role in Role), "Any responder"]
    lines = [
        "# Who may do what",
        "",
        NOTE,
        "The table of `roles/policy.py`. A tick is without further condition. A deputy may do what the primary may,",
        "but not hand the role over; a shadow sees all and may do nothing. Administrators may do everything.",
        "",
        _row(["", *heads]),
        _row(["---", *(":-:" for _ in columns)]),
    ]
    conditions: dict[str, str] = {}
    for action, row in POLICY.items():
        cells = [in_words(action).capitalize()]
        for column in columns:
            condition = row.get(column)
            if condition is None or condition is always:
                cells.append("✓" if condition else "")
            else:
                name = condition.__name__.replace("_", " ")
                conditions[name] = (condition.__doc__ or "").strip()
                cells.append(name)
        lines.append(_row(cells))
    lines += ["", "## Conditions", ""]
    lines += [f"- *{name}*: {meaning}" for name, meaning in sorted(conditions.items())]
    lines += [
        "",
        "## Rights on the whole installation",
        "",
        "Given to people in the admin, as ordinary permissions.",
        "",
    ]
    lines += [f"- `{action}`: {meaning}" for action, meaning in GLOBAL_ACTIONS.items()]
    return "\n".join(lines) + "\n"


def style() -> str:
    """The built-in rules that a text is held against before it goes out."""
    lines = [
        "# Rules of style",
        "",
        NOTE,
        "Each text is held against these rules while it is written, by API (`POST /api/v1/consistency/check/`), and",
        "once more before it is submitted and before it goes out. What *blocks* does not go out; what *advises* does.",
        "Under Settings, Rules of style, each can be turned off or made to block, and rules of one's own are added:",
        "forbidden words, our word for a thing, patterns.",
        "",
        _row(["Rule", "What holds", "Level", "For", "Languages"]),
        _row(["---"] * 5),
    ]
    for rule in RULES:
        audiences = [str(audience.label) for audience in Audience if audience in rule.audiences]
        told = "all" if len(audiences) == len(Audience) else ", ".join(audiences)
        lines.append(_row([f"`{rule.code}`", rule.says, rule.level, told, "English" if rule.english_only else "all"]))
    return "\n".join(lines) + "\n"


def lifecycle() -> str:
    """The states of an incident, the moves between them, and what each severity asks for."""
    lines = [
        "# The life of an incident",
        "",
        NOTE,
        "```mermaid",
        "stateDiagram-v2",
        "    [*] --> triage: an alert, or a report",
        "    [*] --> investigating: a person declares",
    ]
    for move in MOVES:
        lines += [f"    {source} --> {move.target}: {move.verb}" for source in State.values if source in move.sources]
    lines += ["```", "", _row(["Move", "From", "To", "Asks for a reason"]), _row(["---"] * 4)]
    for move in MOVES:
        sources = ", ".join(
            f"{State(state).label}{' (administrators)' if state in move.reserved else ''}"
            for state in State.values
            if state in move.sources
        )
        lines.append(_row([move.label, sources, State(move.target).label, "yes" if move.needs_reason else ""]))
    lines += ["", *WORDS, "", "## Severities", ""]
    lines += [
        "What a new installation starts with. Administrators change it in the admin (Severities) or by",
        "`PATCH /api/v1/severities/{severity}/`; every process knows it within five seconds, open incidents too.",
        "",
        _row(["", "Meaning", "Roles it needs", "Public update every", "Approval", "Review"]),
        _row(["---"] * 6),
    ]
    for severity, rule in SEEDS.items():
        needed = (
            "all seven"
            if set(rule.required) == set(Role)
            else ", ".join(str(Role(role).label) for role in rule.required)
        )
        given = rhythm.SEEDS[severity, Audience.PUBLIC].every
        every = severities.in_words(given) if given else ""
        approval = "by somebody else" if rule.needs_four_eyes else "yes" if rule.needs_approval else "none"
        lines.append(_row([severity, rule.meaning, needed, every, approval, rule.review]))
    lines += [
        "",
        "Changing the severity moves nobody from a seat. The worst one that it ever had decides on the review.",
    ]
    return "\n".join(lines) + "\n"


#: What the table of moves does not say by itself.
WORDS = (
    "Before each move, what is met and what is lacking is listed. Who gives a reason of at least ten characters may go",
    "on all the same; what was lacking and the reason stay on the timeline. Cancelling and merging wait until no page",
    "tells of the incident any more. An ended incident is reopened within 24 hours; later a new one is declared that",
    "names it (`recurrence_of`).",
    "",
    "**Merging** keeps both timelines. Alerts come along, every seat ends on record, and nobody is seated on the other",
    "incident in silence. The room of the merged one leads there; `?as=merged` shows it as it was.",
    "",
    "**Times** are corrected on the details page or by `PATCH /api/v1/incidents/{key}/times/`, with a reason and in",
    "order: detected, declared, acknowledged or identified, mitigated, resolved, closed. What stood there before stays",
    "on the timeline.",
    "",
    "**Kinds**: `drill` and `test` stay in the sandbox, in messages and on pages; `backfilled` is written down",
    "afterwards with the times of then, and calls nobody.",
    "",
    "**Private** incidents are seen by who holds or is offered a seat, by those invited, and by administrators; all",
    "others lose sight at once. An invited stakeholder sees that incident and no other.",
)


def _row(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"
