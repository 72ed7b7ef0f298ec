"""Who is there: everybody, what they hold across all incidents, and a way to call them to one."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from incidents.models import Incident
from incidents.response import crew
from roles import grants
from roles.catalog import Role
from roles.requests import SignedInRequest


@require_safe
def responders(request: SignedInRequest) -> HttpResponse:
    """The page. `?role=` asks for those qualified for it, `?incident=` names where one would call them to."""
    if not (request.user.is_staff or request.user.is_superuser):
        raise PermissionDenied("This is for responders.")
    role = request.GET.get("role", "")
    role = role if role in Role.values else ""
    active = list(Incident.objects.active().visible_to(request.user).order_by("severity", "opened_at"))
    chosen = next((one for one in active if one.key == request.GET.get("incident")), None)
    may = grants.held_on_visible(request.user, chosen) if chosen else frozenset()
    members = crew.everybody(request.user, role=role)
    context = {
        "members": members,
        "free_count": sum(one.is_free for one in members),
        "role": role,
        "roles": list(Role),
        "incidents": active,
        "chosen": chosen,
        "may_page": "incidents.page_responder" in may or ("incidents.page_expert" in may and role == Role.SME),
    }
    return render(request, "incidents/responders.html", context)
