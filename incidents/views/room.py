"""The incident room: header, timeline and the console of one's seat. Each piece is also a view of its own,
so that it can refresh itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from incidents import lifecycle
from incidents.communication import cadence
from incidents.models import Incident, State
from incidents.response import coverage, regression, staffing, verification
from incidents.severity import rule
from incidents.views import entries
from incidents.views.answers import find, fragment, room_of
from incidents.views.consoles import (
    commander,
    comms_lead,
    observer,
    scribe,
    slot,
    sme,
    status_page_manager,
    support_liaison,
    tech_lead,
)
from incidents.views.desk import Desk, desk
from incidents.views.panels import decisions
from roles.catalog import Role
from roles.models import User
from roles.requests import SignedInRequest

#: What makes up the console of a seat: template and the function that reads what it shows.
CONSOLES: dict[str, tuple[str, Callable[[Desk], dict[str, object]]]] = {
    Role.COMMANDER: ("incidents/consoles/commander.html", commander.shown),
    Role.COMMS_LEAD: ("incidents/consoles/comms_lead.html", comms_lead.shown),
    Role.TECH_LEAD: ("incidents/consoles/tech_lead.html", tech_lead.shown),
    Role.SME: ("incidents/consoles/sme.html", sme.shown),
    Role.SCRIBE: ("incidents/consoles/scribe.html", scribe.shown),
    Role.SUPPORT_LIAISON: ("incidents/consoles/support_liaison.html", support_liaison.shown),
    Role.STATUS_PAGE_MANAGER: ("incidents/consoles/status_page_manager.html", status_page_manager.shown),
}
OBSERVER = ("incidents/consoles/observer.html", observer.shown)
SLOT = ("incidents/consoles/slot.html", slot.shown)


@dataclass(frozen=True)
class Step:
    """One station of the lifecycle as the header shows it."""

    name: str
    at: datetime | None
    is_done: bool
    is_current: bool


def head_of(desk: Desk) -> dict[str, object]:
    """What the header shows."""
    incident = desk.incident
    return {
        "incident": incident,
        "may": desk.may,
        "seat": desk.seat,
        "steps": steps(incident),
        "roster": coverage.roster(incident),
        "promised_at": cadence.promised(incident) if incident.is_active else None,
        "update_every": rule(incident.severity).update_every,
        "next_move": lifecycle.next_move(incident, desk.may),
        "services": list(incident.services.all()),
        "goes_on_in": goes_on_in(incident, desk.user),
    }


def goes_on_in(incident: Incident, reader: User) -> Incident | None:
    """The incident that a merged one was folded into, if the reader may know of it."""
    target = incident.merged_into
    return target if target and target.is_visible_to(reader) else None


def console_of(desk: Desk) -> tuple[str, dict[str, object]]:
    """Template and context of the console that lies open."""
    if desk.is_working and desk.seat in CONSOLES:
        template, shown = CONSOLES[desk.seat]
    elif desk.seat and desk.own_seat is None:
        template, shown = SLOT
    else:
        template, shown = OBSERVER
    context: dict[str, object] = {
        "incident": desk.incident,
        "may": desk.may,
        "seat": desk.seat,
        "own_seat": desk.own_seat,
        "own": desk.own,
        "is_working": desk.is_working,
        "asked_of_me": [seat for seat in desk.incident.live_seats if seat.user_id == desk.user.pk and not seat.is_held],
        "needs_reason_to_give_up": desk.own_seat is not None and staffing.needs_reason_to_release(desk.own_seat),
        "console_template": template,
        "regressions": regression.standing(desk.incident),
        "to_sign": verification.to_sign(desk.incident, desk.user),
        "polls": decisions.polls(desk) if (desk.seat, desk.is_working) != (Role.COMMANDER, True) else [],
    }
    return template, {**context, **shown(desk)}


def steps(incident: Incident) -> list[Step]:
    """The seven stations with their stamps; those passed over have none."""
    stations = [
        ("Detected", None, incident.detected_at),
        ("Triaged", State.TRIAGE, incident.opened_at),
        ("Investigating", State.INVESTIGATING, incident.declared_at),
        ("Identified", State.IDENTIFIED, incident.identified_at),
        ("Monitoring", State.MONITORING, incident.mitigated_at),
        ("Resolved", State.RESOLVED, incident.resolved_at),
        ("Reviewed", State.CLOSED, incident.closed_at),
    ]
    state = State.RESOLVED if incident.state == State.REVIEWING else incident.state
    here = next((n for n, (_, station, _at) in enumerate(stations) if station == state), -1)
    return [
        Step(name, at if n <= here or here < 0 else None, n < here, n == here)
        for n, (name, _station, at) in enumerate(stations)
    ]


@require_safe
def room(request: SignedInRequest, key: str) -> HttpResponse:
    """The whole room; that of a merged incident is where it goes on, unless one asks for it `?as=merged`."""
    incident = find(request, key)
    if request.GET.get("as") != "merged" and (target := _goes_on_in(request, incident)):
        kept = f"{room_of(incident)}?as=merged"
        said = "{} was merged into this incident. <a href='{}'>Its own timeline is kept.</a>"
        messages.info(request, format_html(said, incident.key, kept))
        return redirect(room_of(target))
    return whole(request, incident)


def _goes_on_in(request: SignedInRequest, incident: Incident) -> Incident | None:
    """The incident at the end of the chain of merges, as far as the reader may see it."""
    target = None
    while incident.merged_into and incident.merged_into.is_visible_to(request.user):
        target = incident = incident.merged_into
    return target


def whole(request: SignedInRequest, incident: Incident, *, status: int = 200, **extra: object) -> HttpResponse:
    """The room as a page; `extra` puts a form that was refused back on its console, as it was typed."""
    before = desk(request, incident)
    _, console_context = console_of(before)
    context = {**entries.shown(request, incident, before.may), **head_of(before), **console_context, **extra}
    return render(request, "incidents/room.html", context, status=status)


@require_safe
def head(request: SignedInRequest, key: str) -> HttpResponse:
    """The header alone."""
    before = desk(request, find(request, key))
    context = {**head_of(before), "is_alone": True}
    return fragment(request, "incidents/_head.html", context, page=room_of(before.incident))


@require_safe
def console(request: SignedInRequest, key: str) -> HttpResponse:
    """The console alone."""
    before = desk(request, find(request, key))
    _, context = console_of(before)
    return fragment(request, "incidents/_console.html", context, page=room_of(before.incident, seat=before.seat))


def after_change(request: SignedInRequest, incident: Incident) -> HttpResponse:
    """What a change answers: the console anew for htmx, the room for everybody else."""
    incident.refresh_from_db()
    incident.forget_seats()
    before = desk(request, incident)
    page = room_of(incident, seat=before.seat if request.POST.get("seat") else "")
    if not request.htmx:
        return redirect(page)
    _, context = console_of(before)
    return fragment(request, "incidents/_console.html", context, page=page, changed=True)
