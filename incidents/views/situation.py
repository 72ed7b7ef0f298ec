"""Situation, the first page: what needs attention, what is going on, who is there."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from incidents.models import Alert
from incidents.views import attention, pictures
from incidents.views.pictures import Picture
from roles.catalog import SIGNS, Role
from roles.models import User
from roles.requests import SignedInRequest

MOST_ALERTS = 3
MOST_PEOPLE = 8
MOST_TASKS = 5
#: Alerts that are read to find the loudest among the newest.
MOST_READ = 50
LOUDNESS = ("critical", "error", "warning")


@require_safe
def situation(request: SignedInRequest) -> HttpResponse:
    """The page; its number of queries does not grow with the number of incidents."""
    listed = pictures.of_active(request.user)
    tasks = attention.tasks_of(listed, request.user)
    context = {
        "pictures": listed,
        "drawn": pictures.drawn(listed, request.user),
        "attention": attention.items(listed, request.user, tasks),
        "people": _people(listed, request.user),
        "tasks": [task for task in tasks if task.assignee_id == request.user.pk][:MOST_TASKS],
    }
    if request.user.is_staff:
        firing = Alert.objects.filter(status=Alert.Status.FIRING, incident=None).select_related("source", "service")
        context["alerts"] = sorted(firing[:MOST_READ], key=_loudness)[:MOST_ALERTS]
    return render(request, "incidents/situation.html", context)


def _loudness(alert: Alert) -> int:
    return LOUDNESS.index(alert.severity) if alert.severity in LOUDNESS else len(LOUDNESS)


def _people(listed: list[Picture], reader: User) -> list[dict[str, object]]:
    """Who holds a seat now, then who is qualified to command and holds none."""
    seated: dict[User, list[str]] = {}
    for picture in listed:
        for seat in picture.incident.live_seats:
            if seat.is_held:
                does = f"{SIGNS[seat.role].short} on {picture.incident.key}"
                seated.setdefault(seat.user, []).append(does)
    people = [{"user": user, "does": does[0], "more": len(does) - 1, "is_free": False} for user, does in seated.items()]
    free = [
        {"user": user, "does": "Qualified to command", "more": 0, "is_free": True}
        for user in User.objects.qualified(Role.COMMANDER)
        if user not in seated
    ]
    people.sort(key=lambda one: one["user"] != reader)
    return [*people[: MOST_PEOPLE - min(len(free), 3)], *free][:MOST_PEOPLE]
