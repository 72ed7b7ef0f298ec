"""The room: who sees it, which console lies open, and what its buttons do, with and without htmx."""

from datetime import timedelta

import pytest
from django.urls import reverse

from incidents import lifecycle, timeline
from incidents.communication import updates
from incidents.models import Incident, Kind, State, TimelineEntry, Update, UpdateState
from incidents.models.entry import WRITTEN as WRITTEN_KINDS
from incidents.response import acting, deciding, tasking
from incidents.views.room import steps
from roles.catalog import Role
from roles.models import User
from roles.policy import SYSTEM
from tests import make

HTMX = {"HX-Request": "true"}


def url(incident: Incident, name: str, *args: object) -> str:
    return reverse(f"incidents:{name}", args=[incident.key, *args])


def test_the_room_shows_the_console_of_ones_own_seat(commander, incident, client_of):
    page = client_of(commander).get(url(incident, "room"))
    assert page.status_code == 200
    assert "incidents/consoles/commander.html" in [template.name for template in page.templates]


def test_a_bystander_sees_the_room_without_a_console_and_may_take_an_open_seat(bystander, incident, client_of):
    client = client_of(bystander)
    page = client.get(url(incident, "room"))
    assert "incidents/consoles/observer.html" in [template.name for template in page.templates]
    assert url(incident, "take", Role.SCRIBE) in page.content.decode()
    assert client.post(url(incident, "take", Role.SCRIBE)).status_code == 302
    incident.forget_seats()
    assert [seat.user for seat in incident.holders_of(Role.SCRIBE)] == [bystander]


def test_an_outsider_finds_nothing(outsider, incident, client_of):
    client = client_of(outsider)
    for name in ("room", "head", "console", "timeline", "stream"):
        assert client.get(url(incident, name)).status_code == 404


def test_a_private_incident_is_not_there_for_a_bystander(bystander, client_of):
    hidden = make.make_incident(is_private=True)
    assert client_of(bystander).get(url(hidden, "room")).status_code == 404
    assert client_of(bystander).post(url(hidden, "move", "identify")).status_code == 404


def test_controls_that_one_may_not_use_are_absent(bystander, commander, incident, client_of):
    move = url(incident, "move", "identify")
    assert move in client_of(commander).get(url(incident, "room")).content.decode()
    assert move not in client_of(bystander).get(url(incident, "room")).content.decode()


def test_a_move_without_script_goes_back_to_the_room(commander, incident, client_of):
    answer = client_of(commander).post(url(incident, "move", "identify"), {"seen": "investigating"})
    assert answer.status_code == 302
    assert answer["Location"] == url(incident, "room")
    assert Incident.objects.get(pk=incident.pk).state == State.IDENTIFIED


def test_a_move_by_htmx_answers_the_console_and_tells_the_other_pieces(commander, incident, client_of):
    answer = client_of(commander).post(url(incident, "move", "identify"), {"seen": "investigating"}, headers=HTMX)
    assert answer.status_code == 200
    assert answer["HX-Trigger"] == "incident-changed"
    assert 'id="console"' in answer.content.decode()


def test_a_move_on_a_stale_state_names_who_was_first_and_keeps_what_was_typed(commander, deputy, incident, client_of):
    lifecycle.move(incident, "identify", by=deputy)
    answer = client_of(commander).post(
        url(incident, "move", "monitor"), {"seen": "investigating", "reason": "Declines are back to normal."}
    )
    text = answer.content.decode()
    assert answer.status_code == 409
    assert f"moved by {deputy}" in text
    assert "Declines are back to normal." in text
    assert Incident.objects.get(pk=incident.pk).state == State.IDENTIFIED


def test_a_refusal_by_htmx_goes_into_the_notices_and_leaves_the_form(commander, deputy, incident, client_of):
    lifecycle.move(incident, "identify", by=deputy)
    answer = client_of(commander).post(url(incident, "move", "monitor"), {"seen": "investigating"}, headers=HTMX)
    assert answer.status_code == 409
    assert answer["HX-Retarget"] == "#notices"


