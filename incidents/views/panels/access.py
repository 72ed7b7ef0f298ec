"""The panel `access`: whether the incident is private, who sees it, and whom to invite."""

from incidents import access
from incidents.views.desk import Desk


def shown(desk: Desk) -> dict[str, object]:
    """Who sees it by a seat or an invitation, for who manages that."""
    if access.MANAGE not in desk.may:
        return {"access_people": []}
    return {"access_people": access.who_sees(desk.incident)}
