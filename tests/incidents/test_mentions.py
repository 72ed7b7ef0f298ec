"""Names in texts: who is told, who is not, and how a name is marked."""

import pytest
from django.db.models import QuerySet

from incidents import mentions, timeline
from incidents.models import Incident, IncidentKind
from notifications.models import Message
from notifications.prose import to_html
from roles.models import User
from tests import make
from tests.worker import Worker


def told(worker: Worker) -> set[tuple[str, str]]:
    """Who was sent what: address and channel."""
    worker.run(but="deliver")
    return set(mentioning().values_list("address", "channel"))


def mentioning() -> QuerySet[Message]:
    return Message.objects.filter(content__key__endswith=":mentioned")


def names(incident: Incident, text: str, by: User) -> tuple[set[int], tuple[str, ...]]:
    found = mentions.named_in(text, incident, by=by)
    return set(found.people), found.words


def test_people_and_roles_are_found(incident: Incident, commander: User, tech_lead: User, deputy: User, scribe: User):
    text = "@priya, please ask @Commander. (@tech-lead knows.)"
    found = {tech_lead.pk, commander.pk, deputy.pk}
    assert names(incident, text, scribe) == (found, ("priya", "commander", "tech-lead"))


def test_a_shadow_is_not_called_by_the_role(incident: Incident, commander: User, shadow: User, scribe: User):
    assert names(incident, "@commander", scribe) == ({commander.pk}, ("commander",))


@pytest.mark.parametrize("text", ["mail ops@priya.example", "run `@priya`", "```\n@priya\n```", "@prija", "a/@priya"])
def test_what_only_looks_like_a_name_is_text(incident: Incident, tech_lead: User, scribe: User, text: str):
    assert names(incident, text, scribe) == (set(), ())


def test_nobody_is_told_of_their_own_words(incident: Incident, scribe: User):
    assert names(incident, "I, @elif, and the @scribe", scribe) == (set(), ("elif", "scribe"))


def test_those_who_may_not_read_it_are_not_told(incident: Incident, scribe: User, bystander: User, outsider: User):
    assert names(incident, "@ben @lucia", scribe)[0] == {bystander.pk}
    private = mentions.named_in("@ben @elif", incident, by=outsider, visibility="room")
    assert private.people == (scribe.pk,)
    Incident.objects.update(is_private=True)
    incident.refresh_from_db()
    assert names(incident, "@ben", scribe)[0] == set()


def test_a_mention_reaches_the_person_by_mail_and_sms(
    incident: Incident, scribe: User, tech_lead: User, worker: Worker
):
    timeline.add_entry(incident, by=scribe, body="@priya which config?")
    assert told(worker) == {(tech_lead.email, "email"), (str(tech_lead.phone), "sms")}
    content = mentioning().earliest("pk").content
    assert content.subject == f"{incident.key}: Elif named you"
    assert "@priya which config?" in content.text


def test_a_drill_stays_in_its_sandbox(scribe: User, tech_lead: User, worker: Worker):
    drill = make.make_incident(kind=IncidentKind.DRILL)
    timeline.add_entry(drill, by=scribe, body="@priya which config?")
    assert len(told(worker)) == 2
    assert {message.content.is_sandbox for message in mentioning()} == {True}


def test_a_correction_tells_only_those_newly_named(incident: Incident, scribe: User, tech_lead: User, sme: User):
    entry = timeline.add_entry(incident, by=scribe, body="@priya which config?")
    corrected = timeline.supersede(entry, by=scribe, body="@priya @tomas which config?")
    assert (corrected.data["to"], corrected.data["named"]) == ([sme.pk], ["priya", "tomas"])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ask @Priya.", '<p>Ask <b class="mention">@Priya</b>.</p>\n'),
        ("Ask `@priya`", "<p>Ask <code>@priya</code></p>\n"),
        ("Ask @mallory", "<p>Ask @mallory</p>\n"),
        ("<i @priya>", '<p>&lt;i <b class="mention">@priya</b>&gt;</p>\n'),
        (
            "[x](https://a.example/@priya)",
            '<p><a href="https://a.example/@priya" rel="nofollow noopener noreferrer">x</a></p>\n',
        ),
    ],
)
def test_a_known_name_is_marked_and_nothing_else(text: str, shown: str):
    assert mentions.marked(to_html(text), ["priya"]) == shown
