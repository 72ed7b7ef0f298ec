"""The admin as the commander uses it to fill seats, and as others must not."""

import re

import pytest
from django.apps import apps
from django.contrib.admin import site
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidents import timeline
from incidents.detection import sources
from incidents.models import AlertSource, Incident, IncidentGrant, IncidentRole, Kind, Payload, Severity, State, Update
from incidents.response import staffing
from roles.catalog import Holding, Role
from roles.models import AuditEvent, ObjectGrant, User
from roles.policy import SYSTEM
from tests import make


def address(incident: Incident) -> str:
    return f"/admin/incidents/incident/{incident.pk}/change/"


def rows_of(incident: Incident) -> dict[str, int]:
    """Seat ids as the form lists them: oldest first."""
    return {seat.role: seat.pk for seat in IncidentRole.objects.live().filter(incident=incident).order_by("pk")}


def form_of(incident: Incident, *new: dict[str, object], **changes: dict[str, object]) -> dict[str, object]:
    """What a browser posts: every live seat as it is, `changes` by role, and the rows `new`."""
    seats = list(IncidentRole.objects.live().filter(incident=incident).order_by("pk"))
    data: dict[str, object] = {
        "seats-TOTAL_FORMS": len(seats) + len(new),
        "seats-INITIAL_FORMS": len(seats),
        "entries-TOTAL_FORMS": 0,
        "entries-INITIAL_FORMS": 0,
    }
    for number, seat in enumerate(seats):
        row = {"id": seat.pk, "incident": incident.pk, "role": seat.role, "user": seat.user_id, "kind": seat.kind}
        data |= {f"seats-{number}-{name}": value for name, value in (row | changes.get(seat.role, {})).items()}
    for number, row in enumerate(new, start=len(seats)):
        whole = {"id": "", "incident": incident.pk, "kind": "primary", **row}
        data |= {f"seats-{number}-{name}": value for name, value in whole.items()}
    return data


def held(incident: Incident) -> list[tuple[str, str]]:
    seats = IncidentRole.objects.held().filter(incident=incident).order_by("pk")
    return [(seat.role, seat.user.username) for seat in seats]


def test_the_page_shows_who_holds_what_since_when_and_a_row_for_each_vacant_role(
    commander: User, scribe: User, incident: Incident
):
    page = make.client_of(commander).get(address(incident)).content.decode()
    seat = IncidentRole.objects.get(role=Role.SCRIBE)
    assert f"{seat.assumed_at:%d %b %Y, %H:%M} UTC" in page
    assert re.findall(r'<select name="seats-\d+-user"[^>]*admin-autocomplete', page)
    chosen = re.findall(r'<select name="seats-\d+-role".*?<option value="(\w+)" selected', page, re.S)
    vacant = [role.value for role in Role if role not in {Role.COMMANDER, Role.SCRIBE}]
    assert chosen == ["commander", "scribe", *vacant, "sme"]


def test_the_commander_gives_roles_without_any_model_permission(commander: User, incident: Incident, worker):
    jonas, elif_ = make.make_user("jonas"), make.make_user("elif")
    assert not commander.user_permissions.exists()
    data = form_of(incident, {"role": "comms_lead", "user": jonas.pk}, {"role": "tech_lead", "user": ""},
                   {"role": "scribe", "user": elif_.pk})  # fmt: skip
    answer = make.client_of(commander).post(address(incident), data)
    assert answer.status_code == 302
    assert held(incident) == [("commander", "amara"), ("comms_lead", "jonas"), ("scribe", "elif")]
    assert incident.entries.filter(kind=Kind.SEAT_HELD, actor=commander).count() == 2
    assert jonas.has_perm("incidents.draft_update", incident)
    assert set(IncidentRole.objects.exclude(user=commander).values_list("assigned_by", flat=True)) == {commander.pk}


