"""While a text is written: nothing typed is lost, two do not write over each other, and what changed is seen."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from incidents import lifecycle
from incidents.communication import composing, updates
from incidents.conflicts import Conflict
from incidents.models import Incident, UnsavedText, Update
from roles.models import User
from roles.policy import SYSTEM
from statuspage.models import StatusPage
from tests import make


def room(incident: Incident, *, seat: str = "comms_lead", **query: object) -> str:
    more = "".join(f"&{name}={value}" for name, value in query.items())
    return f"/incidents/{incident.key}/?seat={seat}{more}"


# --- several audiences ------------------------------------------------------------------------


def test_one_text_is_for_several_by_one_save(incident: Incident, page: StatusPage, comms_lead: User, client_of) -> None:
    form = {
        "audience": ["support", "public", "internal"],
        "page": "halyard",
        "status": "investigating",
        "title": "Cards fail",
        "body": "Some card payments fail.",
        "notify": "on",
        "language": "en",
    }
    client_of(comms_lead).post(f"/incidents/{incident.key}/updates/", form)
    update = incident.updates.get(author=comms_lead)
    assert (update.audience, update.also_for) == ("public", ["internal", "support"])


def test_the_public_is_never_somebody_who_gets_it_too(incident: Incident, page: StatusPage, comms_lead: User) -> None:
    with pytest.raises(ValidationError, match="not the other way"):
        updates.draft(incident, by=comms_lead, audience="internal", body="x", also_for=["public"])
    with pytest.raises(ValidationError, match="Updates can be for"):
        updates.draft(incident, by=comms_lead, audience="internal", body="x", also_for=["everybody"])


def test_programs_name_further_audiences_and_the_language(
    incident: Incident, page: StatusPage, comms_lead: User, api_of
) -> None:
    api, url = api_of(comms_lead), f"/api/v1/incidents/{incident.key}/updates/"
    text = {"audience": "public", "page": "halyard", "body": "Karten gehen nicht.", "language": "de"}
    made = api.post(url, {**text, "also_for": ["support", "internal"]}, content_type="application/json")
    assert (made.status_code, made.json()["also_for"], made.json()["language"]) == (201, ["internal", "support"], "de")
    one = f"{url}{made.json()['id']}/"
    assert api.patch(one, {"also_for": []}, content_type="application/json").json()["also_for"] == []
    assert api.patch(one, {"also_for": ["board"]}, content_type="application/json").status_code == 400


def test_the_strictest_audience_asks_for_approval(incident: Incident, page: StatusPage, comms_lead: User) -> None:
    Incident.objects.update(severity="SEV3")
    incident.refresh_from_db()
    alone = updates.draft(incident, by=comms_lead, audience="internal", body="x")
    both = make.make_draft(incident, by=comms_lead, page=page, also_for=["internal"])
    assert "submit" not in updates.steps_for(alone, comms_lead, frozenset({"incidents.draft_update"}))
    assert "submit" in updates.steps_for(both, comms_lead, frozenset({"incidents.draft_update"}))


def test_ticking_nobody_is_refused_with_the_words_kept(incident: Incident, comms_lead: User, client_of) -> None:
    answer = client_of(comms_lead).post(
        f"/incidents/{incident.key}/updates/", {"audience": "", "body": "My long words."}
    )
    assert answer.status_code == 409 or "My long words." in answer.content.decode()
    assert not incident.updates.filter(author=comms_lead).exists()


# --- nothing typed is lost --------------------------------------------------------------------


def test_what_is_typed_is_kept_and_comes_back_on_any_device(
    incident: Incident, page: StatusPage, comms_lead: User, commander: User, client_of
) -> None:
    kept = client_of(comms_lead).post(
        f"/incidents/{incident.key}/updates/unsaved/",
        {"audience": ["public", "internal"], "body": "Half a sen", "title": "Cards", "status": "identified"},
    )
    assert kept.json()["kept"] == f"{UnsavedText.objects.get().typed_at:%H:%M}"
    shown = client_of(comms_lead).get(room(incident)).content.decode()
    assert "Half a sen</textarea>" in shown
    assert "Restored what you typed" in shown
    form = client_of(comms_lead).get(room(incident)).context["composer"]
    assert (form["title"].value(), form["status"].value(), form.chosen) == (
        "Cards", "identified", ["public", "internal"],
    )  # fmt: skip
    assert "Half a sen" not in client_of(commander).get(room(incident, seat="commander", write=1)).content.decode()


def test_saving_takes_the_unsaved_words_away(incident: Incident, page: StatusPage, comms_lead: User, client_of) -> None:
    client = client_of(comms_lead)
    client.post(f"/incidents/{incident.key}/updates/unsaved/", {"audience": "internal", "body": "Half"})
    client.post(f"/incidents/{incident.key}/updates/", {"audience": "internal", "body": "Half a sentence."})
    assert not UnsavedText.objects.exists()
    assert incident.updates.get(author=comms_lead).body == "Half a sentence."


def test_discarding_shows_what_was_saved(incident: Incident, page: StatusPage, draft: Update, client_of) -> None:
    client = client_of(draft.author)
    client.post(f"/incidents/{incident.key}/updates/unsaved/", {"update": draft.pk, "body": "Not this."})
    assert "Not this.</textarea>" in client.get(room(incident, edit=draft.pk)).content.decode()
    client.post(f"/incidents/{incident.key}/updates/unsaved/drop/", {"update": draft.pk})
    shown = client.get(room(incident, edit=draft.pk)).content.decode()
    assert "Not this." not in shown
    assert f"{draft.body}</textarea>" in shown


def test_a_copy_that_comes_late_is_not_kept_over_what_was_saved(incident: Incident, draft: Update, client_of) -> None:
    seen = draft.version
    updates.edit(draft, by=draft.author, seen_version=seen, body="Saved.")
    client_of(draft.author).post(
        f"/incidents/{incident.key}/updates/unsaved/", {"update": draft.pk, "version": seen, "body": "Older."}
    )
    assert not UnsavedText.objects.exists()


def test_more_than_is_kept_is_a_sentence(incident: Incident, comms_lead: User, bystander: User) -> None:
    with pytest.raises(ValidationError, match="are not kept"):
        composing.keep_unsaved(incident, by=comms_lead, words={"body": "x" * 65_001})
    with pytest.raises(PermissionDenied):
        composing.keep_unsaved(incident, by=bystander, words={"body": "x"})


def test_64_kb_are_refused_with_a_sentence_and_given_back(incident: Incident, comms_lead: User, client_of) -> None:
    long = "word " * 13_000
    answer = client_of(comms_lead).post(f"/incidents/{incident.key}/updates/", {"audience": "internal", "body": long})
    assert answer.status_code == 400
    assert "at most 20,000 characters" in answer.content.decode()
    assert long.strip() in answer.content.decode()


# --- in whose hand ----------------------------------------------------------------------------


def test_a_text_is_in_one_hand_for_two_minutes_after_the_last_keystroke(draft: Update, commander: User) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        composing.hold(draft, by=draft.author)
        assert composing.held_by_other(Update.objects.get(), commander) == draft.author
        with pytest.raises(Conflict, match="Jonas is writing this text until"):
            composing.hold(draft, by=commander)
        with pytest.raises(Conflict, match="Jonas is writing"):
            updates.edit(draft, by=commander, seen_version=draft.version, body="Mine.")
        clock.shift(timedelta(seconds=119))
        composing.hold(draft, by=draft.author)
        clock.shift(timedelta(seconds=119))
        assert composing.held_by_other(Update.objects.get(), commander) == draft.author
        clock.shift(timedelta(seconds=2))
        assert composing.held_by_other(Update.objects.get(), commander) is None
        updates.edit(draft, by=commander, seen_version=draft.version, body="Mine now.")


def test_it_can_be_taken_over_and_who_had_it_is_told(
    incident: Incident, draft: Update, commander: User, client_of
) -> None:
    composing.hold(draft, by=draft.author)
    shown = client_of(commander).get(room(incident, seat="commander", edit=draft.pk)).content.decode()
    assert "Jonas is writing this text until" in shown
    client_of(commander).post(f"/incidents/{incident.key}/updates/{draft.pk}/take-over/")
    kept = client_of(draft.author).post(
        f"/incidents/{incident.key}/updates/unsaved/", {"update": draft.pk, "version": draft.version, "body": "Mine."}
    )
    assert kept.json()["writer"].startswith("Amara is writing this text")
    assert UnsavedText.objects.get().words["body"] == "Mine."


def test_saving_gives_it_out_of_the_hand(draft: Update, commander: User) -> None:
    composing.hold(draft, by=draft.author)
    updates.edit(draft, by=draft.author, seen_version=draft.version, body="Done.")
    assert composing.held_by_other(Update.objects.get(), commander) is None


def test_who_may_not_write_takes_nothing_in_hand(draft: Update, scribe: User) -> None:
    with pytest.raises(PermissionDenied):
        composing.hold(draft, by=scribe, takes_over=True)
    assert Update.objects.get().editing_by is None


# --- what was said before ---------------------------------------------------------------------


def test_what_changed_can_be_read() -> None:
    pieces = composing.changed("Some cards fail in the EU today.", "Most cards work in the EU today. We watch.")
    assert [(one.kind, one.words) for one in pieces] == [
        ("gone", "Some cards fail"),
        ("added", "Most cards work"),
        ("same", "in the EU today."),
        ("added", "We watch."),
    ]
    assert composing.changed("The same.", "The same.") == [composing.Piece("same", "The same.")]


def test_the_preview_marks_what_changed_for_eyes_and_ears(
    incident: Incident, page: StatusPage, comms_lead: User, client_of
) -> None:
    updates.publish(make.make_draft(incident, by=SYSTEM, page=page, body="Some cards fail."), by=SYSTEM)
    form = {"audience": "public", "page": "halyard", "status": "identified", "body": "No cards fail.", "title": "Cards"}
    shown = client_of(comms_lead).post(
        f"/incidents/{incident.key}/updates/preview/", form, headers={"HX-Request": "true"}
    )
    html = shown.content.decode()
    assert '<ins><span class="sr">added: </span>' in html
    assert '<del><span class="sr">taken out: </span>' in html
    assert "reads at" not in html
    assert "3 words" in html
    assert not incident.updates.filter(body="No cards fail.").exists()


def test_a_draft_says_that_the_incident_has_moved_on(incident: Incident, draft: Update, client_of) -> None:
    assert composing.stale(draft) == ""
    lifecycle.move(incident, "identify", by=SYSTEM)
    stale = Update.objects.select_related("incident").get(pk=draft.pk)
    assert "it was Investigating then and is Identified now" in composing.stale(stale)
    assert (
        "has moved on since this was written"
        in client_of(draft.author).get(room(incident, edit=draft.pk)).content.decode()
    )
    fresh = updates.edit(stale, by=draft.author, seen_version=stale.version, body="Read once more.")
    assert composing.stale(fresh) == ""


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("We see it. We fix it now.", 0, 2),
        ("Capacity is restored for most EU card payments. About 2% still fail. Next update by 03:15 UTC.", 3, 9),
        (
            "Intermittent authorisation irregularities necessitated precautionary reconfiguration of geographically "
            "distributed infrastructure components, notwithstanding previously communicated expectations.",
            18,
            60,
        ),
    ],
)
def test_the_grade_tells_plain_from_hard(text: str, low: int, high: int) -> None:
    assert low <= composing.measure(text).grade <= high


# --- templates in the composer ----------------------------------------------------------------


def test_a_template_is_filled_from_the_facts_and_saves_nothing(
    incident: Incident, page: StatusPage, comms_lead: User, client_of
) -> None:
    client = client_of(comms_lead)
    start = client.get(room(incident)).context["starts"][0]
    form = {
        "audience": "public",
        "page": "halyard",
        "status": "investigating",
        "template": start.pk,
        "body": "My words",
    }
    url = f"/incidents/{incident.key}/updates/fill/"
    made = client.post(url, form, headers={"Accept": "application/json"}).json()
    assert "Card payments" in made["body"]
    assert incident.title not in made["body"]
    without_script = client.post(url, form)
    assert without_script.context["composer"]["body"].value() == made["body"]
    assert without_script.context["before_filling"]["body"] == "My words"
    assert not incident.updates.filter(author=comms_lead).exists()


def test_a_component_that_is_gone_is_named_and_left_out(
    incident: Incident, page: StatusPage, draft: Update, client_of
) -> None:
    updates.edit(draft, by=draft.author, seen_version=draft.version, components={"checkout-api": "partial_outage"})
    page.components.get(slug="checkout-api").delete()
    shown = client_of(draft.author).get(room(incident, edit=draft.pk))
    assert shown.context["composer"].gone == ["checkout-api"]
    assert "is not on the page any more" in shown.content.decode()
    form = {"version": Update.objects.get().version, "page": "halyard", "status": "investigating", "body": "Still."}
    client_of(draft.author).post(f"/incidents/{incident.key}/updates/{draft.pk}/", form)
    assert (Update.objects.get().components, Update.objects.get().body) == ({}, "Still.")


def test_without_script_the_room_comes_back_with_the_preview_and_the_words(
    incident: Incident, page: StatusPage, comms_lead: User, client_of
) -> None:
    form = {"audience": "public", "page": "halyard", "status": "identified", "body": "Cards fail.", "title": "Cards"}
    answer = client_of(comms_lead).post(f"/incidents/{incident.key}/updates/preview/", {**form, "notify": "on"})
    html = answer.content.decode()
    assert (answer.status_code, html.count('class="bubble"')) == (200, 1)
    assert "Halyard status: Cards." in html
    assert "Cards fail.</textarea>" in html


def test_a_preview_is_framed_for_its_maker_alone_and_runs_nothing(
    incident: Incident, page: StatusPage, comms_lead: User, commander: User, client_of
) -> None:
    client = client_of(comms_lead)
    form = {
        "audience": "public", "page": "halyard", "status": "identified", "body": "Cards fail.", "title": "Cards",
        "notify": "on",
    }  # fmt: skip
    shown = client.post(f"/incidents/{incident.key}/updates/preview/", form, headers={"HX-Request": "true"})
    addresses = re.findall(r'<iframe [^>]*src="([^"]+)"', shown.content.decode())
    assert [url.split("/")[-2] for url in addresses] == ["page", "email"]
    for url in addresses:
        framed = client.get(url)
        policy = framed.headers["Content-Security-Policy"]
        assert "Cards fail." in framed.content.decode()
        assert "sandbox allow-same-origin" in policy
        assert "script-src 'none'" in policy
        assert framed.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert client_of(commander).get(url).status_code == 404
