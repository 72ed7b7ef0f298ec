"""Where people are asked for, their own clock is shown, not ours."""

from datetime import UTC, datetime

import time_machine

from incidents.models import Incident
from roles.catalog import Role
from roles.models import User
from tests import make


def test_a_candidate_is_shown_with_their_own_hour(incident: Incident, commander: User) -> None:
    make.make_user("noor", qualified=[Role.SUPPORT_LIAISON], time_zone="Asia/Manila")
    with time_machine.travel(datetime(2026, 3, 2, 6, 58, tzinfo=UTC), tick=False):
        page = make.client_of(commander).get(f"/incidents/{incident.key}/?seat=support_liaison").content.decode()
    assert "14:58 local" in page


def test_whoever_would_be_woken_is_shown_as_such(incident: Incident, commander: User) -> None:
    make.make_user("olu", time_zone="Africa/Lagos")
    with time_machine.travel(datetime(2026, 3, 2, 2, 58, tzinfo=UTC), tick=False):
        page = make.client_of(commander).get("/responders/").content.decode()
    assert "03:58, night" in page
