"""Updates from draft to published: who writes, who approves, what goes out, and what is refused on the way."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError

from incidents import lifecycle
from incidents.communication import updates
from incidents.lifecycle import Conflict
from incidents.models import Incident, Kind, Severity, State, Update, UpdateState
from incidents.response import staffing
from roles import grants
from roles.catalog import Role
from roles.models import User
from roles.policy import SYSTEM
from statuspage.models import PublicUpdate, StatusPage
from tests import make

MAJOR = [Severity.SEV1, Severity.SEV2]
MINOR = [Severity.SEV4, Severity.SEV5]


def at(severity: str) -> Incident:
    """The incident of the test, at another severity."""
    Incident.objects.update(severity=severity)
    return Incident.objects.get()


def steps(update: Update, person: User) -> set[str]:
    fresh = Update.objects.get(pk=update.pk)
    return set(updates.steps_for(fresh, person, grants.held(person, fresh.incident)))


# --- writing ----------------------------------------------------------------------------------


def test_a_draft_is_kept_with_its_author_and_told_to_nobody(draft: Update, comms_lead: User, page: StatusPage) -> None:
    stored = Update.objects.get()
    assert (stored, stored.state, stored.author, stored.page) == (draft, UpdateState.DRAFT, comms_lead, page.slug)
    assert draft.incident.entries.last().kind == Kind.UPDATE_DRAFTED
    assert not PublicUpdate.objects.exists()


def test_those_draft_whose_role_it_is(
    incident: Incident, commander: User, comms_lead: User, liaison: User, page_manager: User
) -> None:
    for person in (commander, comms_lead, liaison, page_manager):
        assert make.make_draft(incident, by=person).author == person


def test_nobody_else_drafts(
    incident: Incident, tech_lead: User, sme: User, scribe: User, shadow: User, bystander: User, outsider: User
) -> None:
    for person in (tech_lead, sme, scribe, shadow, bystander, outsider):
        with pytest.raises(PermissionDenied):
            make.make_draft(incident, by=person)
    assert not Update.objects.exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"body": "  "}, "needs a text"),
        ({"body": "x" * 20_001}, "at most 20,000"),
        ({"body": "x", "title": "two\nlines"}, "one line"),
        ({"body": "x", "title": "x" * 201}, "at most 200"),
        ({"body": "x", "status": "exploded"}, "not a valid choice"),
        ({"body": "x", "components": {"card-payments": "major_outage"}}, "sets no component"),
    ],
)
def test_a_text_that_makes_no_sense_is_not_kept(
    incident: Incident, comms_lead: User, fields: dict, sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        make.make_draft(incident, by=comms_lead, **fields)
    assert not Update.objects.exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"components": {"kettle": "major_outage"}}, "no component kettle"),
        ({"components": {"card-payments": "sad"}}, "sad is no component status"),
    ],
)
def test_a_public_text_names_what_its_page_does_not_have(
    incident: Incident, comms_lead: User, page: StatusPage, fields: dict, sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        make.make_draft(incident, by=comms_lead, page=page, **fields)
    assert not Update.objects.exists()


def test_nothing_more_is_said_of_a_cancelled_incident(incident: Incident, commander: User) -> None:
    lifecycle.move(incident, "cancel", by=commander, reason=make.REASON)
    with pytest.raises(Conflict, match="nothing more is said"):
        make.make_draft(incident, by=commander)


def test_a_draft_under_a_key_is_made_once(incident: Incident) -> None:
    first = make.make_draft(incident, by=SYSTEM, key="move:1")
    assert make.make_draft(incident, by=SYSTEM, key="move:1", body="Another text.") == first
    assert Update.objects.get().body == "We are looking into it."


def test_an_edit_changes_what_it_names_and_raises_the_version(draft: Update, commander: User) -> None:
    edited = updates.edit(draft, by=commander, seen_version=1, body="  Cards fail in the EU. ")
    assert (edited.body, edited.title, edited.version) == ("Cards fail in the EU.", draft.title, 2)
    assert (edited.author, edited.edited_by) == (draft.author, commander)


def test_two_who_edit_at_once_the_second_is_told_and_overwrites_nothing(
    draft: Update, comms_lead: User, commander: User
) -> None:
    with time_machine.travel(datetime(2026, 3, 2, 12, 0, tzinfo=UTC), tick=False):
        updates.edit(draft, by=commander, seen_version=1, body="From the commander.")
    with pytest.raises(Conflict, match="Amara changed this text at 12:00 UTC, after you opened it"):
        updates.edit(draft, by=comms_lead, seen_version=1, body="From the Comms Lead.")
    assert Update.objects.get().body == "From the commander."


def test_what_an_edit_implies_is_kept_too(draft: Update, comms_lead: User, commander: User) -> None:
    """To say that it is resolved is to say that what it had brought down works again."""
    at(Severity.SEV4)
    updates.edit(draft, by=comms_lead, seen_version=1, components={"card-payments": "major_outage"})
    updates.publish(Update.objects.get(), by=commander)
    last = make.make_draft(Incident.objects.get(), by=comms_lead, page=StatusPage.objects.get())
    updates.edit(last, by=comms_lead, seen_version=1, status="resolved")
    assert Update.objects.get(pk=last.pk).components == {"card-payments": "operational"}


def test_state_and_author_are_not_edited(draft: Update, comms_lead: User) -> None:
    with pytest.raises(ValidationError, match="approved_by, state cannot be changed"):
        updates.edit(draft, by=comms_lead, seen_version=1, state="approved", approved_by=comms_lead)


# --- approving --------------------------------------------------------------------------------


@pytest.mark.parametrize("severity", MAJOR)
def test_comms_lead_cannot_approve_her_own_draft(
    draft: Update, comms_lead: User, commander: User, severity: str
) -> None:
    staffing.delegate_approval(draft.incident.seats.get(user=comms_lead), by=commander, may_approve=True)
    at(severity)
    updates.submit(draft, by=comms_lead)
    with pytest.raises(PermissionDenied, match=f"At {severity} somebody else must approve what you wrote"):
        updates.approve(Update.objects.get(), by=comms_lead)
    assert steps(draft, comms_lead) == {"edit", "discard", "send_back"}
    assert Update.objects.get().state == UpdateState.SUBMITTED
    assert updates.approve(Update.objects.get(), by=commander).approved_by == commander


def test_comms_lead_approves_nothing_without_a_delegation(draft: Update, comms_lead: User, commander: User) -> None:
    by_commander = make.make_draft(draft.incident, by=commander)
    for text in (draft, by_commander):
        updates.submit(text, by=comms_lead)
        with pytest.raises(PermissionDenied, match="may not approve update"):
            updates.approve(text, by=comms_lead)


def test_a_delegated_comms_lead_approves_what_somebody_else_wrote(
    draft: Update, comms_lead: User, commander: User, liaison: User
) -> None:
    staffing.delegate_approval(draft.incident.seats.get(user=comms_lead), by=commander, may_approve=True)
    text = make.make_draft(Incident.objects.get(), by=liaison)
    updates.submit(text, by=liaison)
    assert updates.approve(Update.objects.get(pk=text.pk), by=comms_lead).state == UpdateState.APPROVED


@pytest.mark.parametrize("severity", MAJOR)
def test_whoever_changed_a_text_last_does_not_approve_it(
    draft: Update, comms_lead: User, commander: User, severity: str
) -> None:
    at(severity)
    updates.submit(draft, by=comms_lead)
    updates.edit(Update.objects.get(), by=commander, seen_version=2, body="Changed while it waited.")
    with pytest.raises(PermissionDenied, match="somebody else must approve"):
        updates.approve(Update.objects.get(), by=commander)


@pytest.mark.parametrize("step", [updates.approve, updates.publish])
def test_what_was_changed_after_somebody_read_it_does_not_pass_unread(
    draft: Update, comms_lead: User, commander: User, step: Callable[..., Update]
) -> None:
    updates.submit(draft, by=comms_lead)
    read = Update.objects.get(pk=draft.pk).version
    changed = updates.edit(draft, by=comms_lead, seen_version=read, body="Something else.")
    with pytest.raises(Conflict, match=f"{comms_lead} changed this text"):
        step(Update.objects.get(pk=draft.pk), by=commander, seen_version=read)
    assert Update.objects.get(pk=draft.pk).state == UpdateState.SUBMITTED
    assert updates.approve(changed, by=commander, seen_version=changed.version).state == UpdateState.APPROVED


def test_an_administrator_approves_no_text_of_their_own_either(incident: Incident, administrator: User) -> None:
    text = make.make_draft(incident, by=administrator)
    updates.submit(text, by=administrator)
    with pytest.raises(PermissionDenied, match="somebody else must approve"):
        updates.approve(text, by=administrator)


def test_at_sev3_an_author_who_may_approve_may_approve_it(
    incident: Incident, commander: User, page: StatusPage
) -> None:
    text = make.make_draft(at(Severity.SEV3), by=commander, page=page)
    with pytest.raises(Conflict, match="must be approved before"):
        updates.publish(text, by=commander)
    updates.submit(text, by=commander)
    updates.approve(text, by=commander)
    assert updates.publish(text, by=commander).state == UpdateState.PUBLISHED


def test_at_sev3_one_who_may_not_approve_still_may_not(draft: Update, comms_lead: User) -> None:
    at(Severity.SEV3)
    updates.submit(draft, by=comms_lead)
    with pytest.raises(PermissionDenied):
        updates.approve(Update.objects.get(), by=comms_lead)


@pytest.mark.parametrize("severity", MINOR)
def test_below_sev3_there_is_no_approval_step(draft: Update, comms_lead: User, severity: str) -> None:
    at(severity)
    assert steps(draft, comms_lead) == {"edit", "discard", "publish"}
    assert updates.publish(Update.objects.get(), by=comms_lead).state == UpdateState.PUBLISHED


def test_a_page_may_do_without_approval(draft: Update, comms_lead: User, page: StatusPage) -> None:
    with pytest.raises(Conflict, match="must be approved"):
        updates.publish(draft, by=comms_lead)
    StatusPage.objects.update(publish_without_approval=True)
    assert updates.publish(draft, by=comms_lead).state == UpdateState.PUBLISHED


def test_a_text_approved_by_its_author_does_not_go_out_after_the_severity_rose(
    incident: Incident, commander: User, deputy: User, page: StatusPage
) -> None:
    text = make.make_draft(at(Severity.SEV3), by=commander, page=page)
    updates.submit(text, by=commander)
    updates.approve(text, by=commander)
    at(Severity.SEV1)
    assert steps(text, commander) == {"discard", "send_back"}
    with pytest.raises(Conflict, match="must be approved again") as refusal:
        updates.publish(Update.objects.get(), by=commander)
    assert refusal.value.needed == ["approval"]
    updates.send_back(Update.objects.get(), by=deputy, comment="Once more, please.")
    updates.submit(Update.objects.get(), by=commander)
    updates.approve(Update.objects.get(), by=deputy)
    assert updates.publish(Update.objects.get(), by=commander).state == UpdateState.PUBLISHED


def test_a_draft_is_not_approved_before_it_is_submitted(draft: Update, commander: User) -> None:
    with pytest.raises(Conflict, match="This update is draft"):
        updates.approve(draft, by=commander)


def test_sending_back_returns_the_text_to_its_author_with_a_comment(
    draft: Update, comms_lead: User, commander: User
) -> None:
    updates.submit(draft, by=comms_lead)
    with pytest.raises(PermissionDenied):
        updates.send_back(draft, by=comms_lead, comment="Hm.")
    with pytest.raises(ValidationError, match="Say what should change"):
        updates.send_back(draft, by=commander, comment="  ")
    back = updates.send_back(draft, by=commander, comment=" Say since when. ")
    assert (back.state, back.comment, back.approved_by) == (UpdateState.DRAFT, "Say since when.", None)
    assert back.incident.entries.last().body == "Say since when."
    assert updates.submit(back, by=comms_lead).comment == ""


def test_an_approved_text_can_be_sent_back_but_not_edited(draft: Update, comms_lead: User, commander: User) -> None:
    updates.submit(draft, by=comms_lead)
    approved = updates.approve(draft, by=commander)
    with pytest.raises(Conflict, match="it can no longer be edited"):
        updates.edit(approved, by=comms_lead, seen_version=approved.version, body="Changed after approval.")
    back = updates.send_back(approved, by=commander, comment="Wrong region.")
    assert (back.state, back.approved_by, back.approved_at) == (UpdateState.DRAFT, None, None)


# --- publishing -------------------------------------------------------------------------------


@pytest.fixture
def approved(draft: Update, comms_lead: User, commander: User) -> Update:
    updates.submit(draft, by=comms_lead)
    updates.approve(draft, by=commander)
    return Update.objects.get()


def test_the_page_manager_publishes_what_was_approved(approved: Update, page_manager: User) -> None:
    published = updates.publish(approved, by=page_manager)
    assert (published.state, published.published_by) == (UpdateState.PUBLISHED, page_manager)
    public = PublicUpdate.objects.get()
    assert (public.update, public.body, public.public_incident.title) == (published, approved.body, approved.title)
    entry = approved.incident.entries.last()
    assert (entry.kind, entry.data["update"], entry.data["page"]) == ("update_published", published.pk, "halyard")


def test_beside_a_page_manager_nobody_else_publishes(
    approved: Update, page_manager: User, commander: User, comms_lead: User
) -> None:
    for person in (commander, comms_lead):
        with pytest.raises(PermissionDenied):
            updates.publish(Update.objects.get(), by=person)
    assert not PublicUpdate.objects.exists()


@pytest.mark.parametrize("name", ["commander", "comms_lead"])
def test_without_a_page_manager_the_two_may_publish(
    approved: Update, name: str, request: pytest.FixtureRequest
) -> None:
    assert updates.publish(approved, by=request.getfixturevalue(name)).state == UpdateState.PUBLISHED


def test_a_page_manager_does_not_publish_what_waits_for_approval(
    draft: Update, comms_lead: User, page_manager: User
) -> None:
    for _ in range(2):
        with pytest.raises(Conflict, match="must be approved before"):
            updates.publish(Update.objects.get(), by=page_manager)
        if Update.objects.get().state == UpdateState.DRAFT:
            updates.submit(draft, by=comms_lead)
    assert not PublicUpdate.objects.exists()


def test_publishing_twice_publishes_once_and_says_who_did(
    approved: Update, page_manager: User, administrator: User
) -> None:
    with time_machine.travel(datetime(2026, 3, 2, 12, 0, tzinfo=UTC), tick=False):
        updates.publish(approved, by=page_manager)
    with pytest.raises(Conflict, match="published since 12:00 UTC, by Kenji"):
        updates.publish(approved, by=administrator)
    assert PublicUpdate.objects.count() == 1


def test_a_publication_that_fails_leaves_everything_as_it_was(
    approved: Update, page_manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    rows = approved.incident.entries.count()
    monkeypatch.setattr("statuspage.announcements.PublicAudience.publish", broken)
    with pytest.raises(OSError, match="the disk is full"):
        updates.publish(approved, by=page_manager)
    assert (Update.objects.get().state, approved.incident.entries.count()) == (UpdateState.APPROVED, rows)


def test_the_product_publishes_its_own_text_of_a_move(incident: Incident, page: StatusPage) -> None:
    text = make.make_draft(incident, by=SYSTEM, page=page)
    assert updates.publish(text, by=SYSTEM).published_by is None


def test_a_discarded_text_never_goes_out(approved: Update, comms_lead: User, page_manager: User) -> None:
    dropped = updates.discard(approved, by=comms_lead)
    assert dropped.state == UpdateState.DISCARDED
    assert approved.incident.entries.last().body == approved.body
    with pytest.raises(Conflict, match="This update is discarded since"):
        updates.publish(dropped, by=page_manager)
    assert not PublicUpdate.objects.exists()


def test_a_published_text_is_not_discarded(approved: Update, comms_lead: User, page_manager: User) -> None:
    published = updates.publish(approved, by=page_manager)
    with pytest.raises(Conflict, match="This update is published since"):
        updates.discard(published, by=comms_lead)


# --- what is offered --------------------------------------------------------------------------


def test_what_is_offered_in_each_state(draft: Update, comms_lead: User, commander: User, page_manager: User) -> None:
    assert steps(draft, comms_lead) == {"edit", "discard", "submit"}
    assert steps(draft, commander) == {"edit", "discard", "submit"}
    updates.submit(draft, by=comms_lead)
    assert steps(draft, commander) == {"edit", "discard", "approve", "send_back"}
    assert steps(draft, page_manager) == {"edit", "discard"}
    updates.approve(draft, by=commander)
    assert steps(draft, commander) == {"discard", "send_back"}
    assert steps(draft, page_manager) == {"discard", "publish", "schedule"}
    updates.publish(draft, by=page_manager)
    for person in (commander, comms_lead, page_manager):
        assert steps(draft, person) == set()


def test_nothing_is_offered_to_who_may_nothing(draft: Update, bystander: User, scribe: User, shadow: User) -> None:
    for person in (bystander, scribe, shadow):
        assert steps(draft, person) == set()


@pytest.mark.parametrize("state", [State.RESOLVED, State.CLOSED])
def test_the_last_words_are_said_after_the_end(incident: Incident, commander: User, state: str) -> None:
    for verb in make.ROAD[state]:
        lifecycle.move(incident, verb, by=SYSTEM, reason=make.REASON)
    assert make.make_draft(incident, by=commander).state == UpdateState.DRAFT


def test_an_internal_text_waits_for_a_second_pair_of_eyes_at_sev1_only(incident: Incident, commander: User) -> None:
    text = make.make_draft(incident, by=commander)
    with pytest.raises(Conflict, match="must be approved"):
        updates.publish(text, by=commander)
    at(Severity.SEV3)
    assert updates.publish(Update.objects.get(), by=commander).state == UpdateState.PUBLISHED
    assert incident.seats.held().filter(role=Role.STATUS_PAGE_MANAGER).count() == 0
