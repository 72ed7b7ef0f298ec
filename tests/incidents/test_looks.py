"""Who is in the room, and how far each has read."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from incidents import looks, timeline
from incidents.models import Incident, Look
from incidents.models.look import PRESENT_FOR
from roles.models import User


def back_date(user: User, by: timedelta) -> None:
    Look.objects.filter(user=user).update(looked_at=timezone.now() - by)


def test_what_was_read_stays_read(incident: Incident, scribe: User, bystander: User) -> None:
    assert looks.last_seen(incident, bystander) is None
    timeline.add_entry(incident, by=scribe, body="One.")
    for number, seen in ((2, 2), (1, 2), (3, 3), (99, 3), (-5, 3)):
        looks.look(incident, by=bystander, number=number)
        assert looks.last_seen(incident, bystander) == seen
    assert Look.objects.count() == 1


def test_those_who_looked_within_the_minute_are_here(incident: Incident, scribe: User, bystander: User) -> None:
    looks.look(incident, by=scribe)
    looks.look(incident, by=bystander)
    assert looks.present(incident) == [bystander, scribe]
    assert looks.present(incident, but=bystander) == [scribe]
    back_date(scribe, PRESENT_FOR + timedelta(seconds=1))
    assert looks.present(incident) == [bystander]
    looks.look(incident, by=scribe)
    assert looks.present(incident) == [scribe, bystander]


def test_who_says_so_all_the_time_is_not_written_down_all_the_time(incident: Incident, bystander: User) -> None:
    looks.look(incident, by=bystander, number=1)
    back_date(bystander, timedelta(seconds=2))
    before = Look.objects.get()
    looks.look(incident, by=bystander, number=1)
    assert Look.objects.get().looked_at == before.looked_at


def test_who_may_not_see_the_room_is_not_in_it(incident: Incident, outsider: User) -> None:
    with pytest.raises(PermissionDenied):
        looks.look(incident, by=outsider)
    assert Look.objects.count() == 0
