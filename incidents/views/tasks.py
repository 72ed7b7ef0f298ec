"""Tasks: the board of one incident as a page, adding, and the steps of a ticket. All of mine: `views.my_tasks`."""

from datetime import timedelta

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from incidents.forms.tasks import TaskForm, initial_of, people
from incidents.models import Incident, Task, TaskState
from incidents.response import task_links, tasking
from incidents.views import desk as desks
from incidents.views import room
from incidents.views.answers import find, room_of, toast
from incidents.views.panels import tasks as panel
from roles import grants, policy
from roles.models import User
from roles.requests import SignedInRequest

#: How much time one press gives.
MORE_TIME = timedelta(minutes=15)
_SAID = {
    "start": "Started.",
    "finish": "Done.",
    "drop": "Dropped.",
    "put_back": "Put back.",
    "take": "It is yours.",
    "give_back": "Given back.",
    "acknowledge": "They see that you are on it.",
    "extend": "15 min more.",
    "assign": "Given on.",
}


@require_http_methods(["GET", "HEAD", "POST"])
def board(request: SignedInRequest, key: str) -> HttpResponse:
    """All tasks of one incident; a post adds one."""
    incident = find(request, key)
    if request.method == "POST":
        return _add(request, incident)
    return _page(request, incident)


@require_http_methods(["GET", "HEAD", "POST"])
def task(request: SignedInRequest, key: str, task_id: int) -> HttpResponse:
    """One task with all its words, to change."""
    incident = find(request, key)
    found = _task(incident, task_id)
    may = grants.held(request.user, incident)
    if not (tasking.is_own(found, request.user) and "incidents.add_task" in may):
        policy.authorize(request.user, "incidents.assign_task", incident)
    form = TaskForm(request.POST or None, incident=incident, initial=initial_of(found))
    del form.fields["assignee"]
    if request.method == "POST" and form.is_valid():
        tasking.edit(found, by=request.user, seen_version=form.cleaned_data["version"] or 0, **form.edits(found))
        return redirect(_back(request, incident))
    context = {
        "incident": incident,
        "task": found,
        "form": form,
        "verbs": tasking.verbs_for(found, request.user, may),
        "people": people(incident),
        "back": _back(request, incident),
        "origin": _origin(request),
    }
    return render(request, "incidents/task.html", context, status=400 if request.method == "POST" else 200)


@require_POST
def step(request: SignedInRequest, key: str, task_id: int) -> HttpResponse:
    """One step of a ticket, named by the button that was pressed."""
    incident = find(request, key)
    found = _task(incident, task_id)
    verb = request.POST.get("verb", "")
    before = found.state
    match verb:
        case "take":
            tasking.take(found, by=request.user)
        case "give_back":
            tasking.assign(found, None, by=request.user)
        case "assign":
            tasking.assign(found, _person(request, incident), by=request.user)
        case "acknowledge":
            tasking.acknowledge(found, by=request.user)
        case "extend":
            tasking.extend(found, MORE_TIME, by=request.user)
        case _:
            tasking.step(found, verb, by=request.user, reason=request.POST.get("reason", ""))
    answer = _after(request, incident)
    return toast(answer, _SAID[verb], undo=_undo(incident, found, before)) if request.htmx else answer


@require_POST
def back(request: SignedInRequest, key: str, task_id: int, state: str) -> HttpResponse:
    """Takes the last step of a ticket back: into the state in which it was before."""
    incident = find(request, key)
    found = _task(incident, task_id)
    if state not in tasking.VERB_TO or state == TaskState.DROPPED:
        raise ValidationError("There is no way back from there.")
    if found.state != state:
        tasking.step(found, tasking.VERB_TO[state], by=request.user)
    return _after(request, incident)


@login_not_required
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Behind the link of a message: one button, which is trusted by the signed token. A GET changes nothing, since
    mail scanners open every link; the POST may be repeated."""
    known = task_links.by_token(token)
    if known is None:
        raise Http404
    found, person = known
    refusal = ""
    if request.method == "POST":
        try:
            tasking.acknowledge(found, by=person)
        except (PermissionDenied, ValidationError) as problem:
            refusal = " ".join(getattr(problem, "messages", [str(problem)]))
    is_mine = found.assignee_id == person.pk
    context = {"task": found, "incident": found.incident, "is_mine": is_mine, "refusal": refusal}
    response = render(request, "incidents/task_link.html", context)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _add(request: SignedInRequest, incident: Incident) -> HttpResponse:
    form = TaskForm(request.POST, incident=incident)
    if form.is_valid():
        tasking.add(incident, by=request.user, assignee=form.cleaned_data["assignee"], **form.wanted())  # type: ignore[arg-type]
        answer = _after(request, incident)
        return toast(answer, "Task added.") if request.htmx else answer
    policy.authorize(request.user, "incidents.add_task", incident)
    if _origin(request) == "board":
        return _page(request, incident, form=form)
    if not request.htmx:
        return room.whole(request, incident, status=400, task_form=form)
    _, context = room.console_of(desks.desk(request, incident))
    return render(request, "incidents/_console.html", {**context, "task_form": form}, status=400)


def _page(request: SignedInRequest, incident: Incident, *, form: TaskForm | None = None) -> HttpResponse:
    may = grants.held(request.user, incident)
    context = {
        "incident": incident,
        "may": may,
        "lanes": panel.lanes(incident, request.user, may),
        "dropped": incident.tasks.filter(state=TaskState.DROPPED).select_related("assignee"),
        "task_people": panel.seated(incident),
        "task_form": form or (TaskForm(incident=incident) if panel.may_add(incident, may) else None),
        "origin": "board",
    }
    return render(request, "incidents/tasks.html", context, status=400 if form else 200)


def _after(request: SignedInRequest, incident: Incident) -> HttpResponse:
    """The console anew for htmx; else the page from which it was asked."""
    if request.htmx and not _origin(request):
        return room.after_change(request, incident)
    if _origin(request):
        return redirect(_back(request, incident))
    return redirect(f"{room_of(incident, seat=request.POST.get('seat', ''), anchor='tasks')}")


def _origin(request: SignedInRequest) -> str:
    """The page that asked, where it is not the room."""
    given = request.POST.get("from", "") or request.GET.get("from", "")
    return given if given in {"mine", "board"} else ""


def _back(request: SignedInRequest, incident: Incident) -> str:
    match _origin(request):
        case "mine":
            return reverse("incidents:my_tasks")
        case "board":
            return reverse("incidents:tasks", args=[incident.key])
        case _:
            return room_of(incident, anchor="tasks")


def _undo(incident: Incident, task: Task, before: str) -> str | None:
    if task.state == before or before == TaskState.DROPPED:
        return None
    return reverse("incidents:task_back", args=[incident.key, task.pk, before])


def _task(incident: Incident, task_id: int) -> Task:
    found = get_object_or_404(incident.tasks.select_related("assignee", "service"), pk=task_id)
    found.incident = incident
    return found


def _person(request: SignedInRequest, incident: Incident) -> User:
    chosen = request.POST.get("user", "")
    person: User | None = people(incident).filter(pk=chosen).first() if chosen.isdecimal() else None
    if person is None:
        policy.authorize(request.user, "incidents.assign_task", incident)
        raise ValidationError("Choose one of the responders.")
    return person