def test_another_name_in_a_row_asks_them_to_take_over_and_the_holder_stays_till_then(
    commander: User, scribe: User, incident: Incident
):
    mei = make.make_user("mei")
    before = rows_of(incident)["scribe"]
    make.client_of(commander).post(address(incident), form_of(incident, scribe={"user": mei.pk}))
    assert held(incident) == [("commander", "amara"), ("scribe", "elif")]
    page = make.client_of(commander).get(address(incident)).content.decode()
    assert "asked to take over" in page
    staffing.accept(IncidentRole.objects.offered().get(user=mei), by=mei)
    assert held(incident) == [("commander", "amara"), ("scribe", "mei")]
    old = IncidentRole.objects.get(pk=before)
    assert (old.user, old.renounced_at is not None) == (scribe, True)
    assert incident.entries.filter(kind=Kind.SEAT_HANDED_OVER).count() == 1
    assert not scribe.has_perm("incidents.supersede_entry", Incident.objects.get())


def test_a_ticked_row_releases_and_the_freed_role_is_given_in_the_same_save(
    commander: User, tech_lead: User, incident: Incident
):
    mei = make.make_user("mei")
    data = form_of(incident, {"role": "tech_lead", "user": mei.pk}, tech_lead={"DELETE": "on"})
    make.client_of(commander).post(address(incident), data)
    assert held(incident) == [("commander", "amara"), ("tech_lead", "mei")]
    assert incident.entries.filter(kind=Kind.SEAT_RELEASED).count() == 1


def test_a_needed_seat_is_released_with_a_reason(commander: User, tech_lead: User, incident: Incident):
    answer = make.client_of(commander).post(address(incident), form_of(incident, tech_lead={"DELETE": "on"}))
    assert "hand the seat over, or say why" in answer.content.decode()
    data = form_of(incident, tech_lead={"DELETE": "on", "reason": "The vendor leads the fix."})
    assert make.client_of(commander).post(address(incident), data).status_code == 302
    assert held(incident) == [("commander", "amara")]


def test_the_commander_hands_over_command_and_still_does_the_rest(commander: User, scribe: User, incident: Incident):
    mei, ben = make.make_user("mei"), make.make_user("lucia")
    data = form_of(incident, {"role": "tech_lead", "user": ben.pk}, commander={"user": mei.pk}, scribe={"user": ben.pk})
    assert make.client_of(commander).post(address(incident), data).status_code == 302
    assert sorted(held(incident)) == [("commander", "amara"), ("scribe", "elif"), ("tech_lead", "lucia")]
    asked = IncidentRole.objects.offered().order_by("role").values_list("role", "user__username", "takes_over__role")
    assert list(asked) == [("commander", "mei", "commander"), ("scribe", "lucia", "scribe")]


def test_an_offer_to_one_becomes_an_offer_to_another(commander: User, incident: Incident):
    make.seat(incident, Role.SCRIBE, make.make_user("elif"), offer=True)
    mei = make.make_user("mei")
    make.client_of(commander).post(address(incident), form_of(incident, scribe={"user": mei.pk}))
    assert [(seat.user, seat.state) for seat in IncidentRole.objects.live().filter(role=Role.SCRIBE)] == [
        (mei, "offered")
    ]


def test_saving_without_a_change_changes_nothing(commander: User, scribe: User, incident: Incident):
    before = list(IncidentRole.objects.order_by("pk").values())
    entries = incident.entries.count()
    data = form_of(incident, {"role": "tech_lead", "user": ""}, {"role": "sme", "user": ""})
    assert make.client_of(commander).post(address(incident), data).status_code == 302
    assert (list(IncidentRole.objects.order_by("pk").values()), incident.entries.count()) == (before, entries)


