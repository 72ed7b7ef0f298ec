"""What is looked at before a move: what an incident itself has to show for it, and who else is asked."""

import pytest
from pytest_django import Settings

from incidents import checks, lifecycle
from incidents.checks import Check
from incidents.models import Action, Hypothesis, Incident, State, VerificationCheck
from roles.policy import SYSTEM
from tests import make


@pytest.fixture(autouse=True)
def own_checks(settings: Settings) -> None:
    settings.INCIDENT_CHECKS = ["incidents.checks.unmet"]


def said(incident: Incident, verb: str) -> list[str]:
    return [check.sentence for check in checks.everything(incident, verb) if check.is_met]


def test_before_monitoring_the_cause_and_the_last_fix_are_shown(incident: Incident) -> None:
    assert said(incident, "monitor") == []
    lifecycle.move(incident, "identify", by=SYSTEM)
    assert said(incident, "monitor") == [f"Faulty part known since {incident.identified_at:%H:%M} UTC"]
    Hypothesis.objects.create(incident=incident, title="The pool's limit was cut", state="confirmed")
    Action.objects.create(incident=incident, title="Restore the limit on 1a", state="done")
    Action.objects.create(incident=incident, title="Restore the limit on 1b", state="running")
    assert said(incident, "monitor") == ["Cause confirmed: The pool's limit was cut", "Done: Restore the limit on 1a"]


def test_before_the_end_what_is_verified_is_shown(db: None) -> None:
    incident = make.make_incident(state=State.MONITORING)
    VerificationCheck.objects.create(incident=incident, kind="signed", title="Cards are taken", state="passed")
    VerificationCheck.objects.create(incident=incident, kind="signed", title="Payouts leave", state="pending")
    assert said(incident, "resolve") == [
        f"Watched in Monitoring since {incident.mitigated_at:%H:%M} UTC",
        "Verified: Cards are taken",
    ]


def test_what_is_lacking_stands_first(settings: Settings, db: None) -> None:
    settings.INCIDENT_CHECKS = ["incidents.checks.unmet", "incidents.response.coverage.unmet"]
    found = checks.everything(make.make_incident(state=State.MONITORING), "resolve")
    assert [check.is_met for check in found] == [False, True]
    assert found[0].sentence.startswith("Nobody is Incident Commander")


def test_closing_says_whether_a_review_is_asked_for(db: None) -> None:
    assert checks.everything(make.make_incident(severity="SEV4", state=State.RESOLVED), "close") == [
        Check("No review is asked for at SEV4", is_met=True)
    ]
    assert checks.everything(make.make_incident(severity="SEV2", state=State.RESOLVED), "close") == [
        Check("Not reviewed, and SEV2 asks for a review.", is_met=False)
    ]
