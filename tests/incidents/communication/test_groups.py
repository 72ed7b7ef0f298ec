"""Stakeholder groups: who keeps them, who hears of what, and never of what is private."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from incidents import access, lifecycle
from incidents.communication import audiences, boards, groups, updates
from incidents.conflicts import Overtaken
from incidents.models import Incident, IncidentKind, Service, Severity, StakeholderGroup
from notifications.models import Content, Message
from roles.models import AuditEvent, User
from roles.policy import SYSTEM
from tests import make
from tests.worker import Worker

Kind = StakeholderGroup.Kind


@pytest.fixture
def executive(db: None) -> User:
    return make.make_user("marit", is_staff=False)


@pytest.fixture
def executives(executive: User) -> StakeholderGroup:
    return groups.add(
        by=SYSTEM, name="Executives", kind=Kind.EXECUTIVE, members=[executive], addresses=["chair@nordlys.example"]
    )


def told(worker: Worker) -> dict[str, str]:
    """Address → subject of what was written."""
    worker.run()
    return dict(Message.objects.order_by("pk").values_list("address", "content__subject"))


def addresses_of(incident: Incident, *kinds: str) -> set[str]:
    return {insider.address for insider in groups.insiders(incident, *kinds)}


def test_who_keeps_words_makes_a_group_and_it_is_written_down(administrator: User, executive: User) -> None:
    made = groups.add(by=administrator, name="  All   staff ", kind=Kind.TACTICAL, members=[executive])
    assert (made.slug, made.name, list(made.members.all())) == ("all-staff", "All staff", [executive])
    assert AuditEvent.objects.filter(action="stakeholder_group.added", data__members=["marit"]).count() == 1
    assert groups.add(by=administrator, name="All staff").slug == "all-staff-2"


def test_a_responder_may_not_make_or_change_one(bystander: User, executives: StakeholderGroup) -> None:
    with pytest.raises(PermissionDenied):
        groups.add(by=bystander, name="Mine")
    with pytest.raises(PermissionDenied):
        groups.change(executives, by=bystander, name="Mine")


def test_addresses_are_kept_once_in_their_normal_form(executives: StakeholderGroup) -> None:
    given = [" Chair@Nordlys.example", "chair@nordlys.example", "cfo@nordlys.example", ""]
    changed = groups.change(executives, by=SYSTEM, addresses=given)
    assert changed.addresses == ["chair@nordlys.example", "cfo@nordlys.example"]


@pytest.mark.parametrize("address", ["nobody", "a@b@c", "x@nordlys.example\nBcc: all@nordlys.example"])
def test_what_is_no_address_is_refused(executives: StakeholderGroup, address: str) -> None:
    with pytest.raises(ValidationError) as refused:
        groups.change(executives, by=SYSTEM, addresses=[address])
    assert "is no e-mail address" in refused.value.messages[0]


def test_of_two_who_change_it_at_once_the_second_sees_both(executives: StakeholderGroup) -> None:
    groups.change(executives, by=SYSTEM, seen_version=1, name="The board")
    with pytest.raises(Overtaken) as refused:
        groups.change(executives, by=SYSTEM, seen_version=1, name="Management")
    assert refused.value.theirs == {"name": "The board"}


def test_a_group_hears_by_severity_and_service(incident: Incident, service: Service) -> None:
    elsewhere = make.make_service("search")
    for name, about in {
        "all": {},
        "worst": {"least_severity": Severity.SEV1},
        "payments": {"services": [service]},
        "search": {"services": [elsewhere]},
        "retired": {"is_active": False},
    }.items():
        groups.add(by=SYSTEM, name=name, kind=Kind.TACTICAL, addresses=[f"{name}@nordlys.example"], **about)  # type: ignore[arg-type]
    assert addresses_of(incident, Kind.TACTICAL) == {f"{name}@nordlys.example" for name in ("all", "worst", "payments")}
    small = make.make_incident(severity=Severity.SEV4, services=[service])
    assert addresses_of(small, Kind.TACTICAL) == {"all@nordlys.example", "payments@nordlys.example"}
    assert addresses_of(incident, Kind.EXECUTIVE) == set()


def test_who_is_in_two_groups_hears_once(incident: Incident, executives: StakeholderGroup, executive: User) -> None:
    groups.add(by=SYSTEM, name="More", kind=Kind.EXECUTIVE, members=[executive], addresses=[executive.email.upper()])
    assert len(groups.insiders(incident, Kind.EXECUTIVE)) == 2


def test_of_a_private_incident_only_those_hear_who_may_see_it(executives: StakeholderGroup, executive: User) -> None:
    hidden = make.make_incident(is_private=True)
    assert groups.insiders(hidden, Kind.EXECUTIVE) == []
    access.invite(hidden, executive, by=SYSTEM)
    assert addresses_of(hidden, Kind.EXECUTIVE) == {executive.email}


def test_executives_hear_short_plain_words_and_the_author_does_not(
    incident: Incident, executives: StakeholderGroup, comms_lead: User, worker: Worker
) -> None:
    told(worker)
    Message.objects.all().delete()
    groups.change(executives, by=SYSTEM, members=[*executives.members.all(), comms_lead])
    draft = updates.draft(
        incident, by=comms_lead, audience="executive", title="Payments in the EU", body="We restore capacity."
    )
    updates.publish(draft, by=SYSTEM)
    found = told(worker)
    assert found == {
        "marit@nordlys.example": f"[{incident.key}] Investigating: Payments in the EU",
        "jonas@nordlys.example": f"[{incident.key}] Investigating: Payments in the EU",
        "chair@nordlys.example": f"[{incident.key}] Investigating: Payments in the EU",
    }
    text = Content.objects.get(topic=f"update:{draft.pk}").text
    assert "Many customers down" in text
    assert "We restore capacity." in text
    assert "SEV1, Investigating, since" in text


@pytest.mark.parametrize("audience", ["internal", "executive", "support"])
def test_what_is_previewed_is_what_is_sent(
    incident: Incident, executives: StakeholderGroup, commander: User, audience: str
) -> None:
    boards.share(incident, by=commander, name="Board of directors")
    groups.add(by=SYSTEM, name="Frontline", kind=Kind.SUPPORT, addresses=["desk@nordlys.example"])
    draft = updates.draft(incident, by=SYSTEM, audience=audience, title="Cards", body="We restore **capacity**.")
    shown = audiences.audience_of(draft).preview(draft, at=timezone.now())
    counted = audiences.count(draft).total
    updates.publish(draft, by=SYSTEM)
    sent = Content.objects.get(topic=f"update:{draft.pk}")
    assert (sent.subject, sent.text, sent.html, sent.sms) == (shown.subject, shown.text, shown.html, shown.sms)
    assert sent.messages.count() == counted > 0


def test_support_hears_what_support_is_told(incident: Incident, executives: StakeholderGroup, worker: Worker) -> None:
    groups.add(by=SYSTEM, name="Frontline", kind=Kind.SUPPORT, addresses=["desk@nordlys.example"])
    told(worker)
    Message.objects.all().delete()
    updates.publish(updates.draft(incident, by=SYSTEM, audience="support", body="Ask them to try again."), by=SYSTEM)
    assert told(worker).keys() == {"desk@nordlys.example"}


def test_an_internal_update_reaches_responders_and_internal_groups_once(
    incident: Incident, commander: User, bystander: User, worker: Worker
) -> None:
    groups.add(by=SYSTEM, name="All", kind=Kind.TACTICAL, members=[bystander], addresses=["floor@nordlys.example"])
    told(worker)
    Message.objects.all().delete()
    draft = updates.draft(incident, by=SYSTEM, audience="internal", body="The pool is restored.")
    updates.publish(draft, by=SYSTEM)
    assert told(worker).keys() == {"amara@nordlys.example", "ben@nordlys.example", "floor@nordlys.example"}
    assert Message.objects.filter(channel="email").count() == 3


def test_a_drill_stays_in_the_sandbox(executives: StakeholderGroup) -> None:
    drill = make.make_incident(kind=IncidentKind.DRILL)
    updates.publish(updates.draft(drill, by=SYSTEM, audience="executive", body="A drill."), by=SYSTEM)
    assert set(
        Message.objects.filter(content__topic__startswith="update:").values_list("content__is_sandbox", flat=True)
    ) == {True}


def test_that_a_major_incident_was_declared_is_told_once(
    incident: Incident, executives: StakeholderGroup, worker: Worker
) -> None:
    found = told(worker)
    assert found["marit@nordlys.example"] == f"[{incident.key}] SEV1 declared: Card payments fail in the EU"
    assert found["chair@nordlys.example"] == found["marit@nordlys.example"]
    worker.run()
    assert Message.objects.filter(address="chair@nordlys.example").count() == 1


def test_a_small_incident_is_declared_to_nobody_until_it_grows(executives: StakeholderGroup, worker: Worker) -> None:
    small = make.make_incident(severity=Severity.SEV4)
    assert "marit@nordlys.example" not in told(worker)
    lifecycle.change_severity(small, Severity.SEV2, by=SYSTEM, reason="Spreads.")
    assert told(worker)["marit@nordlys.example"] == f"[{small.key}] SEV2 declared: Card payments fail in the EU"


def test_executives_hear_how_long_it_lasted(executives: StakeholderGroup, worker: Worker) -> None:
    done = make.make_incident(state="resolved")
    worker.run()
    (content,) = Content.objects.filter(key__contains="stakeholder_resolved")
    assert content.subject == f"[{done.key}] Resolved after 0 min: Card payments fail in the EU"
    assert content.messages.count() == 2


def test_a_private_incident_is_declared_to_nobody(executives: StakeholderGroup, worker: Worker) -> None:
    make.make_incident(is_private=True)
    assert not {"marit@nordlys.example", "chair@nordlys.example"} & told(worker).keys()
