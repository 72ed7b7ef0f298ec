"""Who is proposed for a role, and in which order."""

from datetime import UTC, datetime, timedelta

import time_machine

from incidents.models import Incident
from incidents.response import candidates
from roles.catalog import Role
from roles.models import Qualification
from tests import make

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@time_machine.travel(NOON, tick=False)
def test_candidates_are_the_qualified_the_awake_and_the_free_in_that_order(incident: Incident) -> None:
    Qualification.objects.all().delete()
    busy = make.make_user("busy", qualified=[Role.TECH_LEAD])
    make.seat(make.make_incident(title="Another one"), Role.SCRIBE, busy)
    asleep = make.make_user("asleep", qualified=[Role.TECH_LEAD], time_zone="Pacific/Auckland")
    free = make.make_user("free", qualified=[Role.TECH_LEAD])
    untrained = make.make_user("untrained")
    expired = make.make_user("xpired")
    Qualification.objects.create(user=expired, role=Role.TECH_LEAD, expires_on=NOON.date() - timedelta(days=1))
    make.seat(incident, Role.TECH_LEAD, make.make_user("holder", qualified=[Role.TECH_LEAD]))
    make.make_user("gone", is_active=False, qualified=[Role.TECH_LEAD])
    found = candidates.for_role(incident, Role.TECH_LEAD)
    assert [one.user for one in found] == [free, busy, asleep, untrained, expired]
    assert [one.is_qualified for one in found] == [True, True, True, False, False]
    assert [one.load for one in found] == [0, 1, 0, 0, 0]
