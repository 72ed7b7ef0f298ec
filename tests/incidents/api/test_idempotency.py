"""The same write under the same Idempotency-Key happens once."""

from datetime import timedelta

from django.utils import timezone

from incidents.models import Incident, KeptAnswer
from roles.models import User

BODY = {"title": "Card payments fail"}


def test_the_same_request_happens_once_and_gets_the_same_answer(call, bystander: User):
    first, second = (call(bystander, "post", "incidents/", BODY, Idempotency_Key="k1") for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert ("Idempotency-Replayed" in first, second["Idempotency-Replayed"]) == (False, "true")
    assert Incident.objects.count() == 1


def test_without_a_key_it_happens_each_time(call, bystander: User):
    for _ in range(2):
        call(bystander, "post", "incidents/", BODY)
    assert Incident.objects.count() == 2
    assert not KeptAnswer.objects.exists()


def test_the_same_key_for_another_request_is_refused(call, bystander: User, incident: Incident):
    call(bystander, "post", "incidents/", BODY, Idempotency_Key="k1")
    for path, body in (("incidents/", {"title": "Another"}), (f"incidents/{incident.key}/timeline/", BODY)):
        answer = call(bystander, "post", path, body, Idempotency_Key="k1")
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert Incident.objects.count() == 2


def test_keys_of_two_people_do_not_meet(call, bystander: User, commander: User):
    for person in (bystander, commander):
        assert call(person, "post", "incidents/", BODY, Idempotency_Key="k1").status_code == 201
    assert Incident.objects.filter(title=BODY["title"]).count() == 2


def test_what_was_refused_may_be_tried_again(call, commander: User, incident: Incident):
    path = f"incidents/{incident.key}/moves/"
    refused = call(commander, "post", path, {"verb": "cancel"}, Idempotency_Key="k1")
    assert refused.status_code == 409
    assert not KeptAnswer.objects.exists()
    again = call(commander, "post", path, {"verb": "cancel"}, Idempotency_Key="k1")
    assert (again.status_code, "Idempotency-Replayed" in again) == (409, False)


def test_a_move_sent_twice_moves_once_and_is_not_told_of_a_conflict(call, commander: User, incident: Incident):
    answers = [
        call(commander, "post", f"incidents/{incident.key}/moves/", {"verb": "identify"}, Idempotency_Key="k1")
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert incident.entries.filter(kind="moved").count() == 1


def test_after_a_day_the_key_is_free_again(call, bystander: User):
    call(bystander, "post", "incidents/", BODY, Idempotency_Key="k1")
    KeptAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    call(bystander, "post", "incidents/", BODY, Idempotency_Key="k1")
    assert Incident.objects.count() == 2
    assert KeptAnswer.objects.count() == 1


def test_a_key_without_end_is_refused(call, bystander: User):
    answer = call(bystander, "post", "incidents/", BODY, Idempotency_Key="k" * 256)
    assert answer.status_code == 400
    assert not Incident.objects.exists()


def test_reading_keeps_nothing(call, bystander: User):
    assert call(bystander, "get", "incidents/", Idempotency_Key="k1").status_code == 200
    assert not KeptAnswer.objects.exists()
