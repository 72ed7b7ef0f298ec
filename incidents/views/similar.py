"""Saying that this is a past incident come back."""

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from incidents import links
from incidents.models import LinkKind
from incidents.views.answers import find
from incidents.views.room import after_change
from roles.requests import SignedInRequest


@require_POST
def link(request: SignedInRequest, key: str, other: str) -> HttpResponse:
    """Links it as a recurrence of the other; one may see both, or neither is there."""
    incident = find(request, key)
    links.link(incident, find(request, other), by=request.user, kind=LinkKind.RECURRENCE_OF)
    return after_change(request, incident)
