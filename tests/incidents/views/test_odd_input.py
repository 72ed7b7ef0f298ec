"""What no person types and what people paste: it is refused with a sentence, or kept as it is, and nothing breaks."""

import pytest

from incidents.models import ChangeEvent
from incidents.response import coordination

NO_ROW = "9" * 30
ODD = {
    "long": "x" * 10_000,
    "script": "<script>alert(1)</script>",
    "emoji": "🔥👩‍👩‍👧",
    "right to left": "\u202eعاجل\u202c",
    "huge": NO_ROW,
    "empty": "",
}


def test_a_number_that_no_database_holds_is_no_choice(incident, tech_lead, client_of):
    browser = client_of(tech_lead)
    started = browser.post(f"/incidents/{incident.key}/workstreams/", {"name": "Search", "members": [NO_ROW]})
    assert started.status_code == 409
    assert "is not one of the available choices" in started.content.decode()
    recorded = browser.post("/changes/", {"title": "4.118", "kind": "deployment", "services": [NO_ROW]})
    assert recorded.status_code == 400
    assert not ChangeEvent.objects.exists()
    assert coordination.rollup(incident).streams == ()


def test_no_subscriber_breaks_the_page_by_a_number_that_no_database_holds(page, client):
    answer = client.post(f"/s/{page.slug}/subscribe/", {"channel": "email", "components": [NO_ROW]})
    assert answer.status_code < 500


@pytest.mark.parametrize("words", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("timeline/", "body"),
        ("quick/", "body"),
        ("tasks/", "title"),
        ("decisions/", "outcome"),
        ("hypotheses/", "title"),
        ("actions/", "title"),
        ("workstreams/", "name"),
        ("questions/", "question"),
        ("help/", "words"),
        ("severity/", "reason"),
        ("words/", "title"),
        ("can/", "conditions"),
    ],
)
def test_odd_words_break_no_form_and_run_nowhere(incident, commander, client_of, path, field, words):
    browser = client_of(commander)
    answer = browser.post(f"/incidents/{incident.key}/{path}", {field: words, "version": incident.version})
    assert answer.status_code in {200, 302, 400, 403, 409}
    assert "<script>alert" not in answer.content.decode()
    assert "<script>alert" not in browser.get(f"/incidents/{incident.key}/").content.decode()