@pytest.mark.parametrize(
    ("row", "changes", "sentence"),
    [
        ({"role": "tech_lead", "user": "outsider"}, {}, "is not an active responder"),
        ({"role": "commander", "user": "mei"}, {}, "Amara holds Incident Commander"),
        ({"role": "king", "user": "mei"}, {}, "Select a valid choice"),
        ({"role": "scribe", "user": 99999}, {}, "Select a valid choice"),
        ({"role": "scribe", "user": "mei"}, {"commander": {"DELETE": "on"}}, "Somebody must command"),
    ],
)
def test_what_makes_no_sense_is_said_beside_the_form_and_nothing_is_done(
    commander: User, outsider: User, incident: Incident, row: dict, changes: dict, sentence: str
):
    people = {"outsider": outsider, "mei": make.make_user("mei")}
    row = {**row, "user": people[row["user"]].pk if row["user"] in people else row["user"]}
    entries = incident.entries.count()
    elif_ = make.make_user("elif")
    data = form_of(incident, {"role": "support_liaison", "user": elif_.pk}, row, **changes)
    answer = make.client_of(commander).post(address(incident), data)
    page = answer.content.decode()
    assert (answer.status_code, sentence in page) == (200, True)
    assert "Elif" in page
    assert held(incident) == [("commander", "amara")]
    assert incident.entries.count() == entries


def test_a_seat_cannot_be_rewritten_by_a_forged_row(commander: User, scribe: User, incident: Incident):
    data = form_of(incident, scribe={"role": "commander", "kind": "shadow", "may_approve": "on", "assumed_at": ""})
    before = IncidentRole.objects.filter(user=scribe).values().get()
    make.client_of(commander).post(address(incident), data)
    assert IncidentRole.objects.filter(user=scribe).values().get() == before


def test_the_incident_itself_cannot_be_rewritten(commander: User, incident: Incident):
    before = Incident.objects.values().get()
    data = form_of(incident) | {
        "title": "Mine",
        "state": "closed",
        "severity": "SEV5",
        "key": "INC-1000",
        "is_private": "on",
    }
    make.client_of(commander).post(address(incident), data)
    assert Incident.objects.values().get() == before


def test_a_seat_of_another_incident_cannot_be_moved_here(commander: User, incident: Incident):
    other = make.make_incident(title="Other")
    elsewhere = make.seat(other, Role.SCRIBE, make.make_user("elif"))
    data = form_of(incident, commander={"id": elsewhere.pk, "user": make.make_user("mei").pk})
    assert make.client_of(commander).post(address(incident), data).status_code == 200
    assert held(other) == [("scribe", "elif")]
    assert held(incident) == [("commander", "amara")]


FORBIDDEN = (
    "comms_lead", "tech_lead", "sme", "scribe", "liaison", "page_manager", "bystander", "shadow", "former_holder",
)  # fmt: skip


@pytest.mark.parametrize("name", FORBIDDEN)
def test_others_read_the_page_and_no_forged_post_gives_takes_or_passes_a_seat(
    request: pytest.FixtureRequest, commander: User, incident: Incident, name: str
):
    person = request.getfixturevalue(name)
    client, victim = make.client_of(person), make.make_user("meissner")
    before = held(incident)
    page = client.get(address(incident)).content.decode()
    assert ("Amara" in page, 'name="seats-0-user"' in page, 'name="_save"' in page) == (True, False, False)
    for data in (
        form_of(incident, {"role": "scribe", "user": person.pk}),
        form_of(incident, {"role": "sme", "user": victim.pk, "kind": "deputy"}),
        form_of(incident, commander={"user": person.pk}),
        form_of(incident, commander={"DELETE": "on"}),
    ):
        assert client.post(address(incident), data).status_code == 403
    for path in ("/admin/incidents/incident/add/", address(incident).replace("change", "delete")):
        assert client.post(path, form_of(incident) | {"post": "yes"}).status_code == 403
    assert held(incident) == before


def test_a_stakeholder_and_a_visitor_are_sent_to_the_sign_in(outsider: User, commander: User, incident: Incident):
    data = form_of(incident, {"role": "scribe", "user": outsider.pk})
    for client in (make.client_of(outsider), Client()):
        assert client.get(address(incident)).status_code == 302
        assert client.post(address(incident), data).status_code == 302
    assert held(incident) == [("commander", "amara")]


