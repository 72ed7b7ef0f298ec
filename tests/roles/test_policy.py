"""The policy table: who may do what, and that asking it wrongly is loud."""

import pytest
from django.contrib.auth.models import AnonymousUser, Permission
from django.core.exceptions import PermissionDenied

from incidents.models import Incident, IncidentGrant, Severity
from incidents.response import staffing
from roles import grants, policy
from roles.catalog import Holding, Role
from roles.models import User
from roles.policy import SYSTEM, authorize, may
from tests import make

ON_INCIDENTS = [action for action in policy.POLICY if action.startswith("incidents.")]

#: What each role may do on an incident beside looking, written down a second time and by hand, from
#: section 3 of the product's lifecycle: a slip in the table fails here.
_OF_SEATS = {"propose_decision", "answer_team"}
RIGHTS = {
    Role.COMMANDER: {
        "change_state",
        "assign_role",
        "page_responder",
        "page_expert",
        "manage_access",
        "classify",
        "correct_times",
        "mark_entry",
        "assign_task",
        "decide",
        "approve_action",
        "coordinate",
        "verify",
        "draft_update",
        "approve_update",
        "publish_update",
        "delegate_approval",
        "set_rhythm",
        "resend_update",
        "share_board",
        "brief_support",
        "approve_points",
        "view_reports",
        "record_report",
        "escalate",
        "acknowledge_escalation",
        "capture_feedback",
        "follow_up",
    },
    Role.COMMS_LEAD: {
        "classify",
        "draft_update",
        "publish_update",
        "set_rhythm",
        "resend_update",
        "share_board",
        "brief_support",
        "approve_points",
        "view_reports",
        "capture_feedback",
    },
    Role.TECH_LEAD: {
        "page_expert",
        "classify",
        "mark_entry",
        "assign_task",
        "coordinate",
        "verify",
        "view_reports",
        "acknowledge_escalation",
    },
    Role.SME: set(),
    Role.SCRIBE: {"classify", "correct_times", "supersede_entry", "mark_entry", "assign_task"},
    Role.SUPPORT_LIAISON: {
        "draft_update",
        "brief_support",
        "view_reports",
        "record_report",
        "escalate",
        "capture_feedback",
        "follow_up",
    },
    Role.STATUS_PAGE_MANAGER: {"draft_update", "publish_update", "resend_update"},
}
RIGHTS = {role: own | _OF_SEATS for role, own in RIGHTS.items()}
#: What every responder may do.
OF_RESPONDERS = {
    "view_incident",
    "declare_incident",
    "take_role",
    "add_entry",
    "add_task",
    "propose_action",
    "record_change",
    "ask_team",
}


def rights(person: User, incident: Incident) -> set[str]:
    """What `may` answers for each action of an incident, without the app's name."""
    return {action.split(".")[1] for action in ON_INCIDENTS if may(person, action, incident)}


@pytest.mark.parametrize("role", Role)
def test_each_role_may_do_what_the_product_says_and_no_more(incident: Incident, role: Role) -> None:
    holder = make.seat(incident, role, make.make_user()).user
    assert rights(holder, incident) == RIGHTS[role] | OF_RESPONDERS


@pytest.mark.parametrize("role", Role)
def test_a_deputy_has_the_rights_of_the_primary(incident: Incident, role: Role) -> None:
    holder = make.seat(incident, role, make.make_user(), kind=Holding.DEPUTY).user
    assert rights(holder, incident) == RIGHTS[role] | OF_RESPONDERS


@pytest.mark.parametrize("role", Role)
def test_a_shadow_has_no_right_of_the_role(incident: Incident, role: Role) -> None:
    holder = make.seat(incident, role, make.make_user(), kind=Holding.SHADOW).user
    assert rights(holder, incident) == OF_RESPONDERS


@pytest.mark.parametrize("role", Role)
def test_an_offer_gives_no_right_before_it_is_accepted(incident: Incident, role: Role) -> None:
    asked = make.seat(incident, role, make.make_user(), offer=True).user
    assert rights(asked, incident) == OF_RESPONDERS


