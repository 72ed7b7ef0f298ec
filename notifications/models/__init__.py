"""What is said, to whom, on which road, and what became of it."""

from notifications.models.carriers import Breaker, Bucket, Callback
from notifications.models.chats import ChatHook, ChatKind
from notifications.models.contacts import ContactMethod, Preference, Suppression
from notifications.models.messages import Attempt, ChannelName, Content, Lane, Message, State

__all__ = [
    "Attempt",
    "Breaker",
    "Bucket",
    "Callback",
    "ChannelName",
    "ChatHook",
    "ChatKind",
    "ContactMethod",
    "Content",
    "Lane",
    "Message",
    "Preference",
    "State",
    "Suppression",
]
