"""What the public sees: pages, their components and history, what was said there, and who listens."""

from statuspage.models.component import Component, ComponentGroup, ComponentStatus, Interval
from statuspage.models.page import PageGrant, PageRole, StatusPage
from statuspage.models.public import Impact, PublicIncident, PublicUpdate
from statuspage.models.subscriber import Subscriber

__all__ = [
    "Component",
    "ComponentGroup",
    "ComponentStatus",
    "Impact",
    "Interval",
    "PageGrant",
    "PageRole",
    "PublicIncident",
    "PublicUpdate",
    "StatusPage",
    "Subscriber",
]