@pytest.mark.parametrize("person", ["bystander", "shadow", "comms_lead", "former_holder"])
def test_only_the_commander_moves(person, incident, client_of, request):
    answer = client_of(request.getfixturevalue(person)).post(url(incident, "move", "identify"))
    assert answer.status_code == 403
    assert Incident.objects.get(pk=incident.pk).state == State.INVESTIGATING


def test_the_severity_is_changed_with_its_reason(commander, incident, client_of):
    client_of(commander).post(url(incident, "severity"), {"severity": "SEV2", "reason": "Two percent now"})
    entry = TimelineEntry.objects.get(incident=incident, kind=Kind.SEVERITY_CHANGED)
    assert (entry.data["new"], entry.body) == ("SEV2", "Two percent now")


def test_an_unknown_severity_is_refused_in_words(commander, incident, client_of):
    answer = client_of(commander).post(url(incident, "severity"), {"severity": "SEV9"})
    assert answer.status_code == 409
    assert "they run from SEV1 to SEV5" in answer.content.decode()


def test_title_and_summary_are_put_right_by_the_commander_alone(commander, bystander, incident, client_of):
    typed = {"title": "Cards fail in the EU", "summary": "One in three."}
    assert client_of(bystander).post(url(incident, "words"), typed).status_code == 403
    assert client_of(commander).post(url(incident, "words"), typed).status_code == 302
    incident.refresh_from_db()
    assert (incident.title, incident.summary) == ("Cards fail in the EU", "One in three.")


# --- roster -----------------------------------------------------------------------------------


def test_a_commander_gives_a_seat_and_offers_another(commander, bystander, incident, client_of):
    client = client_of(commander)
    client.post(url(incident, "assign", Role.SCRIBE), {"user": bystander.pk})
    client.post(url(incident, "assign", Role.SME), {"user": bystander.pk, "offer": "on"})
    seats = list(incident.seats.filter(user=bystander).order_by("pk"))
    assert [(seat.role, seat.state) for seat in seats] == [(Role.SCRIBE, "held"), (Role.SME, "offered")]


def test_giving_a_seat_to_somebody_who_is_no_responder_is_refused(commander, outsider, incident, client_of):
    answer = client_of(commander).post(url(incident, "assign", Role.SCRIBE), {"user": outsider.pk})
    assert answer.status_code == 409
    assert not incident.seats.filter(user=outsider).exists()


def test_the_second_to_take_a_seat_is_told_who_holds_it(scribe, commander, incident, client_of):
    first, second = make.make_user("first"), make.make_user("second")
    client_of(first).post(url(incident, "take", Role.TECH_LEAD))
    answer = client_of(second).post(url(incident, "take", Role.TECH_LEAD))
    assert answer.status_code == 409
    assert f"{first} holds Technical Lead" in answer.content.decode()


def test_an_offer_is_accepted_by_the_one_it_was_made_to(commander, bystander, incident, client_of):
    seat = make.seat(incident, Role.SCRIBE, bystander, offer=True)
    assert client_of(commander).post(url(incident, "accept", seat.pk)).status_code == 403
    assert client_of(bystander).post(url(incident, "accept", seat.pk)).status_code == 302
    seat.refresh_from_db()
    assert seat.is_held


def test_handing_over_asks_and_accepting_writes_the_brief_into_the_timeline(scribe, incident, client_of, bystander):
    seat = incident.seats.get(user=scribe)
    client = client_of(scribe)
    assert client.get(url(incident, "hand_over", seat.pk)).status_code == 200
    client.post(url(incident, "hand_over", seat.pk), {"to": bystander.pk, "situation": "Draining node three."})
    assert incident.seats.held().get(role=Role.SCRIBE).user == scribe
    client_of(bystander).post(url(incident, "accept", incident.seats.offered().get().pk))
    entry = TimelineEntry.objects.get(incident=incident, kind=Kind.SEAT_HANDED_OVER)
    assert entry.data["brief"]["situation"] == "Draining node three."
    assert incident.seats.held().get(role=Role.SCRIBE).user == bystander


def test_handing_over_to_nobody_keeps_the_brief(scribe, incident, client_of):
    seat = incident.seats.get(user=scribe)
    answer = client_of(scribe).post(
        url(incident, "hand_over", seat.pk), {"to": "", "situation": "Draining node three."}
    )
    assert answer.status_code == 400
    assert "Choose who takes over" in answer.content.decode()
    assert "Draining node three." in answer.content.decode()


