"""The outbox: what was said to whom, what became of it, and trying again what was given up."""

from dataclasses import dataclass

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from notifications import addresses, outbox, wording
from notifications.forms import FilterForm
from notifications.models import Breaker, Message, State

PAGE_SIZE = 50
_TONES = {
    State.SENT: "ok",
    State.DELIVERED: "ok",
    State.SENDING: "you",
    State.FAILED: "bad",
    State.BOUNCED: "bad",
    State.UNKNOWN: "caution",
}
_ICONS = {"email": "mail", "sms": "sms", "webhook": "hook", "chat": "chat"}


@dataclass(frozen=True)
class Row:
    """A message as this person may see it."""

    message: Message
    address: str

    @property
    def tone(self) -> str:
        return _TONES.get(State(self.message.state), "")

    @property
    def icon(self) -> str:
        return _ICONS[self.message.channel]


@require_safe
@permission_required("notifications.view_message", raise_exception=True)
def messages(request: HttpRequest) -> HttpResponse:
    """One page of the outbox, newest first; what cannot be understood of the filter is left out and said."""
    form = FilterForm(request.GET)
    form.is_valid()
    wanted = form.cleaned_data
    rows = _filtered(Message.objects.select_related("content", "user"), wanted, request)
    if before := wanted.get("before"):
        rows = rows.filter(pk__lt=before)
    listed = list(rows.order_by("-pk")[: PAGE_SIZE + 1])
    page, is_more = listed[:PAGE_SIZE], len(listed) > PAGE_SIZE
    query = request.GET.copy()
    if is_more:
        query["before"] = str(page[-1].pk)
    context = {
        "form": form,
        "wanted": wanted,
        "rows": [_row(message, request) for message in page],
        "older": query.urlencode() if is_more else "",
        "is_filtered": any(wanted.get(name) for name in ("q", "state", "channel", "lane", "topic")),
        "away": Breaker.objects.filter(open_until__isnull=False),
    }
    return render(request, "notifications/messages.html", context)


@require_safe
@permission_required("notifications.view_message", raise_exception=True)
def message(request: HttpRequest, pk: int) -> HttpResponse:
    """One message: its words, its way, each try."""
    found = get_object_or_404(Message.objects.select_related("content", "user"), pk=pk)
    content = found.content
    context = {
        "row": _row(found, request),
        "message": found,
        "content": content,
        "attempts": found.tries.select_related("by"),
        "cost": wording.sms_cost(content.sms) if found.channel == "sms" else None,
        "may_retry": found.is_dead and request.user.has_perm("notifications.change_message"),
    }
    return render(request, "notifications/message.html", context)


@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Tries a given-up message again."""
    found = get_object_or_404(Message, pk=pk)
    if not request.user.is_authenticated:
        raise PermissionDenied
    outbox.retry(found, by=request.user)
    return redirect("notifications:message", pk=pk)


def _row(message: Message, request: HttpRequest) -> Row:
    is_open = request.user.is_superuser
    return Row(message, message.address if is_open else addresses.masked(message.channel, message.address))


def _filtered(rows: QuerySet[Message], wanted: dict[str, object], request: HttpRequest) -> QuerySet[Message]:
    for name in ("state", "channel", "lane"):
        if wanted.get(name):
            rows = rows.filter(**{name: wanted[name]})
    if topic := wanted.get("topic"):
        rows = rows.filter(content__topic=topic)
    if words := str(wanted.get("q") or ""):
        # Only an administrator may search in parts of addresses, or in keys, which may hold them:
        # guessing letter by letter would unmask them.
        to = Q(address__iexact=words)
        if request.user.is_superuser:
            to = Q(address__icontains=words) | Q(key__istartswith=words)
        rows = rows.filter(to | Q(content__subject__icontains=words))
    return rows
