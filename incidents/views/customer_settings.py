"""Who our customers are, what they were promised, when their reports signal, and the macros that answer them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from incidents.communication import answers, customers
from incidents.conflicts import Overtaken
from incidents.forms.customers import AccountForm, ImportForm, Keeping, MacroForm, SignalRuleForm, TierForm
from incidents.models import CustomerAccount, CustomerTier, Macro, SignalRule
from roles import policy
from roles.requests import SignedInRequest


@dataclass(frozen=True)
class Sort:
    """One kind of row: how it is called, its form, and the work function that keeps it."""

    slug: str
    one: str
    form: type[Keeping]
    model: type[Any]
    keep: Callable[..., Any]


SORTS = {
    sort.slug: sort
    for sort in (
        Sort("accounts", "customer", AccountForm, CustomerAccount, customers.keep),
        Sort("tiers", "tier", TierForm, CustomerTier, customers.keep),
        Sort("signals", "rule", SignalRuleForm, SignalRule, customers.keep),
        Sort("macros", "macro", MacroForm, Macro, answers.keep_macro),
    )
}
MOST_ACCOUNTS = 500


@require_http_methods(["GET", "HEAD"])
def overview(request: SignedInRequest) -> HttpResponse:
    """All of it on one page."""
    policy.authorize(request.user, "incidents.manage_words")
    return _overview(request)


def _overview(request: SignedInRequest, *, status: int = 200, **extra: object) -> HttpResponse:
    words = request.GET.get("q", "").strip()
    accounts = CustomerAccount.objects.select_related("tier")
    found = accounts.filter(name__icontains=words) if words else accounts
    context = {
        "accounts": found[:MOST_ACCOUNTS],
        "account_count": accounts.count(),
        "found_count": found.count(),
        "q": words,
        "tiers": CustomerTier.objects.all(),
        "rules": SignalRule.objects.select_related("tier"),
        "macros": Macro.objects.all(),
        "columns": ", ".join(customers.COLUMNS),
        "import_form": ImportForm(),
        **extra,
    }
    return render(request, "incidents/customer_settings.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedInRequest, kind: str, pk: int | None = None) -> HttpResponse:
    """The form of one row, or of a new one."""
    policy.authorize(request.user, "incidents.manage_words")
    sort = SORTS.get(kind)
    if sort is None:
        raise Http404
    row = get_object_or_404(sort.model, pk=pk) if pk else sort.model()
    form = sort.form(request.POST or None, instance=row, initial={"version": row.version})
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                sort.keep(row, by=request.user, seen_version=form.cleaned_data["version"], **form.changes())
                return redirect("incidents:customer_settings")
            except Overtaken:
                raise
            except ValidationError as problem:
                _tell(form, problem)
                status = 409
    return render(request, "incidents/customer_setting.html", {"form": form, "sort": sort, "row": row}, status=status)


def _tell(form: Keeping, problem: ValidationError) -> None:
    """Beside the field where it is known, else on top."""
    told = problem.message_dict if hasattr(problem, "error_dict") else {"__all__": problem.messages}
    for name, sentences in told.items():
        form.add_error(name if name in form.fields else None, sentences)


@require_POST
def import_accounts(request: SignedInRequest) -> HttpResponse:
    """Shows what a list would do, line by line; with `write` does it."""
    policy.authorize(request.user, "incidents.manage_words")
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _overview(request, status=400, import_form=form)
    try:
        text = form.list_as_text()
    except ValidationError as problem:
        form.add_error("file", problem)
        return _overview(request, status=400, import_form=form)
    is_dry_run = "write" not in request.POST
    found = customers.import_accounts(text, by=request.user, is_dry_run=is_dry_run)
    if found.is_done:
        told = f"{found.count('new')} customers made, {found.count('changed')} changed"
        messages.success(request, f"{told}, {len(found.refused)} lines left out.")
        return redirect("incidents:customer_settings")
    shown = ImportForm(initial={"text": text})
    return _overview(request, status=400 if found.problem else 200, import_form=shown, found=found)


@require_POST
def erase(request: SignedInRequest, pk: int | None = None) -> HttpResponse:
    """Forgets a customer, or the address of a person."""
    policy.authorize(request.user, "incidents.manage_words")
    if pk is not None:
        count = customers.erase_account(get_object_or_404(CustomerAccount, pk=pk), by=request.user)
    else:
        count = customers.erase_contact(request.POST.get("address", ""), by=request.user)
    messages.success(request, f"Erased; {count} row{'s' * (count != 1)} of reports and follow-ups name nobody now.")
    return redirect("incidents:customer_settings")
