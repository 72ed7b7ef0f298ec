"""How views answer: events for the page, and toasts that may be taken back."""

import json

from django.http import HttpResponse

from incidents.views.answers import toast, trigger


def test_one_event_is_named_plainly():
    assert trigger(HttpResponse(), "incident-changed")["HX-Trigger"] == "incident-changed"


def test_a_toast_keeps_the_events_named_before():
    answer = toast(trigger(HttpResponse(), "incident-changed"), "Noor Haddad is now Support.")
    assert json.loads(answer["HX-Trigger"]) == {
        "incident-changed": "",
        "toast": {"text": "Noor Haddad is now Support."},
    }


def test_a_toast_may_name_the_way_back():
    answer = toast(HttpResponse(), "Tâche dropped.", undo="/incidents/INC-1/tasks/4/restore/")
    assert answer["HX-Trigger"].isascii()
    assert json.loads(answer["HX-Trigger"])["toast"]["undo"] == "/incidents/INC-1/tasks/4/restore/"
