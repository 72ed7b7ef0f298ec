"""How each kind of row reads."""

import pytest

from incidents.models import Incident, Kind, TimelineEntry
from incidents.models.entry import WRITTEN
from incidents.views import telling
from incidents.views.telling import Told
from roles.models import User

#: Rows that are told from their facts alone.
OF_FACTS = {
    *(Kind.SEAT_OFFERED, Kind.SEAT_HELD, Kind.SEAT_RELEASED, Kind.SEAT_HANDED_OVER),
    *(Kind.UPDATE_DRAFTED, Kind.UPDATE_SUBMITTED, Kind.UPDATE_APPROVED, Kind.UPDATE_DISCARDED),
}


def told(incident: Incident, kind: Kind, body: str = "", by: User | None = None, **data: object) -> Told:
    return telling.told(TimelineEntry(incident=incident, kind=kind, actor=by, data=data, body=body))


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_words_and_a_look(incident: Incident, kind: Kind) -> None:
    with_words, without = told(incident, kind, "Said so."), told(incident, kind)
    assert "Said so." in with_words.sentence + with_words.body or kind in OF_FACTS
    assert without.sentence or without.body or kind in WRITTEN or without.tag
    assert with_words.look in {"status", "decision", "action", "finding", "comms", "system"}
    if with_words.look not in {"system", "status"}:
        assert with_words.icon


@pytest.mark.parametrize(
    ("kind", "data", "sentence"),
    [
        (Kind.MOVED, {"old": "investigating", "new": "identified"}, "Moved from Investigating to Identified."),
        (Kind.SEVERITY_CHANGED, {"old": "SEV2", "new": "SEV1"}, "Severity changed from SEV2 to SEV1."),
        (Kind.OPENED, {"state": "triage", "severity": "SEV1"}, "Signal seen, in triage as SEV1: "),
        (Kind.EDITED, {"before": {"title": "x", "summary": "y"}}, "Changed the title and summary"),
        (Kind.ALERT_LINKED, {"status": "resolved", "title": "5xx"}, "Alert resolved: 5xx"),
        (Kind.SEAT_HELD, {"role": "scribe", "name": "Elif", "holding": "deputy"}, "Elif is Scribe as deputy"),
        (Kind.SEAT_RELEASED, {"role": "scribe", "name": "Elif", "holding": "primary"}, "Elif gave up Scribe"),
        (Kind.SEAT_RELEASED, {"role": "sme", "name": "Mei", "was_offer": True}, "Offer of Expert to Mei taken back"),
        (Kind.PAGED, {}, "Paged"),
        (Kind.MOVED, {"old": "a state of the future", "new": "identified"}, "Moved"),
    ],
)
def test_facts_without_words_are_told_as_sentences(
    incident: Incident, kind: Kind, data: dict[str, object], sentence: str
) -> None:
    assert told(incident, kind, **data).sentence == sentence


def test_what_is_only_a_step_is_one_grey_line_that_says_who_did_it_once(incident: Incident, commander: User) -> None:
    assert told(incident, Kind.TASK_CHANGED, "On it: `1c`.", commander) == Told("system", sentence="On it: 1c (Amara)")
    assert told(incident, Kind.TASK_CHANGED, "Amara is on it.", commander).sentence == "Amara is on it."
    assert told(incident, Kind.ACTION_CHANGED, "Approved: 1c", commander, tag="Approved").look == "system"
    assert told(incident, Kind.ACTION_CHANGED, "Started: 1c", commander, tag="Running").look == "action"


@pytest.mark.parametrize(
    ("tag", "tone"),
    [("Confirmed", "ok"), ("Running", "you"), ("Objection", "bad"), ("Urgent", "caution"), ("Anything else", "")],
)
def test_a_tag_takes_the_colour_of_what_it_says(incident: Incident, tag: str, tone: str) -> None:
    read = told(incident, Kind.ACTION_CHANGED, "So.", tag=tag)
    assert (read.tag, read.tone) == (tag, tone)
