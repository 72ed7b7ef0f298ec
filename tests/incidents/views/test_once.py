"""A post of the room that arrives twice is done once."""

from django.urls import reverse

from incidents.models import KeptAnswer, Kind
from roles.models import User
from tests import make

NAME = "8d1f0f4e-entry-1"


def write(person: User, incident, body: str, *, name: str = NAME):
    return make.client_of(person).post(
        reverse("incidents:timeline", args=[incident.key]),
        {"body": body, "kind": "note"},
        headers={"HX-Request": "true", "X-Once": name},
    )


def notes(incident) -> list[str]:
    return list(incident.entries.filter(kind=Kind.NOTE).values_list("body", flat=True))


def test_what_was_done_is_not_done_again(scribe, incident):
    assert write(scribe, incident, "Node three is drained.").status_code == 200
    again = write(scribe, incident, "Node three is drained.")
    assert again.status_code == 204
    assert again["HX-Trigger"] == "incident-changed"
    assert notes(incident) == ["Node three is drained."]


def test_two_people_may_use_the_same_name(scribe, commander, incident):
    write(scribe, incident, "One")
    write(commander, incident, "Two")
    assert notes(incident) == ["One", "Two"]


def test_what_was_refused_may_be_sent_again(scribe, incident):
    assert write(scribe, incident, "").status_code == 400
    assert not KeptAnswer.objects.exists()
    assert write(scribe, incident, "With words now.").status_code == 200
    assert notes(incident) == ["With words now."]


def test_another_name_is_another_post(scribe, incident):
    write(scribe, incident, "Same words.")
    write(scribe, incident, "Same words.", name="8d1f0f4e-entry-2")
    assert notes(incident) == ["Same words.", "Same words."]


def test_a_name_of_any_other_form_is_not_heeded(scribe, incident):
    write(scribe, incident, "One", name="short")
    write(scribe, incident, "Two", name="short")
    assert notes(incident) == ["One", "Two"]
