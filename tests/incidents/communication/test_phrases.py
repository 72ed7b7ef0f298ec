"""Message templates: which one fits, what placeholders become, and what is refused when one is kept."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError

from incidents.communication import first_phrases, languages, phrases, updates
from incidents.conflicts import Overtaken
from incidents.models import Audience, Incident, MessageTemplate
from roles.models import AuditEvent, User
from roles.policy import SYSTEM
from statuspage.models import StatusPage
from tests import make

NOW = datetime(2025, 11, 23, 2, 58, tzinfo=UTC)


def facts(**changes: object) -> phrases.Facts:
    """Card payments fail since 02:14, the next update is promised for 03:15."""
    known: dict = {
        "title": "Card payments are failing",
        "components": ("Card payments", "Payouts"),
        "status": "identified",
        "impact": "major",
        "next_update_at": datetime(2025, 11, 23, 3, 15, tzinfo=UTC),
        "page": "Halyard",
        "started_at": datetime(2025, 11, 23, 2, 14, tzinfo=UTC),
        "ended_at": None,
        "now": NOW,
        "workaround": "Try again: nobody is charged twice.",
        "key": "INC-284",
    }
    return phrases.Facts(**{**known, **changes})


def template(**fields: object) -> MessageTemplate:
    """A public template that says the cause is known."""
    return phrases.add_template(by=SYSTEM, **{"name": "Ours", "body": "We know why.", **fields})


# --- placeholders -----------------------------------------------------------------------------


def test_each_placeholder_says_what_its_help_says() -> None:
    said = phrases.values(facts())
    assert said["components"] == "Card payments and Payouts"
    assert said["next_update"] == "Next update by 03:15 UTC."
    assert (said["started_at"], said["duration"]) == ("02:14 UTC", "44 minutes")
    assert (said["status"], said["impact"], said["page"]) == ("Identified", "major disruption", "Halyard")
    assert set(said) == set(phrases.PLACEHOLDERS)


def test_they_speak_the_language_of_the_template() -> None:
    said = phrases.values(facts(), "de-at")
    assert said["components"] == "Card payments und Payouts"
    assert said["next_update"] == "Nächste Meldung bis 03:15 UTC."
    assert (said["status"], said["duration"]) == ("Ursache gefunden", "44 Minuten")
    assert phrases.values(facts(), "fr")["next_update"] == "Prochaine information avant 03:15 UTC."


def test_what_is_not_known_leaves_no_hole() -> None:
    said = phrases.values(facts(next_update_at=None, workaround="", components=()))
    text = phrases.fill("We work on {components}.\n\n{workaround}\n\n{next_update}", said)
    assert text == "We work on Halyard."


def test_a_day_stands_beside_a_time_that_is_not_todays() -> None:
    yesterday = NOW - timedelta(days=1)
    assert phrases.values(facts(started_at=yesterday))["started_at"] == "22 Nov, 02:58 UTC"
    assert phrases.values(facts(started_at=yesterday), "de")["started_at"] == "22. Nov., 02:58 UTC"


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=20), "1 minute"),
        (timedelta(minutes=44), "44 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=2, minutes=5), "2 hours 5 minutes"),
        (timedelta(days=3, hours=2), "3 days"),
    ],
)
def test_a_length_is_said_as_people_say_it(length: timedelta, words: str) -> None:
    assert languages.lasted(length) == words


def test_inside_words_are_for_those_inside() -> None:
    phrases.check("{key}: {summary}", audience=Audience.INTERNAL)
    with pytest.raises(ValidationError, match=r"\{key\} is not for the audience public page"):
        phrases.check("See {key}.")
    with pytest.raises(ValidationError, match=r"\{summary\} is not for the audience support"):
        phrases.check("{key}: {summary}", audience=Audience.SUPPORT)


def test_an_incident_fills_its_own_template(incident: Incident, page: StatusPage, commander: User) -> None:
    row = template(audience="internal", body="{key} ({severity}), {state}: {commander} commands. {title}")
    said = phrases.prefill(row, incident)
    assert said.body == f"{incident.key} (SEV1), investigating: Amara commands. {incident.title}"


def test_the_public_never_reads_the_title_from_inside(incident: Incident, page: StatusPage) -> None:
    said = phrases.prefill(template(title="{title}", body="{components}: {title}"), incident, page=page.slug)
    assert (said.title, incident.title in said.body) == ("Problem with Card payments", False)


def test_the_title_is_what_the_page_said_last(incident: Incident, page: StatusPage) -> None:
    draft = make.make_draft(incident, by=SYSTEM, page=page, title="EU card payments are failing")
    updates.publish(draft, by=SYSTEM)
    assert phrases.public_title(incident, page.slug) == "EU card payments are failing"


# --- which one fits ---------------------------------------------------------------------------


def test_the_most_exact_one_is_chosen(db: None) -> None:
    MessageTemplate.objects.all().delete()
    anything = template(name="any")
    phase = template(name="phase", phase="identified")
    exact = template(name="exact", phase="identified", impact="major")
    own = template(name="own", page="halyard")
    assert phrases.best("public", phase="identified", impact="major").template == exact
    assert phrases.best("public", phase="identified", impact="minor").template == phase
    assert phrases.best("public", phase="resolved").template == anything
    assert phrases.best("public", phase="identified", impact="major", page="halyard").template == own
    assert phrases.best("internal", phase="identified") is None


def test_another_language_steps_in_and_is_marked(db: None) -> None:
    german = phrases.best("public", phase="identified", language="de")
    assert (german.template.language, german.is_fallback) == ("de", False)
    austrian = phrases.best("public", phase="identified", language="de-at")
    assert (austrian.template.language, austrian.is_fallback) == ("de", False)
    polish = phrases.best("public", phase="identified", language="pl")
    assert (polish.template.language, polish.is_fallback) == ("en", True)


def test_what_is_retired_or_only_holds_is_not_offered(db: None) -> None:
    MessageTemplate.objects.all().delete()
    holding = template(name="hold", is_holding=True, is_approved=True)
    assert phrases.best("public", phase="identified") is None
    assert phrases.best("public", is_holding=True).template == holding
    phrases.retire_template(holding, by=SYSTEM)
    assert phrases.best("public", is_holding=True) is None


def test_a_new_installation_has_words_for_every_phase_and_audience(db: None) -> None:
    phases = {"investigating", "identified", "monitoring", "resolved"}
    for impact in ("minor", "major", "critical"):
        for phase in phases:
            found = phrases.best("public", phase=phase, impact=impact).template
            assert (found.phase, found.impact) == (phase, impact)
    for audience in ("internal", "executive", "support"):
        for phase in phases:
            assert phrases.best(audience, phase=phase).template.phase == phase
    for language in ("de", "fr"):
        for phase in (*phases, "postmortem"):
            found = phrases.best("public", phase=phase, language=language).template
            assert (found.phase, found.language) == (phase, language)
            assert phrases.best("public", language=language, is_holding=True).template.language == language


@pytest.mark.parametrize("phrase", first_phrases.PHRASES, ids=lambda one: f"{one.language} {one.audience} {one.name}")
def test_each_first_text_can_be_filled_without_a_hole(phrase: first_phrases.Phrase) -> None:
    for text in (phrase.title, phrase.body):
        phrases.check(text, audience=phrase.audience)
    row = MessageTemplate(title=phrase.title, body=phrase.body, language=phrase.language)
    known = {"severity": "SEV1", "state": "identified", "summary": "A limit was cut.", "commander": "Amara"}
    said = phrases.filled(row, facts(**known))
    assert not phrases.left_over(said.body)
    assert "{" not in said.title + said.body
    assert "  " not in said.body


# --- keeping them -----------------------------------------------------------------------------


def test_who_keeps_our_words_makes_and_changes_templates(administrator: User, comms_lead: User) -> None:
    with pytest.raises(PermissionDenied):
        phrases.add_template(by=comms_lead, name="Mine", body="Words.")
    row = phrases.add_template(by=administrator, name="Ours", body="Words.")
    with pytest.raises(PermissionDenied):
        phrases.change_template(row, by=comms_lead, body="Mine.")
    row = phrases.change_template(row, by=administrator, body="Better words.")
    assert (row.body, row.version, row.edited_by) == ("Better words.", 2, administrator)
    assert [event.action for event in AuditEvent.objects.order_by("pk")] == [
        "message_template.added",
        "message_template.changed",
    ]


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"body": "We know {why}."}, "body", "{why} is no placeholder"),
        ({"body": "{title.__class__}"}, "body", "is no placeholder"),
        ({"title": "{key}"}, "title", "is not for the audience"),
        ({"title": "two\nlines"}, "title", "one line"),
        ({"body": "x" * 5001}, "body", "at most 5,000"),
        ({"language": "klingon!"}, "language", "A code such as"),
        ({"audience": "internal", "page": "halyard"}, "page", "belongs to a page"),
    ],
)
def test_what_no_template_can_say_is_refused_beside_its_field(
    db: None, fields: dict, field: str, sentence: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        template(**fields)
    assert sentence in refused.value.message_dict[field][0]
    assert not MessageTemplate.objects.filter(name="Ours").exists()


def test_two_who_change_one_template_lose_no_words(administrator: User) -> None:
    row = template()
    phrases.change_template(row, by=administrator, seen_version=1, body="Mine.")
    with pytest.raises(Overtaken) as refused:
        phrases.change_template(row, by=administrator, seen_version=1, body="Yours.")
    assert (refused.value.mine, refused.value.theirs) == ({"body": "Yours."}, {"body": "Mine."})


# --- doors ------------------------------------------------------------------------------------


def test_the_page_lists_filters_and_keeps_templates(administrator: User, bystander: User, client_of) -> None:
    client = client_of(administrator)
    shown = client.get("/settings/words/templates/?audience=executive")
    assert {row.audience for row in shown.context["rows"]} == {"executive"}
    form = {"name": "Ours", "audience": "public", "language": "en", "body": "We know {why}."}
    refused = client.post("/settings/words/templates/", form)
    assert refused.status_code == 400
    assert "is no placeholder" in refused.content.decode()
    assert "We know {why}." in refused.content.decode()
    assert client.post("/settings/words/templates/", {**form, "body": "We know."}).status_code == 302
    row = MessageTemplate.objects.get(name="Ours")
    assert client_of(bystander).post(f"/settings/words/templates/{row.pk}/", {"do": "retire"}).status_code == 403
    client.post(f"/settings/words/templates/{row.pk}/", {"do": "retire"})
    row.refresh_from_db()
    assert not row.is_active


def test_the_preview_says_what_the_form_would_say(
    incident: Incident, page: StatusPage, bystander: User, client_of
) -> None:
    client = client_of(bystander)
    form = {"audience": "internal", "language": "en", "body": "{key} is {severity}."}
    assert f"{incident.key} is SEV1." in client.post("/settings/words/templates/preview/", form).content.decode()
    wrong = client.post("/settings/words/templates/preview/", {**form, "body": "{why}"}).content.decode()
    assert "is no placeholder" in wrong


def test_programs_keep_templates_as_people_do(administrator: User, bystander: User, api_of) -> None:
    api = api_of(administrator)
    made = api.post(
        "/api/v1/message-templates/", {"name": "Ours", "body": "We know why."}, content_type="application/json"
    )
    assert (made.status_code, made.json()["version"], made.json()["audience"]) == (201, 1, "public")
    one = f"/api/v1/message-templates/{made.json()['id']}/"
    wrong = api.patch(one, {"body": "{why}"}, content_type="application/json")
    assert (wrong.status_code, MessageTemplate.objects.get(name="Ours").body) == (400, "We know why.")
    assert api.patch(one, {"is_active": False, "version": 1}, content_type="application/json").status_code == 200
    assert api_of(bystander).patch(one, {"body": "x"}, content_type="application/json").status_code == 403
    listed = api.get("/api/v1/message-templates/?audience=support").json()["results"]
    assert {row["audience"] for row in listed} == {"support"}


def test_the_admin_keeps_them_by_the_same_work(administrator: User, client_of) -> None:
    row = template()
    client = client_of(administrator)
    url = f"/admin/incidents/messagetemplate/{row.pk}/change/"
    form = make.form_of(client.get(url))
    wrong = client.post(url, {**form, "body": "{why}"})
    assert (wrong.status_code, b"is no placeholder" in wrong.content) == (200, True)
    assert client.post(url, {**form, "body": "We know."}).status_code == 302
    row.refresh_from_db()
    assert (row.body, row.version, row.edited_by) == ("We know.", 2, administrator)


def test_the_guide_names_each_placeholder_with_what_it_says() -> None:
    guide = (settings.BASE_DIR / "docs" / "composer.md").read_text()
    for name, one in phrases.PLACEHOLDERS.items():
        assert f"| `{{{name}}}` | {one.fills} |" in guide
