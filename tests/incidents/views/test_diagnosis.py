"""The Technical Lead's console: the board of causes, the log of actions, the list of proofs."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from incidents import lifecycle
from incidents.detection import sources
from incidents.models import Action, Alert, Finding, Hypothesis, Incident, VerificationCheck
from incidents.response import acting, advice, coordination, diagnosis, regression, verification
from incidents.views.desk import Desk, desk
from incidents.views.panels import actions, findings, hypotheses
from incidents.views.panels import verification as verifying
from roles.models import User
from roles.policy import SYSTEM
from tests.worker import Worker

REASON = "As the test has it."
HTMX = {"HX-Request": "true"}


def section(answer: HttpResponse, name: str) -> str:
    """One panel of the page as text: tags gone, white space made one."""
    found = re.search(rf'<section class="sec" id="{name}".*?</section>', answer.content.decode(), re.S)
    assert found, name
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def room(client_of, person: User, incident: Incident, seat: str = "") -> HttpResponse:
    return client_of(person).get(f"/incidents/{incident.key}/", {"seat": seat} if seat else {})


def test_the_board_has_three_lanes_with_their_evidence(client_of, incident: Incident, tech_lead: User, sme: User):
    limit = diagnosis.propose(incident, by=tech_lead, title="Pool limit", owner=tech_lead)
    release = diagnosis.propose(incident, by=sme, title="Release 4.118")
    diagnosis.propose(incident, by=sme, title="Retry storm", detail="6× normal")
    diagnosis.share(incident, by=sme, text="1200 → 120", hypothesis=limit)
    diagnosis.step(limit, "confirm", by=tech_lead)
    diagnosis.step(release, "rule-out", by=sme, verdict="Rollback had no effect")
    board = section(room(client_of, tech_lead, incident), "hypotheses")
    assert re.search(r"Testing 1 .*Retry storm.*Confirmed 1 .*Pool limit.*You 1.*Ruled out 1 .*Release 4.118", board)
    assert "Rollback had no effect" in board


def test_every_move_of_the_board_is_a_button(client_of, incident: Incident, tech_lead: User):
    row = diagnosis.propose(incident, by=tech_lead, title="Pool limit")
    page = room(client_of, tech_lead, incident).content.decode()
    at = f"/incidents/{incident.key}/hypotheses/{row.pk}"
    assert [verb for verb in ("test", "confirm", "rule-out", "reopen") if f'formaction="{at}/{verb}/"' in page] == [
        "test",
        "confirm",
        "rule-out",
    ]


def test_a_hypothesis_is_posted_moved_and_edited(client_of, incident: Incident, tech_lead: User):
    browser, at = client_of(tech_lead), f"/incidents/{incident.key}/hypotheses/"
    assert browser.post(at, {"title": "Pool limit", "owner": tech_lead.pk}).status_code == 302
    row = Hypothesis.objects.get()
    browser.post(f"{at}{row.pk}/test/")
    browser.post(f"{at}{row.pk}/", {"title": "Pool limit at 120", "detail": "", "owner": "", "version": "2"})
    row.refresh_from_db()
    assert (row.state, row.title, row.owner, row.version) == ("testing", "Pool limit at 120", None, 3)


def test_confirming_without_evidence_is_refused_with_what_is_needed(client_of, incident: Incident, tech_lead: User):
    row = diagnosis.propose(incident, by=tech_lead, title="Pool limit")
    path = f"/incidents/{incident.key}/hypotheses/{row.pk}/confirm/"
    refused = client_of(tech_lead).post(path, {"verdict": "Yes."}, headers=HTMX)
    assert refused.status_code == 409
    assert "Nothing stands for it yet" in refused.content.decode()


def test_the_later_of_two_editors_sees_both_versions(client_of, incident: Incident, tech_lead: User, sme: User):
    row = diagnosis.propose(incident, by=tech_lead, title="Pool limit")
    path = f"/incidents/{incident.key}/hypotheses/{row.pk}/"
    client_of(sme).post(path, {"title": "Pool limit", "detail": "Since 01:58.", "version": "1"})
    late = client_of(tech_lead).post(path, {"title": "Pool limit", "detail": "Since dawn.", "version": "1"})
    assert late.status_code == 409
    text = re.sub(r"<[^>]+>", " ", late.content.decode())
    assert ("01:58" in text, "dawn" in text) == (True, True)


def test_a_finding_is_shared_and_shown_as_adopted(client_of, incident: Incident, tech_lead: User, sme: User):
    row = diagnosis.propose(incident, by=tech_lead, title="Pool limit")
    path = f"/incidents/{incident.key}/findings/"
    sent = {"text": "1200 → 120", "confidence": "certain", "recommendation": "set it back", "hypothesis": row.pk}
    assert client_of(sme).post(path, sent).status_code == 302
    assert "Adopted" not in section(room(client_of, tech_lead, incident), "findings")
    diagnosis.step(row, "confirm", by=tech_lead)
    shown = section(room(client_of, tech_lead, incident), "findings")
    assert "1200 → 120 Recommends: set it back" in shown
    assert "Adopted by Priya" in shown


def test_a_finding_is_placed_under_a_hypothesis_later(client_of, incident: Incident, tech_lead: User):
    row = diagnosis.propose(incident, by=tech_lead, title="Pool limit")
    finding = diagnosis.share(incident, by=tech_lead, text="Slow.")
    client_of(tech_lead).post(f"/incidents/{incident.key}/findings/{finding.pk}/", {"hypothesis": row.pk})
    assert Finding.objects.get().hypothesis == row


# --- actions ---------------------------------------------------------------------------------


@pytest.fixture
def action(incident: Incident, commander: User, tech_lead: User) -> Action:
    return acting.propose(incident, by=tech_lead, title="Restore the limit on 1c", undo="Set it back to 120.")


def test_at_sev1_the_lead_asks_and_has_no_button_to_start(client_of, incident: Incident, action, tech_lead: User):
    page = room(client_of, tech_lead, incident)
    log = section(page, "actions")
    assert "1 waits for approval" in log
    assert "Ask for approval" in log
    assert f"/actions/{action.pk}/start/" not in page.content.decode()
    refused = client_of(tech_lead).post(f"/incidents/{incident.key}/actions/{action.pk}/start/", headers=HTMX)
    assert refused.status_code == 409
    action.refresh_from_db()
    assert action.state == "proposed"


def test_approved_started_and_done_with_its_effect(client_of, incident: Incident, action, commander, tech_lead: User):
    at = f"/incidents/{incident.key}/actions/{action.pk}"
    client_of(commander).post(f"{at}/approve/", {"version": "1"})
    assert f'formaction="{at}/start/"' in room(client_of, tech_lead, incident).content.decode()
    lead = client_of(tech_lead)
    lead.post(f"{at}/start/")
    assert "Running" in section(room(client_of, tech_lead, incident), "actions")
    lead.post(f"{at}/finish/", {"effect": "38% → 2.1%"})
    assert "38% → 2.1% Plan" in section(room(client_of, tech_lead, incident), "actions")
    lead.post(f"{at}/revert/")
    action.refresh_from_db()
    assert action.state == "reverted"


def test_an_action_is_logged_with_its_plan(client_of, incident: Incident, tech_lead: User, sme: User):
    sent = {"title": "Roll back", "kind": "rollback", "risk": "low", "undo": "Deploy again.", "executor": sme.pk}
    client_of(tech_lead).post(f"/incidents/{incident.key}/actions/", sent)
    action = Action.objects.get()
    assert (action.kind, action.risk, action.undo, action.executor) == ("rollback", "low", "Deploy again.", sme)


def test_who_carries_it_out_is_changed_without_a_new_approval(client_of, incident, action, tech_lead, sme: User):
    acting.step(action, "approve", by=SYSTEM)
    sent = {"title": action.title, "undo": action.undo, "risk": action.risk, "executor": sme.pk, "version": "2"}
    client_of(tech_lead).post(f"/incidents/{incident.key}/actions/{action.pk}/", sent)
    action.refresh_from_db()
    assert (action.state, action.executor) == ("approved", sme)


def test_a_form_without_a_title_keeps_what_was_typed(client_of, incident: Incident, tech_lead: User):
    sent = {"title": "", "kind": "fix", "risk": "low", "undo": "Set it back by hand."}
    refused = client_of(tech_lead).post(f"/incidents/{incident.key}/actions/", sent)
    assert refused.status_code == 409
    assert "Set it back by hand." in refused.content.decode()
    assert Action.objects.count() == 0


def test_once_the_impact_is_ended_the_commander_is_led_to_the_move(client_of, incident, action, commander: User):
    for verb in ("approve", "start"):
        action = acting.step(action, verb, by=SYSTEM)
    lead_on = f"/incidents/{incident.key}/?seat=commander#moves"
    acting.step(action, "finish", by=SYSTEM, effect="38% → 2.1%")
    for seat, is_led in ((commander, True), (action.executor, False)):
        offered = actions.shown(before_them(seat, incident))["mitigated"]
        assert (offered == lead_on) is is_led


def before_them(person: User, incident: Incident) -> Desk:
    """The incident as one person has it before them, its seats read."""
    request = RequestFactory().get("/")
    request.user = person
    return desk(request, Incident.objects.get(pk=incident.pk))


# --- verification ----------------------------------------------------------------------------


def test_the_tester_signs_on_the_page(client_of, incident: Incident, commander, tech_lead: User, worker: Worker):
    lifecycle.move(incident, "monitor", by=SYSTEM, reason=REASON)
    worker.run()
    check = VerificationCheck.objects.get()
    shown = section(room(client_of, tech_lead, incident), "verification")
    assert "0 of 1 passing" in shown
    assert "It works: sign" in shown
    at = f"/incidents/{incident.key}/verification/{check.pk}"
    assert client_of(commander).post(f"{at}/sign/", headers=HTMX).status_code == 403
    client_of(tech_lead).post(f"{at}/sign/", {"works": "yes", "note": "Ten payments"})
    assert "1 of 1 passing" in section(room(client_of, tech_lead, incident), "verification")


@pytest.mark.parametrize("seated", [True, False])
def test_whoever_is_named_signs_from_their_own_console(
    client_of, incident: Incident, tech_lead: User, sme: User, bystander: User, worker: Worker, seated: bool
):
    lifecycle.move(incident, "monitor", by=SYSTEM, reason=REASON)
    worker.run()
    tester = sme if seated else bystander
    check = verification.assign(VerificationCheck.objects.get(), tester, by=tech_lead)
    page = room(client_of, tester, incident).content.decode()
    path = f"/incidents/{incident.key}/verification/{check.pk}/sign/"
    assert f'action="{path}"' in page
    client_of(tester).post(path, {"works": "yes", "note": "Ten payments"})
    assert f'action="{path}"' not in room(client_of, tester, incident).content.decode()


def test_what_the_tester_saw_fail_is_on_the_page(client_of, incident: Incident, tech_lead: User, worker: Worker):
    lifecycle.move(incident, "monitor", by=SYSTEM, reason=REASON)
    worker.run()
    at = f"/incidents/{incident.key}/verification/{VerificationCheck.objects.get().pk}"
    client_of(tech_lead).post(f"{at}/sign/", {"works": "no", "note": "3-D Secure times out"})
    shown = section(room(client_of, tech_lead, incident), "verification")
    assert "3-D Secure times out" in shown
    assert "Failing" in shown


def test_checks_are_added_read_and_waived_on_the_page(client_of, incident: Incident, tech_lead: User):
    lead, at = client_of(tech_lead), f"/incidents/{incident.key}/verification/"
    lead.post(at, {"title": "EU declines under 1%", "kind": "measured", "minutes": "10"})
    check = VerificationCheck.objects.get()
    lead.post(f"{at}{check.pk}/read/", {"reading": "0.8%", "holds": "yes"})
    assert re.search(
        r"for 10 min 0.8% 0?0:\d\d of 10 min", section(room(client_of, tech_lead, incident), "verification")
    )
    VerificationCheck.objects.update(holds_since=timezone.now() - timedelta(minutes=11))
    assert "0.8% Read it again" in section(room(client_of, tech_lead, incident), "verification")
    lead.post(f"{at}{check.pk}/waive/", {"reason": "The vendor watches it."})
    assert "Waived" in section(room(client_of, tech_lead, incident), "verification")
    assert lead.post(f"{at}{check.pk}/explode/").status_code == 404


def test_nobody_is_asked_by_an_empty_choice(client_of, incident: Incident, tech_lead: User):
    check = verification.add(incident, by=tech_lead, title="Pay by card", kind="signed")
    refused = client_of(tech_lead).post(f"/incidents/{incident.key}/verification/{check.pk}/assign/", headers=HTMX)
    assert (refused.status_code, "Choose who tries it" in refused.content.decode()) == (409, True)


def test_the_duties_say_how_far_it_is_and_lead_there(client_of, incident: Incident, action: Action, tech_lead: User):
    diagnosis.propose(incident, by=tech_lead, title="Pool limit")
    page = room(client_of, tech_lead, incident).content.decode()
    strip = re.search(r'<ul class="duties".*?</ul>', page, re.S)
    assert strip
    facts = re.findall(r'<b>(\w+)</b><a class="plain" href="(#\w+)">([^<]+)</a>', strip[0])
    assert facts == [
        ("Diagnose", "#hypotheses", "1 to test"),
        ("Fix", "#actions", "1 to approve"),
        ("Coordinate", "#workstreams", "no request open"),
        ("Verify", "#verification", "from Monitoring on"),
    ]


def test_coordinate_names_what_is_lacking_then_what_is_late_then_what_is_asked(
    client_of, incident: Incident, tech_lead: User, sme: User
):
    def fact() -> str:
        page = room(client_of, tech_lead, incident).content.decode()
        found = re.search(r"<b>Coordinate</b><a [^>]+>([^<]+)</a>", page)
        assert found
        return found[1]

    with time_machine.travel(datetime(2026, 3, 2, 12, 0, tzinfo=UTC), tick=False) as clock:
        wait = timedelta(minutes=30)
        stream = coordination.start(incident, by=tech_lead, name="Pool", lead=sme, timebox=timedelta(minutes=20))
        coordination.ask_report(stream, by=tech_lead)
        assert fact() == "1 report asked for"
        advice.ask(incident, by=tech_lead, asked=sme, question="Is it the pool?", wait=wait)
        assert fact() == "1 request open"
        clock.shift(timedelta(minutes=10))
        assert fact() == "1 report overdue"
        coordination.report(incident, by=sme, conditions="2 of 3 back", needs="Access to 1c", workstream=stream)
        assert fact() == "1 needs help"
        coordination.report(incident, by=sme, conditions="2 of 3 back", workstream=stream)
        assert fact() == "1 request open"
        clock.shift(timedelta(minutes=10))
        assert fact() == "1 workstream overdue"


@pytest.mark.parametrize("many", [1, 3])
def test_the_panels_cost_the_same_for_one_and_for_three(
    incident: Incident, tech_lead: User, sme: User, django_assert_num_queries, many: int
):
    for number in range(many):
        cause = diagnosis.propose(incident, by=sme, title=f"Cause {number}", owner=sme)
        diagnosis.share(incident, by=sme, text="Seen.", hypothesis=cause)
        acting.propose(incident, by=sme, title="Act", hypothesis=cause)
        verification.add(incident, by=SYSTEM, title="Seen", kind="signed", tester=sme)
    before = before_them(tech_lead, incident)
    with django_assert_num_queries(8):
        shown = [panel.shown(before) for panel in (hypotheses, findings, actions, verifying)]
    assert [len(shown[0]["hypothesis_lanes"][0].tickets), len(shown[1]["findings"])] == [many, many]
    assert [len(shown[2]["action_lines"]), len(shown[3]["check_lines"])] == [many, many]


# --- linked alerts ---------------------------------------------------------------------------


def test_linked_alerts_stand_with_what_sets_them_apart(client_of, incident: Incident, tech_lead: User):
    source = sources.create("generic", "Scripts", by=SYSTEM)
    for key, status, service in (("5xx", "resolved", "checkout"), ("lag", "firing", "ledger")):
        Alert.objects.create(
            source=source,
            dedup_key=key,
            status=status,
            title=f"{key} above 5",
            incident=incident,
            labels={"region": "eu", "service": service},
        )
    shown = section(room(client_of, tech_lead, incident), "alerts")
    assert "1 firing" in shown
    assert re.search(
        r"Alike in all: region=eu lag above 5 Scripts service=ledger Firing .* 5xx .* service=checkout", shown
    )


def test_one_alert_shows_all_its_labels(client_of, incident: Incident, tech_lead: User):
    source = sources.create("generic", "Scripts", by=SYSTEM)
    Alert.objects.create(
        source=source, dedup_key="5xx", status="firing", title="5xx", incident=incident, labels={"region": "eu"}
    )
    shown = section(room(client_of, tech_lead, incident), "alerts")
    assert ("region=eu" in shown, "Alike" in shown) == (True, False)


# --- the day after ---------------------------------------------------------------------------


@pytest.fixture
def back(incident: Incident, commander: User, tech_lead: User) -> Incident:
    """Resolved, and its alert fires again."""
    lifecycle.move(incident, "resolve", by=SYSTEM, reason=REASON)
    source = sources.create("generic", "Scripts", by=SYSTEM)
    alert = Alert.objects.create(
        source=source, dedup_key="5xx", status="firing", title="5xx above 5%", incident=incident
    )
    regression.note(alert)
    return incident


def test_what_is_back_says_so_in_the_room_and_the_commander_reopens_it(client_of, back: Incident, commander: User):
    page = room(client_of, commander, back).content.decode()
    assert "5xx above 5% fires after this was resolved." in page
    assert f"/declare/?recurrence_of={back.key}" in page
    path = f"/incidents/{back.key}/moves/reopen/"
    assert f'action="{path}"' in page
    client_of(commander).post(path, {"reason": "5xx above 5% fires after this was resolved.", "seen": "resolved"})
    back.refresh_from_db()
    assert back.state == "investigating"
    assert "It may be back" not in room(client_of, commander, back).content.decode()


def test_who_may_not_reopen_is_offered_to_declare_alone(client_of, back: Incident, tech_lead: User):
    page = room(client_of, tech_lead, back).content.decode()
    assert "It may be back." in page
    assert "/moves/reopen/" not in page


def test_situation_calls_attention_to_it(client_of, back: Incident, tech_lead: User):
    page = client_of(tech_lead).get("/").content.decode()
    assert f"{back.key} may be back." in page
