"""Severities in the admin: read and changed in words, by those who may, and through the work function."""

from datetime import timedelta

import pytest
from django import forms

from incidents.forms.spans import SpanField
from incidents.models import SeverityRule
from roles.models import AuditEvent, User
from tests import make

PAGE = "/admin/incidents/severityrule/SEV3/change/"


def sent(client: object, **changed: object) -> object:
    form = make.form_of(client.get(PAGE))  # type: ignore[attr-defined]
    return client.post(PAGE, form | changed)  # type: ignore[attr-defined]


def test_spans_are_read_and_typed_in_words(administrator: User) -> None:
    client = make.client_of(administrator)
    page = client.get(PAGE).content.decode()
    assert 'value="60 days"' in page
    assert 'value="15 min"' in page
    answer = sent(client, action_item_due="1 h 30 min", acknowledge_within="", review_within="3 days")
    assert answer.status_code == 302
    row = SeverityRule.objects.get(severity="SEV3")
    assert (row.action_item_due, row.acknowledge_within, row.review_within) == (
        timedelta(minutes=90),
        None,
        timedelta(days=3),
    )
    note = AuditEvent.objects.get(action="severity_rule.changed")
    assert (note.actor, note.data["changed"]["action_item_due"]) == (administrator, ["60 days", "1 h 30 min"])
    assert set(note.data["changed"]) == {"action_item_due", "acknowledge_within", "review_within"}


def test_two_administrators_do_not_overwrite_each_other(administrator: User) -> None:
    first, second = make.client_of(administrator), make.client_of(make.make_user("dev", is_superuser=True))
    opened = make.form_of(first.get(PAGE))
    assert sent(second, meaning="Part of it is lost.").status_code == 302
    answer = first.post(PAGE, opened | {"meaning": "Some are stopped."})
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody changed SEV3 after you opened it." in text
    assert SeverityRule.objects.get(severity="SEV3").meaning == "Part of it is lost."
    assert 'name="version" value="2"' in text
    assert first.post(PAGE, opened | {"meaning": "Some are stopped.", "version": "2"}).status_code == 302
    assert SeverityRule.objects.get(severity="SEV3").meaning == "Some are stopped."


def test_roles_are_ticked(administrator: User) -> None:
    client = make.client_of(administrator)
    assert sent(client, required_roles=["commander", "scribe"]).status_code == 302
    assert SeverityRule.objects.get(severity="SEV3").required_roles == ["commander", "scribe"]
    refused = sent(client, required_roles=["scribe"])
    assert refused.status_code == 200
    assert "Somebody leads at every severity" in refused.content.decode()
    assert SeverityRule.objects.get(severity="SEV3").required_roles == ["commander", "scribe"]


def test_a_form_that_nobody_touched_changes_nothing(administrator: User) -> None:
    before = SeverityRule.objects.filter(severity="SEV3").values().get()
    assert sent(make.client_of(administrator)).status_code == 302
    assert SeverityRule.objects.filter(severity="SEV3").values().get() == before
    assert not AuditEvent.objects.filter(action="severity_rule.changed").exists()


def test_severities_are_neither_added_nor_deleted(administrator: User) -> None:
    client = make.client_of(administrator)
    assert client.get("/admin/incidents/severityrule/add/").status_code == 403
    assert client.get("/admin/incidents/severityrule/SEV3/delete/").status_code == 403


def test_others_do_not_find_them(commander: User, outsider: User) -> None:
    assert make.client_of(commander).get(PAGE).status_code == 403
    assert make.client_of(outsider).get(PAGE).status_code == 302


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [("20 min", 20), ("20", 20), ("4 h", 240), ("1 h 30 min", 90), ("1h30m", 90), ("3 days", 4320), ("1 day", 1440)],
)
def test_what_people_write_is_understood(typed: str, minutes: int) -> None:
    assert SpanField().clean(typed) == timedelta(minutes=minutes)


@pytest.mark.parametrize("typed", ["soon", "4 parsecs", "20 min or so", "-5 min", "1.5 h"])
def test_what_is_no_span_is_refused(typed: str) -> None:
    with pytest.raises(forms.ValidationError, match="20 min, 4 h or 3 days"):
        SpanField().clean(typed)
