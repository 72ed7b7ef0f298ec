"""The roads that messages take. A new one is a file here, a line in CHANNELS and a name in `ChannelName`."""

from collections.abc import Callable

from notifications.channels.base import Channel
from notifications.channels.chat import ChatRooms
from notifications.channels.email import email_channel
from notifications.channels.file import File
from notifications.channels.sms import sms_channel
from notifications.channels.webhook import Webhook

#: Name → what makes the channel as the settings want it; without a provider that is the file channel.
CHANNELS: dict[str, Callable[[], Channel]] = {
    "email": email_channel,
    "sms": sms_channel,
    "webhook": Webhook,
    "chat": ChatRooms,
}


def make(name: str, *, is_sandbox: bool = False) -> Channel:
    """The channel of that name; a sandbox goes to files, whatever is configured. Raises KeyError."""
    return File(name) if is_sandbox else CHANNELS[name]()
