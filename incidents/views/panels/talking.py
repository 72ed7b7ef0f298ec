"""The panel "Say this now": what support says, who has read it, and what waits for approval."""

from dataclasses import dataclass

from incidents.communication import talking
from incidents.forms.talking import PointsForm
from incidents.models import TalkingPoints
from incidents.severity import rule
from incidents.views.desk import Desk
from incidents.views.duties import Fact


@dataclass(frozen=True)
class Card:
    """What support says now, before one reader."""

    points: TalkingPoints | None
    waiting: TalkingPoints | None
    reading: talking.Reading | None
    may_write: bool
    may_approve: bool
    must_be_other: bool

    @property
    def number(self) -> int | None:
        """The newest version, which a new one follows."""
        newest = self.waiting or self.points
        return newest.number if newest else None


def shown(desk: Desk) -> dict[str, object]:
    """Three queries where something is said, and two more for who has read it."""
    card = card_of(desk)
    start = card.waiting or card.points
    initial = {name: getattr(start, name) for name in talking.INNER} if start else {}
    return {"say": card, "points_form": PointsForm(initial={**initial, "seen_number": card.number})}


def card_of(desk: Desk) -> Card:
    """What support says now."""
    points, waiting = talking.current(desk.incident), talking.waiting(desk.incident)
    own = waiting is not None and waiting.author_id == desk.user.pk
    may_approve = "incidents.approve_points" in desk.may
    must_be_other = may_approve and own and rule(desk.incident.severity).needs_four_eyes
    return Card(
        points,
        waiting,
        talking.reading(points) if points else None,
        may_write="incidents.brief_support" in desk.may,
        may_approve=may_approve and not must_be_other,
        must_be_other=must_be_other,
    )


def fact(card: Card) -> Fact:
    """The duty "Brief frontline" in a few words."""
    if card.waiting is not None:
        return Fact("caution", f"v{card.waiting.number} waits for approval", "#say")
    if card.points is None or card.reading is None:
        return Fact("", "nothing to say yet", "#say")
    if unread := len(card.reading.unread):
        return Fact("caution", f"v{card.points.number} not read by {unread}", "#say")
    return Fact("ok", f"v{card.points.number} read by all" if card.reading.total else f"v{card.points.number}", "#say")
