"""Two people edit one text: both versions are kept, compared, and one of them chosen."""

from incidentops.views.versions import compared
from incidents.communication import updates
from incidents.models import Update
from roles.models import User
from tests import make


def edited_by_another(draft: Update, another: User) -> None:
    updates.edit(draft, by=another, seen_version=draft.version, body="About 5% of card payments still fail.")


def form(draft: Update, body: str) -> dict[str, str]:
    return {
        "page": draft.page,
        "title": draft.title,
        "status": draft.status,
        "body": body,
        "version": str(draft.version),
        "next_update_in": "30",
    }


def test_texts_are_woven_together_word_by_word() -> None:
    parts = [(part.text, part.is_same, part.is_theirs) for part in compared("About 5% fail", "About 2% fail")]
    assert parts == [("About ", True, False), ("5%", False, True), ("2%", False, False), (" fail", True, False)]


def test_the_later_of_two_editors_sees_both_texts_and_loses_neither(
    draft: Update, comms_lead: User, commander: User
) -> None:
    edited_by_another(draft, commander)
    path = f"/incidents/{draft.incident.key}/updates/{draft.pk}/"
    answer = make.client_of(comms_lead).post(path, form(draft, "About 2% of card payments still fail."))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Amara changed this text" in page
    assert '<del class="faint"><span class="sr">theirs: </span>5%</del>' in page
    assert '<ins><mark><span class="sr">yours: </span>2%</mark></ins>' in page
    assert 'name="body" value="About 2% of card payments still fail."' in page
    draft.refresh_from_db()
    assert draft.body == "About 5% of card payments still fail."


def test_sending_it_again_with_the_newest_version_saves_mine(draft: Update, comms_lead: User, commander: User) -> None:
    edited_by_another(draft, commander)
    path = f"/incidents/{draft.incident.key}/updates/{draft.pk}/"
    refused = make.client_of(comms_lead).post(path, form(draft, "About 2% of card payments still fail."))
    sent = dict(refused.context["sent"])
    answer = make.client_of(comms_lead).post(path, {**sent, "version": str(refused.context["version"])})
    assert answer.status_code == 302
    draft.refresh_from_db()
    assert draft.body == "About 2% of card payments still fail."


def test_htmx_gets_the_comparison_above_the_form_that_was_typed(
    draft: Update, comms_lead: User, commander: User
) -> None:
    edited_by_another(draft, commander)
    path = f"/incidents/{draft.incident.key}/updates/{draft.pk}/"
    answer = make.client_of(comms_lead).post(path, form(draft, "About 2% fail."), headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Retarget"]) == (409, "#notices")
    assert "<html" not in answer.content.decode()


def test_the_api_answers_both_versions(draft: Update, comms_lead: User, commander: User) -> None:
    edited_by_another(draft, commander)
    path = f"/api/v1/incidents/{draft.incident.key}/updates/{draft.pk}/"
    answer = make.api_of(comms_lead).patch(
        path, {"body": "About 2% fail.", "version": draft.version}, content_type="application/json"
    )
    said = answer.json()
    assert (answer.status_code, said["version"]) == (409, draft.version + 1)
    assert said["theirs"] == {"body": "About 5% of card payments still fail."}
    assert said["mine"] == {"body": "About 2% fail."}
