"""How a view answers: finding the incident or 404, and one piece for htmx, the page for everybody else."""

import json
from collections.abc import Mapping

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from incidents.models import Incident
from roles.requests import SignedInRequest


def find(request: SignedInRequest, key: str) -> Incident:
    """The incident, if the person may know of it; Http404 otherwise, which does not say which."""
    return get_object_or_404(Incident.objects.visible_to(request.user), key=key)


def room_of(incident: Incident, *, seat: str = "", anchor: str = "") -> str:
    """The address of the incident's room, at one seat's console."""
    query = f"?{urlencode({'seat': seat})}" if seat else ""
    return f"{reverse('incidents:room', args=[incident.key])}{query}{f'#{anchor}' if anchor else ''}"


def fragment(
    request: SignedInRequest, template: str, context: Mapping[str, object], *, page: str, changed: bool = False
) -> HttpResponse:
    """The piece for htmx; a redirect to `page` for everybody else, so that every button works without script.

    `changed` tells the other pieces of the page to refresh themselves.
    """
    if not request.htmx:
        return redirect(page)
    answer = render(request, template, dict(context))
    if changed:
        trigger(answer, "incident-changed")
    return answer


def trigger(answer: HttpResponse, event: str, detail: object = "") -> HttpResponse:
    """Has the page hear `event` when htmx has the answer; events named before are kept."""
    named = answer.get("HX-Trigger", "")
    if not named and not detail:
        answer["HX-Trigger"] = event
        return answer
    events = json.loads(named) if named.startswith("{") else {name.strip(): "" for name in named.split(",") if name}
    answer["HX-Trigger"] = json.dumps(events | {event: detail})
    return answer


def toast(answer: HttpResponse, text: str, undo: str | None = None) -> HttpResponse:
    """Says on the page for eight seconds what was done, with an Undo button that posts to the address `undo`.

    The last line of a view: `return toast(room.after_change(request, incident), "Task dropped.", undo=url)`. The
    address is a view like any other: it asks for the right, calls the work function that takes the step back and
    answers with `room.after_change`. Pages without script show no toast, so the way back also stands on the page.
    """
    return trigger(answer, "toast", {"text": text, "undo": undo} if undo else {"text": text})