def test_a_private_incident_is_not_there_for_others(bystander: User, commander: User, incident: Incident):
    Incident.objects.update(is_private=True)
    client = make.client_of(bystander)
    assert client.get(address(incident)).status_code == 404
    assert (
        client.post(address(incident), form_of(incident, {"role": "scribe", "user": bystander.pk})).status_code == 404
    )
    assert incident.title not in client.get("/admin/incidents/incident/").content.decode()
    assert incident.title in make.client_of(commander).get("/admin/incidents/incident/").content.decode()
    assert held(incident) == [("commander", "amara")]


def test_a_deputy_gives_seats_but_hands_none_over(commander: User, scribe: User, incident: Incident):
    deputy = make.seat(incident, Role.COMMANDER, make.make_user("mei"), kind=Holding.DEPUTY).user
    jonas = make.make_user("jonas")
    client = make.client_of(deputy)
    assert (
        client.post(address(incident), form_of(incident, {"role": "comms_lead", "user": jonas.pk})).status_code == 302
    )
    assert ("comms_lead", "jonas") in held(incident)
    assert client.post(address(incident), form_of(incident, scribe={"user": jonas.pk})).status_code == 403
    assert ("scribe", "elif") in held(incident)


def test_while_nobody_commands_the_qualified_and_the_declarer_fill_that_seat_and_no_other(
    bystander: User, incident: Incident
):
    qualified = make.make_user("tomas", qualified=[Role.COMMANDER])
    declarer = make.make_user("olu")
    Incident.objects.update(declared_by=declarer)
    for person in (qualified, declarer):
        client = make.client_of(person)
        page = client.get(address(incident)).content.decode()
        assert re.findall(r'<select name="seats-\d+-role".*?<option value="(\w+)" selected', page, re.S) == [
            "commander"
        ]
        for role in ("scribe", "comms_lead"):
            answer = client.post(address(incident), form_of(incident, {"role": role, "user": person.pk}))
            assert (answer.status_code, "Select a valid choice" in answer.content.decode()) == (200, True)
    assert make.client_of(bystander).post(address(incident), form_of(incident)).status_code == 403
    assert held(incident) == []
    make.client_of(qualified).post(address(incident), form_of(incident, {"role": "commander", "user": declarer.pk}))
    assert held(incident) == [("commander", "olu")]
    assert make.client_of(qualified).post(address(incident), form_of(incident)).status_code == 403


def test_nothing_is_given_on_what_is_closed(administrator: User):
    closed = make.make_incident(state=State.CLOSED)
    client = make.client_of(administrator)
    assert client.get(address(closed)).status_code == 200
    assert (
        client.post(address(closed), form_of(closed, {"role": "scribe", "user": administrator.pk})).status_code == 403
    )


def test_people_are_found_by_name_among_active_responders(commander: User, outsider: User, incident: Incident):
    make.make_user("meissner")
    gone = make.make_user("meijer")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    User.objects.filter(pk=outsider.pk).update(first_name="Meindert")
    query = {"app_label": "incidents", "model_name": "incidentrole", "field_name": "user"}
    found = make.client_of(commander).get("/admin/autocomplete/", {**query, "term": "mei"}).json()["results"]
    assert [row["text"] for row in found] == ["Meissner"]
    by_mail = make.client_of(commander).get("/admin/autocomplete/", {**query, "term": "nordlys"}).json()["results"]
    assert by_mail == []
    assert make.client_of(outsider).get("/admin/autocomplete/", {**query, "term": "mei"}).status_code in {302, 403}


