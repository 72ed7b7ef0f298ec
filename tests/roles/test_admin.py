"""Accounts, teams and the record of changes in the admin."""

import pytest
from django.contrib.auth.models import Permission

from roles.catalog import Role
from roles.models import AuditEvent, Qualification, Team, User
from tests import make

NONE = {"qualifications-TOTAL_FORMS": 0, "qualifications-INITIAL_FORMS": 0}


def form_of(person: User, **changes: object) -> dict[str, object]:
    data = {
        "username": person.username,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "phone": "",
        "title": person.title,
        "time_zone": person.time_zone,
        "hue": person.hue,
        "is_active": "on",
        "is_staff": "on",
        **NONE,
        **changes,
    }
    return {name: value for name, value in data.items() if value is not None}


def address(person: User) -> str:
    return f"/admin/roles/user/{person.pk}/change/"


@pytest.mark.parametrize("name", ["commander", "bystander", "page_manager"])
def test_nobody_but_administrators_sees_or_changes_accounts(
    request: pytest.FixtureRequest, name: str, administrator: User
):
    person = request.getfixturevalue(name)
    client = make.client_of(person)
    before = list(User.objects.order_by("pk").values())
    paths = ["/admin/roles/user/", "/admin/roles/user/add/", address(person), address(administrator)]
    paths += [address(person).replace("change", rest) for rest in ("delete", "password", "history")]
    for path in paths:
        assert (path, client.get(path).status_code) == (path, 403)
        forged = form_of(person, is_superuser="on", password1="Xy1!longer-than", password2="Xy1!longer-than")
        assert (path, client.post(path, forged).status_code) == (path, 403)
    after = list(User.objects.order_by("pk").values())
    assert [{**row, "last_login": None} for row in after] == [{**row, "last_login": None} for row in before]


def test_an_administrator_gives_rights_and_it_is_written_down(administrator: User, bystander: User):
    keep = Permission.objects.get(codename="manage_alertsource")
    data = form_of(bystander, is_superuser="on", user_permissions=keep.pk)
    assert make.client_of(administrator).post(address(bystander), data).status_code == 302
    bystander = User.objects.get(pk=bystander.pk)
    assert (bystander.is_superuser, list(bystander.user_permissions.all())) == (True, [keep])
    events = {event.action: event for event in AuditEvent.objects.all()}
    assert events["user.changed"].data == {"before": {"is_superuser": False}, "after": {"is_superuser": True}}
    assert events["user.rights_changed"].data == {"after": ["manage_alertsource"]}
    assert {event.actor for event in events.values()} == {administrator}


def test_only_rights_about_the_whole_installation_can_be_given(administrator: User, bystander: User):
    other = Permission.objects.get(codename="publish_update")
    answer = make.client_of(administrator).post(address(bystander), form_of(bystander, user_permissions=other.pk))
    assert (answer.status_code, "Select a valid choice" in answer.content.decode()) == (200, True)
    assert not bystander.user_permissions.exists()


def test_a_person_is_made_with_a_password_and_then_qualified(administrator: User):
    client = make.client_of(administrator)
    data = {
        "username": "olu",
        "first_name": "Olu",
        "last_name": "Novak",
        "email": "olu@nordlys.example",
        "usable_password": "true",
        "password1": "correct horse battery",
        "password2": "correct horse battery",
    }
    assert client.post("/admin/roles/user/add/", data).status_code == 302
    olu = User.objects.get(username="olu")
    assert (olu.check_password("correct horse battery"), olu.is_staff, olu.is_superuser) == (True, False, False)
    assert "horse" not in str(list(AuditEvent.objects.values()))
    row = {"role": "scribe", "level": 3, "gained_on": "2026-01-05", "user": olu.pk, "id": "", "expires_on": ""}
    inline = {f"qualifications-0-{name}": value for name, value in row.items()}
    client.post(address(olu), form_of(olu, **inline, **{"qualifications-TOTAL_FORMS": 1}))
    assert Qualification.objects.get().role == Role.SCRIBE
    assert User.objects.get(username="olu").check_password("correct horse battery")


def test_nobody_is_deleted(administrator: User, bystander: User):
    path = address(bystander).replace("change", "delete")
    assert make.client_of(administrator).post(path, {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=bystander.pk).exists()


def test_the_password_is_never_shown(administrator: User, bystander: User):
    bystander.set_password("correct horse battery")
    bystander.save()
    assert bystander.password not in make.client_of(administrator).get(address(bystander)).content.decode()


def test_teams_are_read_by_responders_and_kept_by_administrators(administrator: User, bystander: User):
    team = Team.objects.create(name="Money movement", slug="money")
    path = f"/admin/roles/team/{team.pk}/change/"
    data = {"name": "Mine", "slug": "mine", "members": [bystander.pk]}
    reader = make.client_of(bystander)
    assert "Money movement" in reader.get(path).content.decode()
    assert reader.post(path, data).status_code == 403
    assert make.client_of(administrator).post(path, data).status_code == 302
    assert list(Team.objects.get().members.all()) == [bystander]


def test_the_record_of_changes_is_read_by_administrators_and_changed_by_nobody(administrator: User, bystander: User):
    event = AuditEvent.objects.create(actor=bystander, action="page.changed", subject="halyard", data={"was": 1})
    path = f"/admin/roles/auditevent/{event.pk}/change/"
    client = make.client_of(administrator)
    assert "halyard" in client.get(path).content.decode()
    for address_ in (path, path.replace("change", "delete"), "/admin/roles/auditevent/add/"):
        assert client.post(address_, {"subject": "other", "post": "yes"}).status_code == 403
    assert make.client_of(bystander).get(path).status_code == 403
    assert AuditEvent.objects.get().subject == "halyard"
