"""Who was told of an incident while it went on: those who hear its summary, and nobody else."""

from django.db.models import Exists, OuterRef

from incidents.models import Audience, Update, UpdateState
from notifications.models import Message, State
from statuspage.models import PublicIncident, Subscriber
from statuspage.models.subscriber import SubscriberQuerySet

#: States of a message that, as far as we know, was read or could have been.
REACHED = (State.SENT, State.DELIVERED, State.SENDING)


def listeners(told: PublicIncident) -> SubscriberQuerySet:
    """The page's subscribers, not left since, who got at least one notice of this incident from this page."""
    if told.incident_id is None:
        return Subscriber.objects.none()
    said = Update.objects.filter(
        incident=told.incident_id, page=told.page.slug, audience=Audience.PUBLIC, state=UpdateState.PUBLISHED
    )
    topics = [f"update:{pk}" for pk in said.values_list("pk", flat=True)]
    notices = Message.objects.filter(
        content__topic__in=topics,
        content__list_name=told.page.list_name,
        channel=OuterRef("channel"),
        address=OuterRef("address"),
        state__in=REACHED,
    )
    found: SubscriberQuerySet = told.page.subscribers.confirmed().filter(Exists(notices))
    return found
