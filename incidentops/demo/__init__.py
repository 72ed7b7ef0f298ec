"""The demo organisation: Halyard, a payments company on a bad night. Loaded on the first start unless DEMO=0.

`load` makes everything through the work functions, dated back from now. Nothing of it is sent: its
facts count as told, and its history is marked as demo.
"""

from django.db import transaction
from django.utils import timezone

from incidentops.demo import alerts, history, organisation, people, story, subscribers
from incidents import events, search
from incidents.models import IncidentRole, TimelineEntry
from incidents.response import candidates
from notifications.models import Message
from roles.policy import SYSTEM
from statuspage import page_roles


@transaction.atomic
def load(*, password: str) -> None:
    """Makes the whole organisation; every demo person gets the same password.

    Must run on an empty installation. Nothing is queued for anybody.
    """
    now = timezone.now()
    staff = people.hire(password)
    services = organisation.services()
    page = organisation.page(services)
    with events.told():
        history.write(page, now)
        page_roles.assign(page, staff["kenji"], by=SYSTEM)
        prometheus = alerts.connect(staff["amara"])
        story.tell(staff, services, page.slug, prometheus, now)
    alerts.ring(prometheus, services, now)
    subscribers.subscribe(page, now)
    TimelineEntry.objects.filter(told_at=None).update(told_at=now)
    # What is published for those inside is written to them at once, not by a listener: in a story nobody is.
    Message.objects.all().delete()
    # Nor is anybody of the story asked to hand over at once, because it happens to be night where they are.
    for seat in IncidentRole.objects.held().select_related("user"):
        if candidates.is_night(now.astimezone(seat.user.zone)):
            IncidentRole.objects.filter(pk=seat.pk).update(told_at=now)
    search.index_missing()
