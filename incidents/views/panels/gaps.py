"""What the record lacks, each with the button that closes it: a line for the scribe to finish, or the place to go."""

from urllib.parse import urlencode

from incidents.response import gaps
from incidents.response.gaps import Gap
from incidents.views.desk import Desk


def shown(desk: Desk) -> dict[str, object]:
    """The gaps, and for each the address that its button leads to without script."""
    found = gaps.of(desk.incident, desk.user)
    return {"gaps": [(gap, _address(desk, gap)) for gap in found]}


def _address(desk: Desk, gap: Gap) -> str:
    if gap.line and "incidents.add_entry" in desk.may:
        return f"?{urlencode({'seat': desk.seat, 'line': gap.line})}#record"
    return f"#{gap.anchor}" if gap.anchor else ""
