"""Proof of informing: who was told of an update, how fast, who was not, and telling those once more."""

from dataclasses import dataclass

from django.db import transaction

from incidents import events
from incidents.conflicts import Conflict
from incidents.models import Audience, Kind, Update, UpdateState
from notifications import addresses, proofs
from notifications.models import ChannelName, Message, State
from notifications.proofs import Told
from roles.policy import Actor, System, authorize

#: Chats read along: no audience of their own, and named so.
CHAT = "chat"
WHY = {
    State.FAILED: "given up after several tries",
    State.BOUNCED: "the address returned it",
    State.UNKNOWN: "handed over without an answer",
    State.SUPPRESSED: "the address does not want it, or takes none",
    State.CANCELLED: "withdrawn, or too old before it went out",
}


@dataclass(frozen=True)
class Line:
    """One audience on one channel, with what became of its messages."""

    audience: str
    told: Told

    @property
    def audience_name(self) -> str:
        return "Chats" if self.audience == CHAT else str(Audience(self.audience).label)

    @property
    def channel_name(self) -> str:
        return str(ChannelName(self.told.channel).label)

    @property
    def share(self) -> int:
        """How many of a hundred were taken by a provider."""
        return round(100 * self.told.sent / self.told.total) if self.told.total else 0


@dataclass(frozen=True)
class Missed:
    """One message that did not get through. The address is hinted at, not shown."""

    hint: str
    channel: str
    why: str
    detail: str
    can_be_resent: bool


def topic_of(update: Update) -> str:
    """What all messages of an update are about."""
    return f"update:{update.pk}"


def proof(update: Update) -> list[Line]:
    """What became of an update, per audience and channel; the public first."""
    lines = [Line(_audience(update, told), told) for told in proofs.of(topic_of(update))]
    order = [*Audience.values, CHAT]
    return sorted(lines, key=lambda line: (order.index(line.audience), line.told.channel))


def missed(update: Update, *, most: int = 200) -> list[Missed]:
    """Who has not been told, at most so many."""
    return [_missed(message) for message in proofs.not_told(topic_of(update))[:most]]


@transaction.atomic
def resend(update: Update, *, by: Actor) -> int:
    """Tells those once more who missed it, and nobody else; answers how many. Raises PermissionDenied or Conflict."""
    authorize(by, "incidents.resend_update", update.incident)
    if update.state != UpdateState.PUBLISHED:
        raise Conflict("This update is not out: nobody missed it.")
    person = None if isinstance(by, System) else by.pk
    count = proofs.resend(topic_of(update), by=person)
    if not count:
        raise Conflict("There is nobody to send it to again: all were told, or their addresses take nothing.")
    events.record(update.incident, Kind.UPDATE_RESENT, by=by, update=update.pk, title=update.title, count=count)
    return count


# --- inside -----------------------------------------------------------------------------------


def _audience(update: Update, told: Told) -> str:
    """Texts for those inside carry their audience in their key; chats and the public are known by their road."""
    if told.channel == ChannelName.CHAT:
        return CHAT
    name = told.key.rpartition(":")[2]
    return name if told.key.startswith(f"update:{update.pk}:") and name in Audience.values else str(Audience.PUBLIC)


def _missed(message: Message) -> Missed:
    state = State(message.state)
    return Missed(
        hint="A chat room"
        if message.channel == ChannelName.CHAT
        else addresses.masked(message.channel, message.address),
        channel=str(ChannelName(message.channel).label),
        why=WHY[state],
        detail=message.detail,
        can_be_resent=state in proofs.DEAD,
    )
