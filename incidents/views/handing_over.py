"""The page on which a seat is passed on: to whom, and what they must know."""

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from incidents.forms.roster import HandOverForm
from incidents.response import candidates, handover
from incidents.views.answers import find, room_of
from incidents.views.roster import seat_of
from roles.requests import SignedInRequest


@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: SignedInRequest, key: str, seat_id: int) -> HttpResponse:
    """The form, filled in from what the incident's rows say; a refusal stands above what was typed."""
    incident = find(request, key)
    seat = seat_of(incident, seat_id)
    handover.authorize_handover(seat, by=request.user)
    people = candidates.for_role(incident, seat.role)
    form = HandOverForm(
        request.POST if request.method == "POST" else None,
        people=people,
        brief=handover.brief_of(incident),
        may_pass_on_at_once=handover.may_pass_on_at_once(seat, by=request.user),
    )
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                handover.hand_over(
                    seat,
                    to=form.chosen(),
                    by=request.user,
                    brief=form.brief(),
                    at_once=form.cleaned_data.get("at_once", False),
                    reason=form.cleaned_data.get("reason", ""),
                )
                return redirect(room_of(incident, seat=seat.role))
            except ValidationError as problem:
                form.add_error(None, problem.messages)
                status = 409
    context = {"incident": incident, "held": seat, "form": form, "people": people}
    return render(request, "incidents/hand_over.html", context, status=status)
