"""Rows of the timeline are printed once; what differs between readers, and what changes, is printed anew."""

import re

from incidents import timeline
from incidents.models import Kind
from incidents.views import printed
from tests.incidents.views.test_timeline import url

HTMX = {"HX-Request": "true"}


def read(client, incident) -> str:
    return client.get(url(incident), headers=HTMX).content.decode()


def test_a_row_is_printed_once_for_all_who_may_do_the_same(commander, tech_lead, incident, client_of):
    timeline.add_entry(incident, by=commander, body="Nodes drained.", kind=Kind.NOTE)
    first, second = client_of(commander), client_of(commander)
    read(first, incident)
    before = printed._html.cache_info()
    assert "Nodes drained." in read(second, incident)
    after = printed._html.cache_info()
    assert (after.misses - before.misses, after.hits > before.hits) == (0, True)


def test_each_reader_has_a_token_of_their_own_in_the_forms_of_a_row(scribe, incident, client_of):
    timeline.add_entry(incident, by=scribe, body="Nodes drained.", kind=Kind.NOTE)
    tokens = []
    for client in (client_of(scribe), client_of(scribe)):
        page = read(client, incident)
        assert printed.TOKEN not in page
        tokens.append(set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)))
    assert [len(found) for found in tokens] == [1, 1]
    assert tokens[0] != tokens[1]


def test_words_cannot_pass_for_the_place_of_a_token(scribe, incident, client_of):
    timeline.add_entry(incident, by=scribe, body=f"Paste {printed.TOKEN} and `{printed.TOKEN}` here.", kind=Kind.NOTE)
    page = read(client_of(scribe), incident)
    assert page.count("&lt;csrf-token&gt;") >= 2
    assert not re.search(r"Paste\s*<input", page)


def test_a_new_name_of_the_author_is_shown_at_once(commander, scribe, incident, client_of):
    timeline.add_entry(incident, by=scribe, body="Nodes drained.", kind=Kind.NOTE)
    client = client_of(commander)
    assert f"<b>{scribe}</b>" in read(client, incident)
    scribe.first_name, scribe.last_name = "Elif", "Newname"
    scribe.save()
    assert "<b>Elif Newname</b>" in read(client, incident)


def test_who_may_not_correct_is_shown_no_form_though_the_scribe_read_it_first(scribe, bystander, incident, client_of):
    timeline.add_entry(incident, by=scribe, body="Nodes drained.", kind=Kind.NOTE)
    assert "Save correction" in read(client_of(scribe), incident)
    seen = read(client_of(bystander), incident)
    assert "Nodes drained." in seen
    assert "Save correction" not in seen
