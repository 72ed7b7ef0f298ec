"""Offering help without a seat: the commander hears of it, and candidates show it."""

from django.db import transaction

from incidents import events
from incidents.conflicts import Conflict
from incidents.models import Incident, Kind, TimelineEntry
from roles.catalog import Holding, Role
from roles.models import User
from roles.policy import authorize

LONGEST_WORDS = 300


@transaction.atomic
def offer_help(incident: Incident, *, by: User, words: str = "") -> TimelineEntry:
    """Writes it down and tells who commands. Once is enough: raises Conflict for the second time."""
    authorize(by, "incidents.add_entry", incident)
    if not incident.is_active:
        raise Conflict(f"{incident.key} is {incident.get_state_display()}: no help is needed any more.")
    Incident.objects.select_for_update().only("pk").get(pk=incident.pk)
    if earlier := offers_of_help(incident).get(by.pk):
        raise Conflict(f"You offered help at {earlier.occurred_at:%H:%M} UTC. The commander was told.")
    commanding = [seat.user_id for seat in incident.holders_of(Role.COMMANDER) if seat.kind != Holding.SHADOW]
    said = " ".join(words.split())[:LONGEST_WORDS]
    body = f"{by} offers help: {said}" if said else f"{by} offers help."
    return events.record(incident, Kind.NOTE, by=by, body=body, to=commanding, tag="Offers help", is_help=True)


def offers_of_help(incident: Incident) -> dict[int, TimelineEntry]:
    """Who offered help here, by user id. One query."""
    rows = incident.entries.filter(kind=Kind.NOTE, data__is_help=True).order_by("number")
    return {entry.actor_id: entry for entry in rows if entry.actor_id is not None}