def test_a_seat_carries_no_right_on_another_incident(commander: User, incident: Incident) -> None:
    other = make.make_incident(title="Webhooks are late")
    assert "change_state" in rights(commander, incident)
    assert rights(commander, other) == OF_RESPONDERS


def test_a_former_holder_is_a_bystander(former_holder: User, bystander: User, incident: Incident) -> None:
    assert rights(former_holder, incident) == rights(bystander, incident) == OF_RESPONDERS


def test_an_outsider_may_nothing(outsider: User, incident: Incident) -> None:
    assert rights(outsider, incident) == set()
    assert not may(outsider, "incidents.declare_incident")


def test_an_administrator_may_everything(administrator: User, incident: Incident) -> None:
    assert rights(administrator, incident) == {action.split(".")[1] for action in ON_INCIDENTS}


def test_whoever_left_may_nothing(administrator: User, commander: User, incident: Incident) -> None:
    for person in (administrator, commander):
        person.is_active = False
        person.save()
        assert rights(person, incident) == set()
        assert grants.held(person, incident) == frozenset()


def test_a_visitor_without_an_account_is_refused_and_not_an_error(incident: Incident) -> None:
    with pytest.raises(PermissionDenied):
        authorize(AnonymousUser(), "incidents.view_incident", incident)  # type: ignore[arg-type]
    assert not incident.is_visible_to(AnonymousUser())  # type: ignore[arg-type]


def test_commander_and_comms_lead_publish_only_while_nobody_manages_the_page(
    incident: Incident, commander: User, comms_lead: User
) -> None:
    assert may(commander, "incidents.publish_update", incident)
    assert may(comms_lead, "incidents.publish_update", incident)
    manager = make.seat(incident, Role.STATUS_PAGE_MANAGER, make.make_user("kenji"))
    assert not may(commander, "incidents.publish_update", incident)
    assert not may(comms_lead, "incidents.publish_update", incident)
    assert may(manager.user, "incidents.publish_update", incident)
    staffing.release(manager, by=SYSTEM)
    assert may(commander, "incidents.publish_update", incident)


def test_a_shadow_of_the_page_manager_does_not_take_publishing_from_the_commander(
    incident: Incident, commander: User
) -> None:
    make.seat(incident, Role.STATUS_PAGE_MANAGER, make.make_user(), kind=Holding.SHADOW)
    assert may(commander, "incidents.publish_update", incident)


def test_comms_lead_approves_only_where_it_is_delegated(incident: Incident, commander: User, comms_lead: User) -> None:
    seat = incident.seats.get(user=comms_lead)
    assert not may(comms_lead, "incidents.approve_update", incident)
    staffing.delegate_approval(seat, by=commander, may_approve=True)
    assert may(comms_lead, "incidents.approve_update", Incident.objects.get())
    staffing.delegate_approval(seat, by=commander, may_approve=False)
    assert not may(comms_lead, "incidents.approve_update", Incident.objects.get())


def test_rights_do_not_hang_on_the_severity(incident: Incident, commander: User) -> None:
    at_sev1 = rights(commander, incident)
    Incident.objects.update(severity=Severity.SEV5)
    assert rights(commander, Incident.objects.get()) == at_sev1


def test_a_private_incident_exists_for_its_seats_and_administrators_only(
    administrator: User, bystander: User, outsider: User
) -> None:
    incident = make.make_incident(is_private=True)
    scribe = make.seat(incident, Role.SCRIBE, make.make_user()).user
    assert rights(scribe, incident) == RIGHTS[Role.SCRIBE] | OF_RESPONDERS
    assert rights(administrator, incident) == {action.split(".")[1] for action in ON_INCIDENTS}
    assert rights(bystander, incident) == rights(outsider, incident) == set()


def test_a_guardian_row_without_a_seat_gives_nothing(bystander: User, incident: Incident) -> None:
    permission = Permission.objects.get(content_type__app_label="incidents", codename="change_state")
    IncidentGrant.objects.create(user=bystander, permission=permission, content_object=incident)
    assert bystander.has_perm("incidents.change_state", incident)
    assert not may(bystander, "incidents.change_state", incident)


