"""The details of an incident: its words, how it is sorted, its times, links and access. Also for who only reads."""

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents import access, lifecycle, links, times
from incidents.conflicts import Conflict
from incidents.forms.moves import InviteForm, LinkForm, TimesForm, WordsForm
from incidents.models import Incident, IncidentLink
from incidents.response import report_record
from incidents.stamps import ORDER
from incidents.views.answers import find
from incidents.views.room import after_change, goes_on_in
from roles import grants, policy
from roles.models import User
from roles.requests import SignedInRequest


@require_safe
def details(request: SignedInRequest, key: str) -> HttpResponse:
    """The page; each of its forms posts to a view of its own."""
    return _page(request, find(request, key))


@require_http_methods(["GET", "HEAD", "POST"])
def words(request: SignedInRequest, key: str) -> HttpResponse:
    """Title and summary."""
    incident = find(request, key)
    policy.authorize(request.user, "incidents.change_state", incident)
    if request.method != "POST":
        return redirect(_at(incident, "words"))
    form = WordsForm(request.POST)
    if not form.is_valid():
        return _page(request, incident, status=400, words=form)
    seen = form.cleaned_data.pop("version")
    lifecycle.edit(incident, by=request.user, seen_version=seen, **form.cleaned_data)
    return redirect(_at(incident, "words"))


@require_POST
def correct_times(request: SignedInRequest, key: str) -> HttpResponse:
    """The stamps, put right with a reason."""
    incident = find(request, key)
    policy.authorize(request.user, "incidents.correct_times", incident)
    form = TimesForm(request.POST, incident=incident)
    if not form.is_valid():
        return _page(request, incident, status=400, times=form)
    stamps = {name: at for name in ORDER if (at := form.cleaned_data.get(name))}
    try:
        times.correct(
            incident,
            by=request.user,
            reason=form.cleaned_data["reason"],
            seen_version=form.cleaned_data["version"],
            **stamps,
        )
    except Conflict:
        raise
    except ValidationError as problem:
        form.add_error(None, problem)
        return _page(request, incident, status=409, times=form)
    return redirect(_at(incident, "times"))


@require_POST
def link(request: SignedInRequest, key: str) -> HttpResponse:
    """A link to another incident; what one may not see is not there."""
    incident = find(request, key)
    policy.authorize(request.user, "incidents.classify", incident)
    form = LinkForm(request.POST)
    if form.is_valid():
        other = Incident.objects.visible_to(request.user).filter(key=form.cleaned_data["other"]).first()
        if other is not None:
            links.link(incident, other, by=request.user, kind=form.cleaned_data["kind"])
            return redirect(_at(incident, "links"))
        form.add_error("other", f"There is no {form.cleaned_data['other']}, or it is not shared with you.")
    return _page(request, incident, status=400, link=form)


@require_POST
def unlink(request: SignedInRequest, key: str, link_id: int) -> HttpResponse:
    """Takes a link back."""
    incident = find(request, key)
    rows = IncidentLink.objects.filter(Q(incident=incident) | Q(other=incident))
    made = get_object_or_404(rows.select_related("incident", "other"), pk=link_id)
    links.unlink(made, seen_from=incident, by=request.user)
    return redirect(_at(incident, "links"))


@require_POST
def privacy(request: SignedInRequest, key: str) -> HttpResponse:
    """Private, or open to every responder."""
    incident = find(request, key)
    change = access.make_private if request.POST.get("is_private") == "yes" else access.make_public
    change(incident, by=request.user, reason=request.POST.get("reason", ""))
    return _after(request, incident)


@require_POST
def invite(request: SignedInRequest, key: str) -> HttpResponse:
    """Lets somebody see it."""
    incident = find(request, key)
    policy.authorize(request.user, access.MANAGE, incident)
    form = InviteForm(request.POST)
    if not form.is_valid():
        if request.htmx:
            raise Conflict(" ".join(str(error) for error in form.errors["person"]))
        return _page(request, incident, status=400, invite=form)
    access.invite(incident, form.cleaned_data["person"], by=request.user)
    return _after(request, incident)


@require_POST
def uninvite(request: SignedInRequest, key: str, user_id: int) -> HttpResponse:
    """Takes an invitation back."""
    incident = find(request, key)
    access.uninvite(incident, get_object_or_404(User, pk=user_id), by=request.user)
    return _after(request, incident)


def _after(request: SignedInRequest, incident: Incident) -> HttpResponse:
    """Back to where the form stood: this page, or the console. Who has shut themselves out goes to the list."""
    if not incident.is_visible_to(request.user):
        return redirect("incidents:incidents")
    return redirect(_at(incident, "access")) if "details" in request.POST else after_change(request, incident)


def _at(incident: Incident, anchor: str) -> str:
    return f"{reverse('incidents:details', args=[incident.key])}#{anchor}"


def _page(request: SignedInRequest, incident: Incident, *, status: int = 200, **forms: object) -> HttpResponse:
    """The whole page; `forms` are those that were refused, as they were typed."""
    given = {"title": incident.title, "summary": incident.summary, "version": incident.version}
    context = {
        "incident": incident,
        "may": grants.held(request.user, incident),
        "words": forms.get("words") or WordsForm(initial=given),
        "times": forms.get("times") or TimesForm(incident=incident),
        "stamps": [(label, at) for name, label in ORDER.items() if (at := getattr(incident, name))],
        "took": [(verb, length) for verb, length in report_record.durations(incident).items() if length is not None],
        "link": forms.get("link") or LinkForm(),
        "ties": links.ties_of(incident, request.user),
        "invite": forms.get("invite") or InviteForm(),
        "access_people": access.who_sees(incident),
        "is_details": True,
        "alerts": list(incident.alerts.select_related("source")[:20]) if request.user.is_staff else [],
        "goes_on_in": goes_on_in(incident, request.user),
        "merged": list(incident.merged.visible_to(request.user)),
    }
    return render(request, "incidents/details.html", context, status=status)
