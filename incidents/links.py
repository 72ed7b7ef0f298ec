"""Links between incidents: what belongs together, what caused it, and what came back.

A link stands on one incident and shows on both. Where one of the two is private, it is made from there, so
that the open one tells nobody of it.
"""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q

from incidents import events
from incidents.conflicts import Conflict
from incidents.models import Incident, IncidentLink, Kind, LinkKind
from roles.models import User
from roles.policy import Actor, System, authorize

#: How the other one relates back.
BACK: dict[str, str] = {
    LinkKind.RELATED: "related to",
    LinkKind.CAUSED_BY: "cause of",
    LinkKind.RECURRENCE_OF: "came back as",
    LinkKind.DUPLICATE_OF: "duplicated by",
}


@dataclass(frozen=True)
class Tie:
    """A link as one of its two incidents shows it."""

    link: IncidentLink
    says: str
    other: Incident


@transaction.atomic
def link(incident: Incident, other: Incident, *, by: Actor, kind: str = LinkKind.RELATED) -> IncidentLink:
    """Says how `incident` relates to `other`; both timelines tell of it where neither is private.

    Raises PermissionDenied, or Conflict where the two are linked already or are the same.
    """
    authorize(by, "incidents.classify", incident)
    if not isinstance(by, System) and not other.is_visible_to(by):
        raise PermissionDenied("You may link only incidents that you may see.")
    if kind not in LinkKind.values:
        raise ValidationError(f"{kind} is no kind of link; they are {', '.join(LinkKind.values)}.")
    if incident.pk == other.pk:
        raise Conflict(f"{incident.key} cannot be linked to itself.")
    if other.is_private and not incident.is_private:
        raise Conflict(f"{other.key} is private: link it from there, so that {incident.key} does not tell of it.")
    if IncidentLink.objects.filter(incident=other, other=incident).exists():
        raise Conflict(f"{other.key} names {incident.key} already.")
    try:
        with transaction.atomic():
            made = IncidentLink.objects.create(
                incident=incident,
                other=other,
                kind=kind,
                linked_by=None if isinstance(by, System) else by,
                linked_at=events.moment(),
            )
    except IntegrityError as problem:
        raise Conflict(f"{incident.key} names {other.key} already.") from problem
    _record(made, by=by)
    return made


@transaction.atomic
def declared_again(incident: Incident, earlier: Incident, *, by: User) -> IncidentLink:
    """Links what somebody has just declared to what came back in it: for that one need not sort incidents."""
    authorize(by, "incidents.declare_incident")
    if incident.declared_by_id != by.pk:
        raise PermissionDenied("Only who declared it says from the start what came back.")
    if not earlier.is_visible_to(by):
        raise PermissionDenied("You may link only incidents that you may see.")
    if earlier.is_private and not incident.is_private:
        raise Conflict(f"{earlier.key} is private: declare what came back private as well.", needed=["is_private"])
    made = IncidentLink.objects.create(
        incident=incident, other=earlier, kind=LinkKind.RECURRENCE_OF, linked_by=by, linked_at=events.moment()
    )
    _record(made, by=by)
    return made


@transaction.atomic
def unlink(made: IncidentLink, *, seen_from: Incident, by: Actor) -> None:
    """Takes a link back, from the side that `seen_from` names; the timelines keep that it was there."""
    authorize(by, "incidents.classify", seen_from)
    if seen_from.pk not in {made.incident_id, made.other_id}:
        raise ValidationError(f"This link is none of {seen_from.key}.")
    if not IncidentLink.objects.filter(pk=made.pk).delete()[0]:
        raise Conflict("This link was taken back already.")
    _record(made, by=by, is_gone=True)


def ties_of(incident: Incident, reader: User) -> list[Tie]:
    """The links of an incident from either side, as far as `reader` may see the other one; two queries."""
    visible = Incident.objects.visible_to(reader)
    rows = IncidentLink.objects.filter(
        Q(incident=incident, other__in=visible) | Q(other=incident, incident__in=visible)
    ).select_related("incident", "other")
    return [
        Tie(row, LinkKind(row.kind).label, row.other)
        if row.incident_id == incident.pk
        else Tie(row, BACK[row.kind], row.incident)
        for row in rows
    ]


def _record(made: IncidentLink, *, by: Actor, is_gone: bool = False) -> None:
    """Tells of it on both timelines; on the other's nothing is said of a private one."""
    said = " (taken back)" if is_gone else ""
    sides = [(made.incident, made.other, LinkKind(made.kind).label)]
    if not made.incident.is_private:
        sides.append((made.other, made.incident, BACK[made.kind]))
    for near, far, label in sides:
        events.record(
            near,
            Kind.LINKED,
            by=by,
            body=f"{label.capitalize()} {far.key}{said}.",
            other=far.key,
            kind_of_link=made.kind,
            is_gone=is_gone,
        )
