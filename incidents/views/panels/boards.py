"""The board links of an incident, with their addresses, for those who may share it."""

from incidents.communication import boards
from incidents.views.desk import Desk


def shown(desk: Desk) -> dict[str, object]:
    """One query for those who may share, none for others."""
    if "incidents.share_board" not in desk.may:
        return {"board_links": []}
    return {"board_links": [(one, boards.url_of(one)) for one in boards.of(desk.incident)]}
