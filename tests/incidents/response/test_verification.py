"""What has to be seen before it is said to be over, and what happens when it comes back."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from incidents import lifecycle
from incidents.conflicts import Conflict
from incidents.detection import alerts, sources
from incidents.models import Alert, Incident, IncidentKind, Kind, VerificationCheck
from incidents.response import acting, regression, verification
from notifications.models import Message
from roles.models import User
from roles.policy import SYSTEM
from tests import make
from tests.worker import Worker

REASON = "As the test has it."


def ring(incident: Incident, status: str = "resolved", *, minutes_ago: float = 0, key: str = "5xx") -> Alert:
    """An alert of the incident, as it stands."""
    source = sources.create("generic", f"Scripts {key}", by=SYSTEM)
    at = timezone.now() - timedelta(minutes=minutes_ago)
    return Alert.objects.create(
        source=source, dedup_key=key, status=status, title="5xx above 5%", incident=incident, last_seen_at=at
    )


def fires(alert: Alert) -> None:
    """The alert changes to firing, as `detection` would say it."""
    alert.status = "firing"
    alert.save()
    verification.on_alert(alert)


def monitored(incident: Incident, worker: Worker) -> Incident:
    lifecycle.move(incident, "monitor", by=SYSTEM, reason=REASON)
    worker.run()
    return incident


def minutes_pass(minutes: int) -> None:
    """The clock strikes so many minutes later: what holds has held for longer."""
    for check in VerificationCheck.objects.exclude(holds_since=None):
        check.holds_since -= timedelta(minutes=minutes)
        check.save()
    verification.settle_quiet()


def shown(incident: Incident) -> list[tuple[str, str, str]]:
    return list(incident.verification.values_list("kind", "state", "reading"))


def told(incident: Incident) -> list[str]:
    return list(incident.entries.filter(kind=Kind.VERIFICATION).order_by("number").values_list("body", flat=True))


@pytest.fixture
def signed(incident: Incident, commander: User, tech_lead: User, worker: Worker) -> VerificationCheck:
    """SEV1, in monitoring: the check that the technical lead is asked to sign."""
    return monitored(incident, worker).verification.get()


def test_entering_monitoring_opens_what_has_to_be_checked(incident: Incident, tech_lead: User, worker: Worker):
    ring(incident)
    monitored(incident, worker)
    assert shown(incident) == [("alerts_quiet", "pending", "quiet"), ("signed", "pending", "")]
    assert incident.verification.get(kind="signed").tester == tech_lead
    assert told(incident) == [
        "To be verified: linked alerts quiet for 10 min",
        "To be verified: Priya is asked to try it and sign",
    ]


def test_the_named_tester_is_told(incident: Incident, tech_lead: User, worker: Worker):
    monitored(incident, worker)
    asked = Message.objects.filter(address=tech_lead.email).order_by("pk").last()
    assert "try whether" in asked.content.subject


def test_hearing_it_twice_opens_nothing_twice(incident: Incident, worker: Worker):
    ring(incident)
    monitored(incident, worker)
    moved = incident.entries.filter(kind=Kind.MOVED).last()
    verification.on_event(moved)
    assert incident.verification.count() == 2


@pytest.mark.parametrize("severity", ["SEV3", "SEV5"])
def test_a_small_incident_without_alerts_has_nothing_to_verify(db, worker: Worker, severity: str):
    incident = monitored(make.make_incident(severity=severity), worker)
    assert shown(incident) == []
    assert verification.unmet(incident, "resolve") == []


def test_what_is_written_down_afterwards_is_not_verified(db, worker: Worker):
    incident = monitored(make.make_incident(kind=IncidentKind.BACKFILLED), worker)
    assert shown(incident) == []


def test_an_alert_linked_while_monitoring_is_watched_from_then_on(db, worker: Worker):
    incident = monitored(make.make_incident(severity="SEV3"), worker)
    alert = ring(incident, "firing")
    Alert.objects.update(incident=None)
    alerts.link(Alert.objects.get(pk=alert.pk), incident, by=make.make_user("ben"))
    worker.run()
    assert shown(incident) == [("alerts_quiet", "failed", "1 firing")]


def test_alerts_quiet_for_ten_minutes_pass_by_the_clock(incident: Incident, worker: Worker):
    ring(incident)
    ring(incident, minutes_ago=30, key="lag")
    monitored(incident, worker)
    minutes_pass(9)
    assert shown(incident)[0] == ("alerts_quiet", "pending", "quiet")
    minutes_pass(1)
    assert shown(incident)[0] == ("alerts_quiet", "passed", "quiet 10 min")
    assert told(incident)[-1] == "Linked alerts quiet for 10 min"
    minutes_pass(1)
    assert told(incident).count("Linked alerts quiet for 10 min") == 1


def test_one_that_fires_again_takes_the_pass_back(incident: Incident, worker: Worker):
    alert = ring(incident, minutes_ago=30)
    monitored(incident, worker)
    assert shown(incident)[0] == ("alerts_quiet", "passed", "quiet 10 min")
    fires(alert)
    assert shown(incident)[0] == ("alerts_quiet", "failed", "1 firing")
    assert told(incident)[-1] == "Not proven any more: 5xx above 5% fires again"
    alert.status, alert.last_seen_at = "resolved", timezone.now()
    alert.save()
    verification.on_alert(alert)
    minutes_pass(5)
    assert shown(incident)[0] == ("alerts_quiet", "pending", "quiet")


def test_resolving_names_each_thing_that_is_not_verified(incident: Incident, commander, tech_lead, worker: Worker):
    ring(incident, "firing")
    monitored(incident, worker)
    verification.add(incident, by=tech_lead, title="EU declines under 1%", minutes=10)
    assert verification.unmet(incident, "resolve") == [
        "Not verified: Linked alerts quiet, 1 firing.",
        "Not verified: Tried by a tester, Priya has not signed.",
        "Not verified: EU declines under 1% for 10 min.",
    ]
    with pytest.raises(Conflict) as refused:
        lifecycle.move(incident, "resolve", by=commander)
    assert "Not verified: EU declines under 1% for 10 min." in refused.value.needed
    lifecycle.move(incident, "resolve", by=commander, reason="Customers confirm that it works.")
    assert incident.entries.filter(kind=Kind.MOVED).last().data["unmet"] != []


def test_only_the_named_tester_signs(incident: Incident, signed: VerificationCheck, commander, tech_lead, sme):
    with pytest.raises(PermissionDenied):
        verification.sign(signed, by=commander)
    with pytest.raises(PermissionDenied):
        verification.assign(signed, sme, by=sme)
    verification.assign(signed, sme, by=tech_lead)
    with pytest.raises(PermissionDenied):
        verification.sign(signed, by=tech_lead)
    passed = verification.sign(signed, by=sme, note="Ten payments, all approved")
    assert (passed.state, passed.settled_by) == ("passed", sme)
    assert told(incident)[-1] == "Tomas tried it, and it works: Tried by a tester. Ten payments, all approved"
    with pytest.raises(Conflict, match="passed already"):
        verification.sign(signed, by=sme)


def test_at_sev1_nobody_signs_for_their_own_fix(incident: Incident, signed: VerificationCheck, tech_lead, sme):
    action = acting.propose(incident, by=tech_lead, title="Restore the limit")
    for verb in ("approve", "start", "finish"):
        action = acting.step(action, verb, by=SYSTEM)
    with pytest.raises(Conflict, match="somebody else tries it"):
        verification.sign(signed, by=tech_lead)
    verification.assign(signed, sme, by=tech_lead)
    with pytest.raises(Conflict, match="Priya ran the fix"):
        verification.assign(signed, tech_lead, by=tech_lead)


def test_who_ran_the_fix_is_not_proposed_as_tester(incident: Incident, tech_lead: User, sme: User, worker: Worker):
    action = acting.propose(incident, by=tech_lead, title="Restore the limit")
    for verb in ("approve", "start", "finish"):
        action = acting.step(action, verb, by=SYSTEM)
    assert monitored(incident, worker).verification.get().tester == sme


def test_a_tester_who_sees_it_fail_says_what(signed: VerificationCheck, tech_lead: User):
    with pytest.raises(Conflict, match="does not work"):
        verification.sign(signed, by=tech_lead, works=False)
    failed = verification.sign(signed, by=tech_lead, works=False, note="3-D Secure still times out")
    assert failed.state == "failed"
    assert verification.sign(failed, by=tech_lead).state == "passed"


def test_what_has_to_hold_passes_with_a_second_good_reading(incident: Incident, tech_lead: User, worker: Worker):
    check = verification.add(incident, by=tech_lead, title="Declines under 1%", minutes=10)
    assert verification.read(check, by=tech_lead, reading="2.1%", holds=False).state == "failed"
    assert verification.read(check, by=tech_lead, reading="0.8%", holds=True).state == "pending"
    minutes_pass(9)
    assert verification.read(check, by=tech_lead, reading="0.7%", holds=True).state == "pending"
    minutes_pass(1)
    passed = verification.read(check, by=tech_lead, reading="0.6%", holds=True)
    assert (passed.state, passed.reading) == ("passed", "0.6%")
    assert told(incident)[-1] == "Declines under 1%: 0.6%"


def test_what_is_read_once_passes_at_once(incident: Incident, tech_lead: User):
    check = verification.add(incident, by=tech_lead, title="Queue under 2 min")
    assert verification.read(check, by=tech_lead, reading="40 s", holds=True).state == "passed"


def test_it_is_waived_with_a_reason_by_those_who_lead(signed: VerificationCheck, tech_lead: User, sme: User):
    with pytest.raises(PermissionDenied):
        verification.waive(signed, by=sme, reason="The vendor has signed.")
    with pytest.raises(Conflict, match="10 characters"):
        verification.waive(signed, by=tech_lead, reason="no need")
    waived = verification.waive(signed, by=tech_lead, reason="The vendor has signed.")
    assert (waived.state, verification.unmet(waived.incident, "resolve")) == ("waived", [])


def test_a_step_back_starts_it_anew_and_later_proof_counts(incident: Incident, signed, tech_lead, worker: Worker):
    verification.sign(signed, by=tech_lead)
    lifecycle.move(incident, "investigate", by=SYSTEM, reason=REASON)
    worker.run()
    assert shown(incident) == [("signed", "pending", "")]
    back = incident.entries.filter(kind=Kind.MOVED, data__new="investigating").get()
    monitored(incident, worker)
    signed.refresh_from_db()
    verification.sign(signed, by=tech_lead)
    verification.on_event(back)
    assert shown(incident) == [("signed", "passed", "")]


def test_what_makes_no_sense_is_no_check(incident: Incident, tech_lead: User, outsider: User):
    for words in (
        {"title": ""},
        {"title": "x" * 201},
        {"title": "x", "minutes": 1441},
        {"title": "x", "kind": "probe"},
    ):
        with pytest.raises(ValidationError):
            verification.add(incident, by=tech_lead, **words)
    with pytest.raises(ValidationError, match="not a responder"):
        verification.add(incident, by=tech_lead, title="x", kind="signed", tester=outsider)
    assert incident.verification.count() == 0


def test_what_is_over_is_not_verified_any_more(incident: Incident, signed: VerificationCheck, tech_lead: User):
    lifecycle.move(incident, "resolve", by=SYSTEM, reason=REASON)
    with pytest.raises(Conflict, match="nothing to verify"):
        verification.sign(signed, by=tech_lead)


# --- the day after ---------------------------------------------------------------------------


@pytest.fixture
def over(incident: Incident, commander: User, tech_lead: User, scribe: User) -> Incident:
    lifecycle.move(incident, "resolve", by=SYSTEM, reason=REASON)
    return incident


def test_those_who_led_are_told_of_a_regression(over: Incident, commander, tech_lead, scribe, worker: Worker):
    worker.run()
    before = list(Message.objects.values_list("pk", flat=True))
    assert regression.note(ring(over, "firing")) is not None
    worker.run()
    told_people = set(Message.objects.exclude(pk__in=before).values_list("address", flat=True))
    assert told_people == {commander.email, commander.phone, tech_lead.email, tech_lead.phone}


def test_a_regression_is_said_once_and_reopens_nothing(over: Incident):
    alert = ring(over, "firing")
    assert regression.note(alert) is not None
    assert regression.note(alert) is None
    over.refresh_from_db()
    assert (over.state, len(regression.standing(over))) == ("resolved", 1)


def test_a_regression_stands_until_somebody_answers_it(over: Incident, commander: User, outsider: User):
    regression.note(ring(over, "firing"))
    assert [row.incident for row in regression.unanswered(commander)] == [over]
    assert regression.unanswered(outsider) == []
    lifecycle.move(over, "reopen", by=commander, reason="It is back since 04:10.")
    assert (regression.unanswered(commander), regression.standing(over)) == ([], [])


@pytest.mark.parametrize(
    ("state", "hours", "status"), [("resolved", 25, "firing"), ("resolved", 1, "resolved"), ("closed", 1, "firing")]
)
def test_no_regression_is_seen_later_or_in_silence(over: Incident, state: str, hours: int, status: str):
    Incident.objects.update(state=state, resolved_at=timezone.now() - timedelta(hours=hours))
    assert regression.note(ring(Incident.objects.get(), status)) is None
