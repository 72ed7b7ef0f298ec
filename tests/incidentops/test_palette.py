"""The command palette: what it offers to whom, and that it tells nobody of what they may not see."""

import re

import pytest

from incidents.models import Incident, Task
from roles.catalog import Role
from tests import make

HTMX = {"HX-Request": "true"}


@pytest.fixture
def offered(client_of, worker):
    """`offered(person, "words", incident)`: the options, each as its label and whether it posts."""

    def ask(person, words="", incident=None):
        worker.run()
        asked = {"q": words, "in": incident.key if incident else ""}
        text = client_of(person).get("/palette/", asked, headers=HTMX).content.decode()
        options = re.findall(
            r'<li role="option"[^>]*data-url="([^"]*)"([^>]*)>.*?<span class="trunc">(.*?)</span>', text
        )
        return {label: url + (" post" if "data-post" in more else "") for url, more, label in options}

    return ask


def test_a_commander_is_offered_what_the_incident_needs(commander, incident, offered):
    found = offered(commander, "assign support", incident)
    room = f"/incidents/{incident.key}/"
    assert found["Assign Customer Support Liaison"] == f"{room}?seat=support_liaison"
    assert offered(commander, "hand over", incident)["Hand over Incident Commander"].endswith("/hand-over/")
    assert offered(commander, "move", incident)["Move to Identified"] == f"{room}?seat=commander#moves"
    assert offered(commander, "entry", incident)["Add a timeline entry"] == f"{room}#entry-body"
    assert offered(commander, "page person", incident)["Page a person"] == f"{room}?seat=commander#pagings"


def test_the_best_candidate_and_tasks_without_owner_are_named(commander, incident, client_of):
    make.make_user("noor", qualified=[Role.SUPPORT_LIAISON])
    Task.objects.create(incident=incident, title="Stop the rollout")
    asked = {"q": "assign", "in": incident.key}
    text = client_of(commander).get("/palette/", asked, headers=HTMX).content.decode()
    assert "suggested" in text
    text = client_of(commander).get("/palette/", {**asked, "q": "assign stop"}, headers=HTMX).content.decode()
    assert "Assign “Stop the rollout”" in text
    assert "no owner" in text


def test_a_bystander_is_offered_only_what_they_may(bystander, incident, offered):
    found = (
        offered(bystander, "", incident) | offered(bystander, "role", incident) | offered(bystander, "move", incident)
    )
    assert found["Take Incident Commander"] == f"/incidents/{incident.key}/roster/commander/take/ post"
    assert not [label for label in found if label.startswith(("Assign", "Move", "Hand over", "Page", "Change"))]


def test_command_of_a_small_incident_is_offered_to_the_qualified_alone(bystander, offered, db):
    small = make.make_incident(title="Small", severity="SEV3")
    qualified = make.make_user("amara", qualified=[Role.COMMANDER])
    assert "Take Incident Commander" in offered(qualified, "take", small)
    assert "Take Incident Commander" not in offered(bystander, "take", small)


def test_a_seat_is_taken_from_it(bystander, incident, offered, client_of):
    url = offered(bystander, "take scribe", incident)["Take Scribe"].removesuffix(" post")
    client_of(bystander).post(url)
    assert [seat.user for seat in incident.seats.live().filter(role=Role.SCRIBE)] == [bystander]


def test_what_one_works_on_is_at_hand_from_anywhere(tech_lead, incident, offered):
    assert "Hand over Technical Lead" in offered(tech_lead, "hand over")


def test_incidents_are_found_by_words_and_key(bystander, incident, offered):
    label = f"{incident.key} {incident.title}"
    for words in ("card paym", incident.key.lower(), ""):
        assert offered(bystander, words)[label] == f"/incidents/{incident.key}/"
    assert label not in offered(bystander, "zanzibar")
    assert offered(bystander, "zan & zi")["All incidents with “zan &amp; zi”"] == "/incidents/?q=zan+%26+zi"


def test_a_private_incident_is_not_told_of(bystander, commander, outsider, incident, offered):
    Incident.objects.update(is_private=True, title="Zanzibar leaks")
    Task.objects.create(incident=incident, title="Zanzibar task")
    for person in (bystander, outsider):
        for words in ("", "zanzibar", incident.key, "assign", "take"):
            found = offered(person, words, incident)
            assert not [label for label in found if "leaks" in label or "task”" in label or "Take" in label], words
    assert f"{incident.key} Zanzibar leaks" in offered(commander, incident.key)


def test_pages_and_people(commander, bystander, outsider, incident, offered):
    assert offered(bystander, "alerts")["Alerts"] == "/alerts/"
    assert offered(bystander, "declare")["Declare an incident"] == "/declare/"
    assert "Amara" in offered(bystander, "ama")
    assert "Amara" not in offered(outsider, "ama")
    assert "Declare an incident" not in offered(outsider, "declare")
    assert "Admin" not in offered(outsider, "admin")


def test_an_incident_that_is_over_is_offered_to_be_declared_again(bystander, offered, db):
    over = make.make_incident(title="Old one", state="resolved", severity="SEV3")
    assert offered(bystander, "back", over)["It is back: declare it again"] == f"/declare/?recurrence_of={over.key}"


def test_without_script_it_is_a_page(bystander, incident, client_of):
    client = client_of(bystander)
    assert client.get("/palette/?q=take+scribe")["Location"] == "/search/?q=take+scribe"
    text = client.get("/search/", {"q": "take scribe", "in": incident.key}).content.decode()
    assert f'action="/incidents/{incident.key}/roster/scribe/take/"' in text
    assert ">Take Scribe</button>" in text


@pytest.mark.parametrize(
    "words", ['"', "'; --", "%", "\x00", "a" * 500, "<script>alert(1)</script>", "INC-9999999999999"]
)
def test_odd_words_are_harmless(words, bystander, incident, client_of):
    for path in ("/palette/", "/search/"):
        answer = client_of(bystander).get(path, {"q": words, "in": words}, headers=HTMX)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()


def test_it_stands_on_every_page_with_its_button(bystander, incident, client_of):
    for path in ("/", "/incidents/", "/declare/", f"/incidents/{incident.key}/"):
        text = client_of(bystander).get(path).content.decode()
        assert 'id="palette"' in text, path
        assert "js/palette" in text, path


def test_it_costs_the_same_for_one_and_for_three(commander, incident, client_of, django_assert_num_queries, worker):
    def add(number):
        make.make_incident(title=f"Queue {number}")
        make.make_user(f"queue{number}")
        Task.objects.create(incident=incident, title=f"Queue {number}")
        worker.run()

    add(1)
    client = client_of(commander)
    client.get("/palette/", {"q": "queue", "in": incident.key}, headers=HTMX)
    with django_assert_num_queries(15):
        client.get("/palette/", {"q": "queue", "in": incident.key}, headers=HTMX)
    add(2)
    add(3)
    with django_assert_num_queries(15):
        client.get("/palette/", {"q": "queue", "in": incident.key}, headers=HTMX)