def test_a_seat_of_another_incident_is_not_found_here(scribe, commander, incident, client_of):
    other = make.make_incident(title="Another one")
    seat = make.seat(other, Role.SCRIBE, scribe)
    assert client_of(commander).post(url(incident, "release", seat.pk)).status_code == 404


def test_approval_is_delegated_and_taken_back(commander, comms_lead, incident, client_of):
    seat = incident.seats.get(user=comms_lead)
    client = client_of(commander)
    client.post(url(incident, "delegate", seat.pk), {"may_approve": "yes"})
    assert incident.seats.get(pk=seat.pk).may_approve
    client.post(url(incident, "delegate", seat.pk), {"may_approve": "no"})
    assert not incident.seats.get(pk=seat.pk).may_approve


# --- updates ----------------------------------------------------------------------------------

WRITTEN = {
    "audience": "public",
    "page": "halyard",
    "status": "investigating",
    "title": "Card payments are failing",
    "body": "Some card payments in the EU are declined.",
    "next_update_at": "2030-01-01T10:00",
    "notify": "on",
    "c:halyard:card-payments": "major_outage",
}


def test_a_text_is_written_and_submitted_by_one_button(comms_lead, page, incident, client_of):
    client_of(comms_lead).post(url(incident, "write_update"), {**WRITTEN, "then": "submit"})
    update = Update.objects.get(incident=incident)
    assert (update.state, update.components, update.author) == (
        UpdateState.SUBMITTED,
        {"card-payments": "major_outage"},
        comms_lead,
    )


def test_a_waiting_text_calls_components_what_the_page_calls_them(comms_lead, page, incident, client_of):
    client = client_of(comms_lead)
    client.post(url(incident, "write_update"), {**WRITTEN, "then": "submit"})
    card = client.get(url(incident, "room")).content.decode().split('<article class="card" id="update-')[1]
    assert "Card payments</span>" in card
    assert "card-payments" not in card.split("</article>")[0]


def test_a_text_read_before_it_was_changed_is_not_approved(comms_lead, commander, draft, incident, client_of):
    updates.submit(draft, by=comms_lead)
    read = Update.objects.get(pk=draft.pk).version
    updates.edit(draft, by=comms_lead, seen_version=read, body="Changed meanwhile.")
    answer = client_of(commander).post(url(incident, "step_update", draft.pk, "approve"), {"version": read})
    assert answer.status_code == 409
    assert f"{comms_lead} changed this text" in answer.content.decode()
    assert Update.objects.get(pk=draft.pk).state == UpdateState.SUBMITTED


def test_a_text_without_words_comes_back_as_it_was_typed(comms_lead, page, incident, client_of):
    answer = client_of(comms_lead).post(url(incident, "write_update"), {**WRITTEN, "body": "", "title": "Keep this"})
    assert answer.status_code == 400
    assert "An update needs a text." in answer.content.decode()
    assert "Keep this" in answer.content.decode()
    assert not Update.objects.exists()


def test_who_may_not_write_is_refused(tech_lead, page, incident, client_of):
    assert client_of(tech_lead).post(url(incident, "write_update"), WRITTEN).status_code == 403
    assert not Update.objects.exists()


def test_editing_over_somebody_elses_version_is_refused(comms_lead, commander, draft, incident, client_of):
    updates.edit(draft, by=commander, seen_version=draft.version, body="The commander's words.")
    answer = client_of(comms_lead).post(
        url(incident, "edit_update", draft.pk), {**WRITTEN, "version": draft.version, "body": "My words."}
    )
    assert answer.status_code == 409
    assert f"{commander} changed this text" in answer.content.decode()
    assert "My words." in answer.content.decode()
    draft.refresh_from_db()
    assert draft.body == "The commander's words."


def test_a_text_goes_from_the_lead_to_the_commander_and_back(comms_lead, commander, draft, incident, client_of):
    writer, approver = client_of(comms_lead), client_of(commander)
    writer.post(url(incident, "step_update", draft.pk, "submit"))
    assert writer.post(url(incident, "step_update", draft.pk, "approve")).status_code == 403
    approver.post(url(incident, "step_update", draft.pk, "send-back"), {"comment": "Name the region."})
    draft.refresh_from_db()
    assert (draft.state, draft.comment) == (UpdateState.DRAFT, "Name the region.")
    assert "Name the region." in writer.get(url(incident, "room")).content.decode()