def test_the_list_is_found_filtered_and_costs_the_same_for_one_and_for_three(
    bystander: User, commander: User, incident, service
):
    client = make.client_of(bystander)
    assert "Amara" in client.get("/admin/incidents/incident/?q=payments").content.decode()
    counts = []
    for more in (1, 2):
        for _ in range(more):
            make.seat(make.make_incident(severity=Severity.SEV4), Role.COMMANDER, make.make_user())
        client.get("/admin/incidents/incident/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/admin/incidents/incident/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
    page = client.get("/admin/incidents/incident/?severity__exact=SEV1&q=payments").content.decode()
    assert (incident.key in page, "INC-2<" in page) == (True, False)


def test_a_long_timeline_shows_its_newest_rows_and_none_can_be_changed(commander: User, incident: Incident):
    for number in range(60):
        timeline.add_entry(incident, by=commander, body=f"Note number {number}.")
    client = make.client_of(commander)
    page = client.get(address(incident)).content.decode()
    assert ("Note number 59." in page, "Note number 10." in page, "Note number 9." in page) == (True, True, False)
    entry = incident.entries.latest("number")
    forged = form_of(incident) | {
        "entries-TOTAL_FORMS": 1,
        "entries-INITIAL_FORMS": 1,
        "entries-0-id": entry.pk,
        "entries-0-incident": incident.pk,
        "entries-0-body": "Never said.",
        "entries-0-DELETE": "on",
    }
    client.post(address(incident), forged)
    assert timeline.first_broken(incident) is None
    assert incident.entries.filter(body="Never said.").count() == 0
    assert incident.entries.count() == entry.number


# --- what is beside it ------------------------------------------------------------------------


def test_rows_of_object_permissions_are_registered_nowhere():
    grants = [
        model for model in apps.get_models() if issubclass(model, ObjectGrant) or model._meta.app_label == "guardian"
    ]
    assert IncidentGrant in grants
    assert [model for model in grants if site.is_registered(model)] == []


def test_updates_are_read_as_far_as_their_incident_is(bystander: User, administrator: User, draft: Update):
    path = f"/admin/incidents/update/{draft.pk}/change/"
    for person in (bystander, administrator):
        client = make.client_of(person)
        assert draft.body in client.get(path).content.decode()
        assert client.post(path, {"state": "published", "body": "Forged."}).status_code == 403
    Incident.objects.update(is_private=True)
    assert make.client_of(bystander).get(path).status_code == 302
    draft.refresh_from_db()
    assert (draft.state, "Forged." in draft.body) == ("draft", False)


def allowed(codename: str) -> User:
    user = make.make_user()
    user.user_permissions.add(Permission.objects.get(codename=codename))
    return user


def test_sources_are_kept_by_those_who_may_and_the_token_is_never_shown(bystander: User):
    client = make.client_of(allowed("manage_alertsource"))
    data = {"kind": "generic", "name": "Scripts", "severity": "SEV4", "opens_incidents": "on"}
    assert client.post("/admin/incidents/alertsource/add/", data).status_code == 302
    source = AlertSource.objects.get()
    token = sources.url_of(source, by=SYSTEM).rpartition("/")[2]
    path = f"/admin/incidents/alertsource/{source.pk}/change/"
    page = client.get(path).content.decode()
    for secret in (token, source.token_digest, source.token_encrypted):
        assert secret not in page
    client.post(path, {"name": "Night scripts", "severity": "", "kind": "alertmanager", "token_digest": "0" * 64})
    changed = AlertSource.objects.get()
    assert (changed.name, changed.severity, changed.kind, changed.opens_incidents, changed.is_active) == (
        "Night scripts",
        "",
        "generic",
        False,
        False,
    )
    assert sources.digest(token) == changed.token_digest
    actions = list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["alert_source.created", "alert_source.changed", "alert_source.deactivated"]
    other = make.client_of(bystander)
    assert [other.get(path).status_code, other.post(path, data).status_code] == [403, 403]
    assert client.post(path.replace("change", "delete"), {"post": "yes"}).status_code == 403


def test_payloads_are_read_by_those_who_may_and_never_as_markup(bystander: User):
    source = sources.create("generic", "Scripts", by=SYSTEM)
    payload = Payload.objects.create(source=source, body=b"<b>raw</b>", state="unreadable", trouble="No JSON.")
    path = f"/admin/incidents/payload/{payload.pk}/change/"
    reader = make.client_of(allowed("view_payload"))
    page = reader.get(path).content.decode()
    assert ("&lt;b&gt;raw" in page, "<b>raw" in page) == (True, False)
    assert reader.post(path, {"state": "received"}).status_code == 403
    for address_ in (path, "/admin/incidents/payload/"):
        assert make.client_of(bystander).get(address_).status_code == 403
