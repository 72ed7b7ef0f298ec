"""Links between incidents: shown on both, told on both, and never telling of a private one."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from incidents import links
from incidents.conflicts import Conflict
from incidents.models import Incident, IncidentLink, Kind, LinkKind
from roles.models import User
from roles.policy import SYSTEM
from tests import make


@pytest.fixture
def other(incident: Incident) -> Incident:
    return make.make_incident(title="Payouts are late", severity="SEV3")


def said(incident: Incident) -> list[str]:
    return list(incident.entries.filter(kind=Kind.LINKED).order_by("number").values_list("body", flat=True))


@pytest.mark.parametrize(
    ("kind", "here", "there"),
    [
        (LinkKind.RELATED, "Related to INC-2.", "Related to INC-1."),
        (LinkKind.CAUSED_BY, "Caused by INC-2.", "Cause of INC-1."),
        (LinkKind.RECURRENCE_OF, "Recurrence of INC-2.", "Came back as INC-1."),
        (LinkKind.DUPLICATE_OF, "Duplicate of INC-2.", "Duplicated by INC-1."),
    ],
)
def test_a_link_is_told_on_both_sides_each_in_its_words(
    incident: Incident, other: Incident, tech_lead: User, kind: str, here: str, there: str
) -> None:
    links.link(incident, other, by=tech_lead, kind=kind)
    assert (said(incident), said(other)) == ([here], [there])
    assert [(f"{tie.says.capitalize()} {tie.other.key}.") for tie in links.ties_of(incident, tech_lead)] == [here]
    assert [(f"{tie.says.capitalize()} {tie.other.key}.") for tie in links.ties_of(other, tech_lead)] == [there]


def test_a_link_is_taken_back_from_either_side(incident: Incident, other: Incident, commander: User) -> None:
    made = links.link(incident, other, by=SYSTEM)
    with pytest.raises(PermissionDenied):
        links.unlink(made, seen_from=other, by=commander)  # commands the first one only
    make.seat(other, "commander", commander)
    links.unlink(made, seen_from=other, by=commander)
    assert not IncidentLink.objects.exists()
    assert said(incident) == ["Related to INC-2.", "Related to INC-2 (taken back)."]
    with pytest.raises(Conflict, match="taken back already"):
        links.unlink(made, seen_from=incident, by=commander)


def test_two_incidents_have_one_link(incident: Incident, other: Incident) -> None:
    links.link(incident, other, by=SYSTEM)
    for pair in ((incident, other), (other, incident)):
        with pytest.raises(Conflict, match="already"):
            links.link(*pair, by=SYSTEM, kind=LinkKind.CAUSED_BY)
    with pytest.raises(Conflict, match="cannot be linked to itself"):
        links.link(incident, incident, by=SYSTEM)
    with pytest.raises(ValidationError, match="twin is no kind of link"):
        links.link(incident, make.make_incident(), by=SYSTEM, kind="twin")
    assert IncidentLink.objects.count() == 1


def test_a_link_is_none_of_a_third_incident(incident: Incident, other: Incident) -> None:
    made = links.link(incident, other, by=SYSTEM)
    with pytest.raises(ValidationError, match="none of INC-3"):
        links.unlink(made, seen_from=make.make_incident(), by=SYSTEM)


def test_an_open_incident_tells_nothing_of_a_private_one(
    incident: Incident, other: Incident, commander: User, bystander: User
) -> None:
    Incident.objects.filter(pk=other.pk).update(is_private=True)
    secret = Incident.objects.get(pk=other.pk)
    with pytest.raises(PermissionDenied):
        links.link(incident, secret, by=commander)
    make.seat(secret, "tech_lead", commander)
    with pytest.raises(Conflict, match="INC-2 is private: link it from there"):
        links.link(incident, secret, by=commander)
    links.link(secret, incident, by=commander)
    assert (said(secret), said(incident)) == (["Related to INC-1."], [])
    assert [tie.other for tie in links.ties_of(incident, commander)] == [secret]
    assert links.ties_of(incident, bystander) == []


def test_who_may_not_classify_links_nothing(
    incident: Incident, other: Incident, sme: User, liaison: User, bystander: User
) -> None:
    made = links.link(incident, make.make_incident(), by=SYSTEM)
    for person in (sme, liaison, bystander):
        with pytest.raises(PermissionDenied):
            links.link(incident, other, by=person)
        with pytest.raises(PermissionDenied):
            links.unlink(made, seen_from=incident, by=person)
    assert list(IncidentLink.objects.all()) == [made]


def test_who_declares_what_came_back_links_it_without_a_seat(incident: Incident, bystander: User) -> None:
    again = make.make_incident(title="Cards fail again", by=bystander)
    links.declared_again(again, incident, by=bystander)
    assert (said(again), said(incident)) == (["Recurrence of INC-1."], ["Came back as INC-2."])
    with pytest.raises(PermissionDenied, match="Only who declared it"):
        links.declared_again(incident, again, by=bystander)


def test_what_came_back_of_a_private_incident_is_private_too(bystander: User) -> None:
    earlier = make.make_incident(by=bystander, is_private=True)
    with pytest.raises(Conflict, match="declare what came back private as well"):
        links.declared_again(make.make_incident(by=bystander), earlier, by=bystander)
    links.declared_again(make.make_incident(by=bystander, is_private=True), earlier, by=bystander)
    with pytest.raises(PermissionDenied):
        links.declared_again(make.make_incident(by=(other := make.make_user())), earlier, by=other)
