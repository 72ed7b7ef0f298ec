"""Stakeholder groups: people inside who hear of incidents without working on them, and who of them hears of which.

Kept by those who may manage our words. A group hears of an incident by its kind, by how bad it is, and by the
services that it names; of a private one only those hear who may see it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.text import slugify

from incidents.conflicts import refuse_overtaken
from incidents.models import Incident, Service, StakeholderGroup
from notifications import addresses as forms_of_address
from roles import audit
from roles.models import User
from roles.policy import Actor, authorize

MANAGE = "incidents.manage_words"
#: What one may set of a group; its slug stays.
FIELDS = ("name", "kind", "addresses", "least_severity", "is_active")
MOST_ADDRESSES = 500


@dataclass(frozen=True)
class Insider:
    """Somebody who hears: a person with an account, or an address alone."""

    address: str
    user: User | None = None


@transaction.atomic
def add(
    *, by: Actor, name: str, members: Iterable[User] = (), services: Iterable[Service] = (), **about: Any
) -> StakeholderGroup:
    """Makes a group. Raises PermissionDenied, or ValidationError by field where something makes no sense."""
    authorize(by, MANAGE)
    group = StakeholderGroup(slug=_free_slug(name))
    _set(group, {"name": name, **about})
    group.save(force_insert=True)
    group.members.set(members)
    group.services.set(services)
    audit.note(by, "stakeholder_group.added", group, **_told(group))
    return group


@transaction.atomic
def change(
    group: StakeholderGroup,
    *,
    by: Actor,
    seen_version: int | None = None,
    members: Iterable[User] | None = None,
    services: Iterable[Service] | None = None,
    **about: Any,
) -> StakeholderGroup:
    """Changes a group; what is not named stays. One that is not wanted any more is retired (`is_active`).

    `seen_version` is the version that the person had before them; raises Overtaken where others wrote since.
    """
    authorize(by, MANAGE)
    group = StakeholderGroup.objects.select_for_update().get(pk=group.pk)
    refuse_overtaken(group, seen_version, about)
    before = _told(group)
    _set(group, about)
    group.version += 1
    group.save()
    if members is not None:
        group.members.set(members)
    if services is not None:
        group.services.set(services)
    if (after := _told(group)) != before:
        changed = {name for name in after if after[name] != before[name]}
        audit.note(
            by,
            "stakeholder_group.changed",
            group,
            before={name: before[name] for name in sorted(changed)},
            after={name: after[name] for name in sorted(changed)},
        )
    return group


def retire(group: StakeholderGroup, *, by: Actor) -> StakeholderGroup:
    """Takes a group out of use: nobody hears by it any more."""
    return change(group, by=by, is_active=False)


def hearing(incident: Incident, *kinds: str) -> QuerySet[StakeholderGroup]:
    """The groups of these kinds that hear of the incident as it is now."""
    concerned = Q(services=None) | Q(services__in=incident.services.all())
    return (
        StakeholderGroup.objects.filter(concerned, is_active=True, kind__in=kinds)
        .filter(least_severity__gte=incident.severity)
        .distinct()
    )


def insiders(incident: Incident, *kinds: str) -> list[Insider]:
    """Everybody in those groups who may hear of it, each once; of a private incident only who may see it."""
    found: dict[str, Insider] = {}
    groups = hearing(incident, *kinds).prefetch_related("members")
    listed = [(group, list(group.members.all())) for group in groups]
    for person in {member.pk: member for _, members in listed for member in members}.values():
        if person.is_active and person.email and (not incident.is_private or incident.is_visible_to(person)):
            found.setdefault(forms_of_address.normal("email", person.email), Insider(person.email, person))
    if not incident.is_private:
        for address in (address for group, _ in listed for address in group.addresses):
            found.setdefault(address, Insider(address))
    return list(found.values())


def is_stakeholder(person: User, incident: Incident) -> bool:
    """Whether they are of a group that hears of the incident."""
    return hearing(incident, *StakeholderGroup.Kind.values).filter(members=person).exists()


def _set(group: StakeholderGroup, about: dict[str, Any]) -> None:
    if unknown := about.keys() - set(FIELDS):
        raise ValidationError(f"{', '.join(sorted(unknown))} cannot be set of a group.")
    for name, value in about.items():
        setattr(group, name, " ".join(value.split()) if name == "name" else value)
    if "addresses" in about:
        group.addresses = clean_addresses(about["addresses"])
    if not group.name:
        raise ValidationError({"name": "A group needs a name."})
    group.full_clean(exclude=["addresses"])


def clean_addresses(given: object) -> list[str]:
    """Each once, in its normal form. Raises ValidationError naming the first that is none."""
    if not isinstance(given, list | tuple) or not all(isinstance(one, str) for one in given):
        raise ValidationError({"addresses": "A list of e-mail addresses."})
    found = list(dict.fromkeys(forms_of_address.normal("email", one) for one in given if one.strip()))
    if len(found) > MOST_ADDRESSES:
        raise ValidationError({"addresses": f"A group has at most {MOST_ADDRESSES} addresses without an account."})
    for address in found:
        try:
            validate_email(address)
        except ValidationError as problem:
            raise ValidationError({"addresses": f"{address[:80]} is no e-mail address."}) from problem
    return found


def _told(group: StakeholderGroup) -> dict[str, object]:
    """What the audit trail keeps of a group: addresses only by their number."""
    return {
        "name": group.name,
        "kind": group.kind,
        "least_severity": group.least_severity,
        "is_active": group.is_active,
        "members": sorted(group.members.values_list("username", flat=True)),
        "services": sorted(group.services.values_list("slug", flat=True)),
        "address_count": len(group.addresses),
    }


def _free_slug(name: str) -> str:
    base = slugify(name)[:40] or "group"
    taken = set(StakeholderGroup.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for slug in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if slug not in taken)
