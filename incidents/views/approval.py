"""One text before who decides on it: what changed, what it becomes, what is said of its lines, and when it goes out."""

from datetime import UTC

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST

from incidents.communication import consistency, previewing, revisions, scheduling, updates
from incidents.models import Incident, Update, UpdateComment
from incidents.views.answers import find
from incidents.views.consoles import drafts
from incidents.views.desk import desk
from roles.requests import SignedInRequest

#: How many lines can be commented on in one go without script.
LINES_AT_ONCE = 40


@require_POST
def settle(request: SignedInRequest, key: str, update_id: int, comment_id: int) -> HttpResponse:
    """A comment is seen to."""
    incident = find(request, key)
    rows = UpdateComment.objects.filter(update__incident=incident, update=update_id).select_related("update__incident")
    revisions.settle(get_object_or_404(rows, pk=comment_id), by=request.user)
    return redirect(address(incident, update_id, "comments"))


def send_back(request: SignedInRequest, update: Update, *, seen_version: int | None) -> None:
    """Sends it back with what was written: a sentence on all of it, and one on each line that has one."""
    from_lines = [
        revisions.Remark(body, number)
        for number in range(1, LINES_AT_ONCE + 1)
        if (body := request.POST.get(f"line-{number}", "").strip())
    ]
    comment = request.POST.get("comment", "").strip()
    if not comment and from_lines:
        comment = f"See the comment{'s' * (len(from_lines) > 1)} on the text."
    updates.send_back(update, by=request.user, comment=comment, remarks=from_lines, seen_version=seen_version)


def schedule(request: SignedInRequest, update: Update, *, seen_version: int | None) -> None:
    """Lets it go out at the time that was written, in UTC."""
    typed = parse_datetime(request.POST.get("publish_at", ""))
    if typed is None:
        raise ValidationError("Write the time as 2025-11-23 03:15, in UTC.")
    at = typed if typed.tzinfo else typed.replace(tzinfo=UTC)
    scheduling.schedule(update, by=request.user, at=at, seen_version=seen_version)


def address(incident: Incident, update_id: int, anchor: str = "") -> str:
    """Where the text's page is."""
    return reverse("incidents:edit_update", args=[incident.key, update_id]) + (f"#{anchor}" if anchor else "")


def update_of(incident: Incident, update_id: int) -> Update:
    """The text, if it is one of this incident."""
    people = ("incident", "author", "edited_by", "approved_by", "published_by")
    return get_object_or_404(incident.updates.select_related(*people), pk=update_id)


def page(request: SignedInRequest, incident: Incident, update: Update) -> HttpResponse:
    """The text's own page."""
    before = desk(request, incident)
    update.incident = incident
    draft = drafts.before(before, update)
    comments = list(update.comments.select_related("by"))
    by_line: dict[int | None, list[UpdateComment]] = {}
    newest = revisions.newest_of(update)
    for comment in comments:
        if newest is None or comment.version == newest.version:
            by_line.setdefault(comment.line, []).append(comment)
    lines = [(number, line, by_line.get(number, [])) for number, line in enumerate(update.body.split("\n"), 1)]
    made, trouble = _previews(update)
    findings = [] if not update.is_pending else consistency.findings(consistency.draft_of(update))
    context = {
        "incident": incident,
        "may": before.may,
        "draft": draft,
        "update": update,
        "lines": lines,
        "comments": comments,
        "open_comments": [comment for comment in comments if comment.settled_at is None],
        "comparisons": revisions.comparisons(update) if update.is_pending else [],
        "versions": update.revisions.select_related("saved_by").order_by("-version")[:20],
        "made": made,
        "trouble": trouble,
        "blocking": [one for one in findings if one.level == "block"],
        "advice_count": sum(one.level != "block" for one in findings),
        "may_write": "incidents.draft_update" in before.may and update.is_pending,
    }
    return render(request, "incidents/update.html", context)


def _previews(update: Update) -> tuple[previewing.Previews | None, str]:
    try:
        return previewing.previews(update), ""
    except (ValidationError, PermissionDenied) as refusal:
        return None, " ".join(getattr(refusal, "messages", [str(refusal)]))
