"""Who looks at a room, and how far each has read: presence, and the line of what is new."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from incidents import readings
from incidents.models import Incident, Look
from incidents.models.look import PRESENT_FOR
from roles.models import User
from roles.policy import authorize

#: Who says so more often is not written down more often.
EVERY = timedelta(seconds=5)


@transaction.atomic
def look(incident: Incident, *, by: User, number: int = 0) -> None:
    """`by` is in the room and has had the rows up to `number` before them; safe to repeat.

    What was read stays read: a lower number changes nothing, and none goes beyond the last row.
    """
    authorize(by, "incidents.view_incident", incident)
    last = incident.entries.order_by("-number").values_list("number", flat=True).first() or 0
    number, now = min(max(number, 0), last), timezone.now()
    mine = Look.objects.filter(incident=incident, user=by)
    present = mine.first()
    if present is None:
        Look.objects.bulk_create([Look(incident=incident, user=by, number=number)], ignore_conflicts=True)
    elif number > present.number or now - present.looked_at >= EVERY:
        mine.update(number=Greatest(F("number"), number), looked_at=now)


def last_seen(incident: Incident, user: User) -> int | None:
    """The newest row that `user` has had before them; None if they were never here."""
    return Look.objects.filter(incident=incident, user=user).values_list("number", flat=True).first()


def here_and_seen(incident: Incident, user: User) -> tuple[list[User], int | None]:
    """Who else is in the room now, and the newest row that `user` has had before them: as `present` and `last_seen`
    say it, in one query, and one more where somebody is here whom the page does not know yet."""
    since = timezone.now() - PRESENT_FOR
    looked = list(incident.looks.filter(Q(user=user) | Q(looked_at__gte=since)).order_by())
    mine = next((one.number for one in looked if one.user_id == user.pk), None)
    others = [one for one in looked if one.user_id != user.pk]
    others.sort(key=lambda one: (-one.looked_at.timestamp(), one.pk))
    return [one.user for one in readings.of(incident).join(others, "user")], mine


def present(incident: Incident, *, but: User | None = None) -> list[User]:
    """Who is in the room now, those who came last first."""
    found = Look.objects.present().filter(incident=incident).exclude(user=but)
    return [one.user for one in found.select_related("user").order_by("-looked_at", "pk")]
