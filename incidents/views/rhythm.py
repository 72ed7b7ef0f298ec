"""How often whom is told: the policies with their holding messages, and the slower rhythm of one incident."""

from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from incidents import rhythm
from incidents.communication import audiences, holding, pacing, punctuality
from incidents.conflicts import Conflict
from incidents.forms.rhythm import HoldingForm, PolicyForm
from incidents.models import Audience, HoldingRule, Severity, UpdatePolicy
from incidents.views.answers import find
from incidents.views.room import after_change
from roles import policy
from roles.requests import SignedInRequest


@dataclass(frozen=True)
class Row:
    """One policy with the form that changes it."""

    policy: UpdatePolicy
    form: PolicyForm


@require_http_methods(["GET", "HEAD"])
def rhythms(request: SignedInRequest) -> HttpResponse:
    """All policies, and what may go out by itself."""
    policy.authorize(request.user, "incidents.record_change")
    return _page(request)


@require_POST
def change(request: SignedInRequest, policy_id: int) -> HttpResponse:
    """Changes one policy."""
    policy.authorize(request.user, "incidents.manage_words")
    row = get_object_or_404(UpdatePolicy, pk=policy_id)
    form = PolicyForm(request.POST, policy=row)
    if form.is_valid():
        seen = form.cleaned_data.pop("version")
        try:
            rhythm.change(row, by=request.user, seen_version=seen, **form.cleaned_data)
        except Conflict:
            raise
        except ValidationError as problem:
            form.add_error(None, problem)
        else:
            return redirect(f"{reverse('incidents:rhythms')}#{row.severity}-{row.audience}")
    return _page(request, policy_form=form, status=400)


@require_POST
def hold(request: SignedInRequest, slug: str) -> HttpResponse:
    """Makes or changes the holding rule of one page."""
    policy.authorize(request.user, "incidents.manage_words")
    if slug not in dict(audiences.pages()):
        raise Http404
    form = HoldingForm(request.POST, page=slug, rule=HoldingRule.objects.filter(page=slug).first())
    if form.is_valid():
        seen = form.cleaned_data.pop("version")
        try:
            holding.set_rule(slug, by=request.user, seen_version=seen, **form.cleaned_data)
        except Conflict:
            raise
        except ValidationError as problem:
            form.add_error(None, problem)
        else:
            return redirect(f"{reverse('incidents:rhythms')}#hold-{slug}")
    return _page(request, holding_form=form, status=400)


@require_POST
def slower(request: SignedInRequest, key: str) -> HttpResponse:
    """Promises a slower rhythm for one long incident; `rhythm` is 'public:60'."""
    incident = find(request, key)
    policy.authorize(request.user, "incidents.set_rhythm", incident)
    audience, _, minutes = request.POST.get("rhythm", "").partition(":")
    if not minutes.isdecimal() or len(minutes) > 5:
        raise ValidationError("Choose how often whom.")
    every = timedelta(minutes=int(minutes))
    pacing.set_rhythm(incident, by=request.user, audience=audience, every=every, reason=request.POST.get("reason", ""))
    return after_change(request, incident)


def _page(
    request: SignedInRequest,
    *,
    policy_form: PolicyForm | None = None,
    holding_form: HoldingForm | None = None,
    status: int = 200,
) -> HttpResponse:
    rows: dict[str, list[Row]] = {name: [] for name in Severity.values}
    order = list(Audience.values)
    for row in sorted(UpdatePolicy.objects.all(), key=lambda row: order.index(row.audience)):
        is_refused = policy_form is not None and policy_form.policy.pk == row.pk
        rows[row.severity].append(Row(row, policy_form if policy_form and is_refused else PolicyForm(policy=row)))
    rules = {rule.page: rule for rule in HoldingRule.objects.select_related("template", "opted_in_by")}
    held = []
    for slug, name in audiences.pages():
        refused = holding_form if holding_form is not None and holding_form.page == slug else None
        held.append((slug, name, rules.get(slug), refused or HoldingForm(page=slug, rule=rules.get(slug))))
    context = {
        "severities": rows.items(),
        "held": held,
        "may_manage": request.user.has_perm("incidents.manage_words"),
        "figures": punctuality.over_all(),
        "refused": policy_form.policy.pk if policy_form else None,
    }
    return render(request, "incidents/words/rhythm.html", context, status=status)
