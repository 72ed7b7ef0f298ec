"""The pages of docs/ that are printed from the code: who may do what, and the life of an incident.

`make docs` writes them; a test fails when they no longer say what the code does.
"""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from incidents.lifecycle import LABELS, MOVES
from incidents.models import State
from incidents.severity import RULES
from roles.catalog import Role
from roles.policy import GLOBAL_ACTIONS, POLICY, RESPONDER, always, in_words

FOLDER = settings.BASE_DIR / "docs"
NOTE = "<!-- Printed from the code by `make docs`: change it there. -->\n"


def pages() -> dict[Path, str]:
    """Every printed page: where it lies and what it says."""
    return {FOLDER / "permissions.md": permissions(), FOLDER / "lifecycle.md": lifecycle()}


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


def lifecycle() -> str:
    """The states of an incident, the moves between them, and what each severity asks for."""
    lines = ["# The life of an incident", "", NOTE, "```mermaid", "stateDiagram-v2", "    [*] --> triage: an alert", ""]
    lines[-1] = "    [*] --> investigating: a person declares"
    for move in MOVES:
        lines += [f"    {source} --> {move.target}: {move.verb}" for source in State.values if source in move.sources]
    lines += ["```", "", _row(["Move", "From", "To", "Asks for a reason"]), _row(["---"] * 4)]
    for move in MOVES:
        sources = ", ".join(State(state).label for state in State.values if state in move.sources)
        lines.append(_row([LABELS[move.verb], sources, State(move.target).label, "yes" if move.needs_reason else ""]))
    lines += [
        "",
        "Whatever a move still lacks is shown; who gives a reason may go on all the same, and the reason is recorded.",
        "",
        "## Severities",
        "",
        _row(["", "Meaning", "Roles it needs", "Public update every", "Approval"]),
        _row(["---"] * 5),
    ]
    for severity, rule in RULES.items():
        needed = (
            "all seven"
            if set(rule.required) == set(Role)
            else ", ".join(str(Role(role).label) for role in rule.required)
        )
        every = f"{rule.update_every.total_seconds() / 60:.0f} min" if rule.update_every else ""
        approval = "by somebody else" if rule.needs_four_eyes else "yes" if rule.needs_approval else "none"
        lines.append(_row([severity, rule.meaning, needed, every, approval]))
    return "\n".join(lines) + "\n"


def _duration(span: timedelta) -> str:
    return "day" if span == timedelta(days=1) else f"{span.total_seconds() / 60:.0f} min"


def _row(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"