def test_a_seat_whose_guardian_row_is_gone_gives_nothing(commander: User, incident: Incident) -> None:
    IncidentGrant.objects.filter(user=commander).delete()
    assert not may(commander, "incidents.change_state", incident)


def test_the_product_itself_needs_no_seat(incident: Incident, bystander: User) -> None:
    for action in policy.POLICY:
        authorize(SYSTEM, action, incident)
    assert not may(bystander, "incidents.change_state", incident), "a person without one may not"


def test_a_forgotten_actor_is_an_error_and_opens_no_door(incident: Incident) -> None:
    with pytest.raises(TypeError, match="User or SYSTEM"):
        authorize(None, "incidents.view_incident", incident)  # type: ignore[arg-type]


@pytest.mark.parametrize("by", ["system", "administrator"])
def test_an_action_that_the_table_does_not_know_is_an_error_for_everybody(
    by: str, administrator: User, incident: Incident
) -> None:
    with pytest.raises(LookupError, match=r"incidents\.pay_invoice"):
        authorize(SYSTEM if by == "system" else administrator, "incidents.pay_invoice", incident)


def test_a_refusal_names_who_and_what(bystander: User, incident: Incident) -> None:
    with pytest.raises(PermissionDenied, match=r"^Ben may not change state\.$"):
        authorize(bystander, "incidents.change_state", incident)


def test_global_actions_are_ordinary_permissions(bystander: User, administrator: User) -> None:
    for action in policy.GLOBAL_ACTIONS:
        app, codename = action.split(".")
        assert may(administrator, action)
        assert not may(bystander, action)
        bystander.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
        again = User.objects.get(pk=bystander.pk)
        assert may(again, action)


def test_every_action_is_a_permission_that_the_database_knows(db: None) -> None:
    known = {
        f"{row.content_type.app_label}.{row.codename}" for row in Permission.objects.select_related("content_type")
    }
    assert set(policy.POLICY) | set(policy.GLOBAL_ACTIONS) <= known


def test_lists_and_details_see_by_one_rule(
    db: None, commander: User, bystander: User, outsider: User, administrator: User, incident: Incident
) -> None:
    private = make.make_incident(title="Somebody reads what they should not", is_private=True)
    asked = make.seat(private, Role.SCRIBE, make.make_user("asked"), offer=True).user
    left = make.seat(private, Role.SCRIBE, make.make_user("left"))
    staffing.release(left, by=SYSTEM)
    gone = make.make_user("gone", is_superuser=True, is_active=False)
    seen = {}
    for person in (commander, bystander, outsider, administrator, asked, left.user, gone):
        listed = set(Incident.objects.visible_to(person))
        assert listed == {one for one in Incident.objects.all() if one.is_visible_to(person)}, person
        seen[person.username] = len(listed)
    assert seen == {"amara": 1, "ben": 1, "lucia": 0, "hana": 2, "asked": 2, "left": 1, "gone": 0}


def test_the_declarer_of_a_private_incident_stays_invited_without_a_seat(bystander: User) -> None:
    incident = make.make_incident(is_private=True, by=bystander)
    assert list(Incident.objects.visible_to(bystander)) == [incident]
    seat = make.seat(incident, Role.SCRIBE, bystander)
    staffing.release(seat, by=SYSTEM)
    assert list(Incident.objects.visible_to(bystander)) == [incident]
    assert "supersede_entry" not in rights(bystander, incident)


def test_asking_once_costs_the_same_however_many_seats_one_holds(
    incident: Incident, commander: User, django_assert_num_queries
) -> None:
    def ask() -> None:
        fresh = Incident.objects.get(pk=incident.pk)
        with django_assert_num_queries(1):
            assert "incidents.change_state" in grants.held(commander, fresh)

    ask()
    for role in (Role.SCRIBE, Role.SME):
        make.seat(incident, role, commander)
    ask()
