"""The panel of past incidents like this one."""

from incidents.response import similar
from incidents.views.desk import Desk


def shown(desk: Desk) -> dict[str, object]:
    """What the reader may know of, with what ended it."""
    return {
        "similar": similar.to(desk.incident, desk.user),
        "may_link": "incidents.classify" in desk.may,
    }
