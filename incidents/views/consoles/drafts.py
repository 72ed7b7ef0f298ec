"""Pending updates as the consoles show them: the text, whom it reaches, and the steps open to the reader."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from incidents import readings
from incidents.communication import audiences, updates
from incidents.communication.audiences import Place, places_of
from incidents.models import Audience, Update, UpdateState
from incidents.severity import rule
from incidents.views.desk import Desk
from incidents.views.duties import Fact

SOON = 0.2
_CHANNELS = {"email": "e-mail", "sms": "SMS", "webhook": "webhooks"}


@dataclass(frozen=True)
class Draft:
    """One pending update before one reader."""

    update: Update
    steps: frozenset[str]
    reach: str
    must_be_other: bool
    page: str = ""
    components: tuple[tuple[str, str], ...] = ()  # by name, as the page calls them, with the status it will show

    @property
    def waiting(self) -> timedelta:
        """How long it has been in its present state, nearly."""
        return timezone.now() - (self.update.approved_at or self.update.submitted_at or self.update.updated_at)

    @property
    def waits_for_reader(self) -> bool:
        """Whether the reader is the one who takes it further now."""
        return bool({"approve", "publish"} & self.steps)

    @property
    def tone(self) -> str:
        return {UpdateState.SUBMITTED: "caution", UpdateState.APPROVED: "ok"}.get(
            UpdateState(self.update.state), "mute"
        )

    @property
    def publishes_at_once(self) -> bool:
        """Whether approving could be joined with publishing by the same hand."""
        return "approve" in self.steps and self.may_publish_next

    @property
    def may_publish_next(self) -> bool:
        return "publish_next" in self.steps


def of(desk: Desk) -> list[Draft]:
    """The pending updates of the incident, oldest first."""
    rows = readings.of(desk.incident).pending_updates
    places = places_of(desk.incident, Audience.PUBLIC) if any(update.page for update in rows) else []
    return [_before(desk, update, {place.slug: place for place in places}) for update in rows]


def before(desk: Desk, update: Update) -> Draft:
    """One update as the reader has it before them."""
    places = places_of(desk.incident, Audience.PUBLIC) if update.page else []
    return _before(desk, update, {place.slug: place for place in places})


def _before(desk: Desk, update: Update, places: dict[str, Place]) -> Draft:
    steps = set(updates.steps_for(update, desk.user, desk.may))
    if "incidents.publish_update" in desk.may:
        steps.add("publish_next")
    four_eyes = rule(desk.incident.severity).needs_four_eyes and update.was_written_by(desk.user)
    must_be_other = four_eyes and "incidents.approve_update" in desk.may and update.state == UpdateState.SUBMITTED
    place = places.get(update.page)
    names = {component.slug: component.name for component in place.components} if place else {}
    return Draft(
        update,
        frozenset(steps),
        reach_of(update),
        must_be_other,
        page=place.name if place else update.page,
        components=tuple((names.get(slug, slug), status) for slug, status in update.components.items()),
    )


def reach_of(update: Update) -> str:
    """Where it goes and to how many: 'Page, 4,812 e-mail, 1,206 SMS'."""
    counts = audiences.count(update).by_channel
    told = [f"{number:,} {_CHANNELS.get(channel, channel)}" for channel, number in counts.items() if number]
    if update.page:
        told.insert(0, "Page")
    if not update.notify and update.page:
        return "Page only, nobody is notified"
    return ", ".join(told) or "Reaches nobody yet"


def promise(promised_at: datetime | None, every: timedelta | None) -> Fact:
    """What is known of the next promised update, in a few words."""
    if promised_at is None:
        return Fact("", "nothing promised")
    left = promised_at - timezone.now()
    minutes = max(int(abs(left.total_seconds()) // 60), 0)
    if left < timedelta():
        return Fact("bad", f"update {minutes} min late")
    return Fact("caution" if left < SOON * (every or timedelta(minutes=30)) else "ok", f"update in {minutes} min")