def test_sending_back_without_a_word_is_refused(comms_lead, commander, draft, incident, client_of):
    updates.submit(draft, by=comms_lead)
    answer = client_of(commander).post(url(incident, "step_update", draft.pk, "send-back"), {"comment": " "})
    assert answer.status_code == 409
    draft.refresh_from_db()
    assert draft.state == UpdateState.SUBMITTED


def test_an_approved_text_is_published_by_the_page_manager(
    comms_lead, commander, page_manager, draft, incident, client_of
):
    updates.submit(draft, by=comms_lead)
    client_of(commander).post(url(incident, "step_update", draft.pk, "approve"))
    manager = client_of(page_manager)
    assert url(incident, "step_update", draft.pk, "publish") in manager.get(url(incident, "room")).content.decode()
    manager.post(url(incident, "step_update", draft.pk, "publish"))
    draft.refresh_from_db()
    assert (draft.state, draft.published_by) == (UpdateState.PUBLISHED, page_manager)


def test_approving_and_publishing_at_once_needs_both_rights(
    comms_lead, commander, page_manager, draft, incident, client_of
):
    updates.submit(draft, by=comms_lead)
    answer = client_of(commander).post(url(incident, "step_update", draft.pk, "approve-and-publish"))
    assert answer.status_code == 403
    draft.refresh_from_db()
    assert draft.state == UpdateState.SUBMITTED


def test_approving_and_publishing_at_once_works_without_a_page_manager(
    comms_lead, commander, draft, incident, client_of
):
    updates.submit(draft, by=comms_lead)
    room = client_of(commander).get(url(incident, "room")).content.decode()
    assert url(incident, "step_update", draft.pk, "approve-and-publish") in room
    client_of(commander).post(url(incident, "step_update", draft.pk, "approve-and-publish"))
    draft.refresh_from_db()
    assert draft.state == UpdateState.PUBLISHED


def test_an_unknown_step_is_not_found(commander, draft, incident, client_of):
    assert client_of(commander).post(url(incident, "step_update", draft.pk, "shout")).status_code == 404


# --- the header -------------------------------------------------------------------------------


def test_the_stepper_marks_what_was_passed_over(incident):
    lifecycle.move(incident, "resolve", by=SYSTEM, reason="It went away by itself.")
    shown = {step.name: (step.is_done, step.is_current, step.at is not None) for step in steps(incident)}
    assert shown["Identified"] == (True, False, False)
    assert shown["Resolved"] == (False, True, True)
    assert shown["Reviewed"] == (False, False, False)


#: What the room may ask of the database as commander, with a gap in the roster: it was 54 when every panel read for
#: itself. Who needs more here looks first whether `incidents.readings` has read it already.
MOST_QUERIES = 48


def fill(incident: Incident, count: int, by: User) -> None:
    """So many of everything that a room shows."""
    for number in range(count):
        for kind in WRITTEN_KINDS:
            timeline.add_entry(incident, by=by, body=f"Entry {number}", kind=kind)
        tasking.add(incident, by=SYSTEM, title=f"Look {number}", assignee=by, timebox=timedelta(minutes=number + 1))
        tasking.finish(tasking.add(incident, by=SYSTEM, title=f"Did {number}", assignee=by), by=SYSTEM)
        acting.propose(incident, by=SYSTEM, title=f"Restart {number}", executor=by)
        deciding.propose(incident, by=SYSTEM, question=f"Fail over {number}?")


def test_the_room_is_read_with_the_same_queries_for_one_of_each_and_for_many(
    commander, incident, client_of, django_assert_num_queries, django_assert_max_num_queries
):
    client = client_of(commander)
    fill(incident, 1, commander)
    client.get(url(incident, "room"))
    with django_assert_max_num_queries(MOST_QUERIES) as few:
        client.get(url(incident, "room"))
    fill(incident, 12, commander)
    with django_assert_num_queries(len(few.captured_queries)):
        client.get(url(incident, "room"))
