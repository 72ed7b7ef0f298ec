"""Search: which words find which incident, for whom, and at what cost."""

import pytest
from django.core.management import call_command

from incidents import events, lifecycle, search, timeline
from incidents.models import Incident, Kind, SearchWord, Visibility
from roles.policy import SYSTEM
from tests import make

PLANTED = "zanzibar"


def keys(words, user):
    return [incident.key for incident in search.find(words, user)]


@pytest.fixture
def payments(worker, service, db):
    """SEV2 on the service `payments`, indexed as the product does."""
    incident = make.make_incident(
        title="Payouts to EU merchants are late",
        summary="The café queue grows.",
        severity="SEV2",
        services=[service],
    )
    worker.run()
    return incident


@pytest.mark.parametrize(
    "words",
    [
        "payouts",
        "PAYOUTS merchants",
        "merch",
        "late merch",
        "cafe",
        "CAFÉ",
        "payments",
        "  late\x00 ",
        '"payouts" -(late) OR* %',
        "are late",
    ],
)
def test_words_find_it(words, payments, bystander):
    assert keys(words, bystander) == [payments.key]


@pytest.mark.parametrize("words", ["payouts missing", "ayouts", "merch late", "%", "_", "'; --", "INC-99999"])
def test_other_words_do_not(words, payments, bystander):
    assert keys(words, bystander) == []


def test_a_key_is_matched_whole_and_its_number_begins(payments, bystander):
    number = payments.key.removeprefix("INC-")
    assert keys(payments.key.lower(), bystander) == [payments.key]
    assert keys(number, bystander) == [payments.key]
    assert keys(f"{payments.key} payouts", bystander) == [payments.key]
    assert keys(f"{payments.key}9", bystander) == []


def test_without_words_all_are_found_newest_first(bystander, worker, db):
    first, second = make.make_incident(title="One thing"), make.make_incident(title="Another thing")
    worker.run()
    assert keys("", bystander) == keys("thing", bystander) == [second.key, first.key]


def test_what_is_noted_and_corrected_is_followed(payments, bystander, worker):
    entry = timeline.add_entry(payments, by=bystander, body="Seen in Reykjavik.")
    worker.run()
    assert keys("reykjavik", bystander) == [payments.key]
    timeline.supersede(entry, by=SYSTEM, body="Seen in Bergen.")
    worker.run()
    assert (keys("reykjavik", bystander), keys("bergen", bystander)) == ([], [payments.key])


def test_a_new_title_takes_the_old_words_away(payments, bystander, worker):
    lifecycle.edit(payments, by=SYSTEM, title="Cards are declined")
    worker.run()
    assert keys("merchants", bystander) == []
    assert keys("declined", bystander) == [payments.key]


def test_rows_for_the_response_team_are_not_read(payments, bystander, worker):
    events.record(payments, Kind.NOTE, by=SYSTEM, body=PLANTED, visibility=Visibility.ROOM)
    worker.run()
    search.index(payments)
    assert not SearchWord.objects.filter(word=PLANTED).exists()


def test_a_private_incident_is_found_by_those_who_may_know_of_it(payments, bystander, outsider, administrator, worker):
    timeline.add_entry(payments, by=SYSTEM, body=f"It is about {PLANTED}.")
    worker.run()
    assert keys(PLANTED, bystander) == [payments.key]
    Incident.objects.update(is_private=True)
    assert keys(PLANTED, administrator) == [payments.key]
    for person in (bystander, outsider):
        for words in (PLANTED, "zanz", payments.key, ""):
            assert keys(words, person) == []
            assert search.find(words, person).count() == 0


def test_hearing_a_fact_twice_and_indexing_twice_changes_nothing(payments, worker):
    before = sorted(payments.search_words.values_list("word", "weight"))
    for entry in payments.entries.all():
        search.on_event(entry)
    search.index(payments)
    assert sorted(payments.search_words.values_list("word", "weight")) == before
    assert ("payouts", search.TITLE) in before
    assert ("payments", search.NAMED) in before


def test_no_more_than_so_many_words_are_kept(payments, monkeypatch, worker):
    monkeypatch.setattr(search, "MOST_WORDS", 8)
    timeline.add_entry(payments, by=SYSTEM, body=" ".join(f"word{number}" for number in range(50)))
    worker.run()
    search.index(payments)
    assert payments.search_words.count() == 8
    assert "payouts" in payments.search_words.values_list("word", flat=True)


def test_frequent_words_are_found_as_rare_ones_are(bystander, monkeypatch, worker, db):
    monkeypatch.setattr(search, "FEW", 1)
    made = [make.make_incident(title=f"Queue is slow number{number}").key for number in range(3)]
    worker.run()
    assert keys("queue slow", bystander) == made[::-1]
    assert keys("queue number1", bystander) == [made[1]]
    assert keys("qu", bystander) == made[::-1]


def test_a_search_costs_a_query_a_word_however_many_are_found(payments, bystander, worker, django_assert_num_queries):
    with django_assert_num_queries(3):
        keys("payouts late", bystander)
    for number in range(3):
        make.make_incident(title=f"Payouts late again {number}")
    worker.run()
    with django_assert_num_queries(3):
        keys("payouts late", bystander)


def test_what_was_there_before_is_indexed_by_the_command(bystander, db, capsys):
    incident = make.make_incident(title="Old and forgotten")
    assert keys("forgotten", bystander) == []
    call_command("index_incidents")
    assert "Indexed 1 incidents." in capsys.readouterr().out
    assert keys("forgotten", bystander) == [incident.key]
    call_command("index_incidents")
    assert "Indexed 0 incidents." in capsys.readouterr().out
