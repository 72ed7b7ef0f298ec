"""Updates from draft to published: who may write, who approves, and what going out means.

At SEV1 and SEV2 nobody approves a text that they wrote or changed last. At SEV3 an author who may
approve may do so; below, or where the page says so, there is no approval step.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F

from incidents import events
from incidents.communication import audiences, cadence, composing, consistency, revisions, summary_gate
from incidents.conflicts import Conflict, Overtaken
from incidents.models import Audience, Incident, Kind, State, TimelineEntry, Update, UpdateState
from incidents.severity import rule
from notifications import prose
from roles.models import User
from roles.policy import Actor, System, authorize

#: What is compared where two wrote one text at once.
COMPARED = ("title", "body", "status")
LONGEST_BODY = 20_000
#: What a person may set in a draft.
WRITABLE = ("title", "status", "body", "components", "next_update_at", "notify", "page", "also_for", "language")


@transaction.atomic
def draft(
    incident: Incident,
    *,
    by: Actor,
    body: str,
    audience: str = Audience.PUBLIC,
    page: str = "",
    title: str = "",
    status: str = "",
    components: Mapping[str, str] | None = None,
    next_update_at: datetime | None = None,
    notify: bool = True,
    also_for: Iterable[str] = (),
    language: str = "en",
    key: str | None = None,
) -> Update:
    """Starts a text; `also_for` names further audiences of the same words. With a `key` it is made once: the same
    call again returns the first one.

    Raises PermissionDenied, or ValidationError where the text, page, status or a component makes no sense.
    """
    authorize(by, "incidents.draft_update", incident)
    if key is not None and (present := Update.objects.filter(key=key).first()):
        return present
    if incident.state in {State.CANCELLED, State.MERGED}:
        raise Conflict(f"{incident.key} is {incident.get_state_display()}: nothing more is said about it.")
    person = None if isinstance(by, System) else by
    update = Update(
        incident=incident,
        audience=audience,
        page=page,
        title=prose.seen(title).strip(),
        status=status,
        body=prose.seen(body).strip(),
        components=dict(components or {}),
        next_update_at=next_update_at,
        notify=notify,
        also_for=list(also_for),
        language=language,
        written_in=composing.moment_of(incident),
        key=key,
        author=person,
        edited_by=person,
    )
    _check(update)
    update.save(force_insert=True)
    revisions.keep(update, by=by)
    events.record(incident, Kind.UPDATE_DRAFTED, by=by, **facts(update))
    return update


@transaction.atomic
def edit(update: Update, *, by: Actor, seen_version: int, **changes: object) -> Update:
    """Changes a draft. Who edited a text counts as its author when it is approved.

    `seen_version` is the version that the person was looking at; if somebody saved since, Overtaken
    says who and holds both texts, and nothing is overwritten.
    """
    authorize(by, "incidents.draft_update", update.incident)
    if unknown := changes.keys() - set(WRITABLE):
        raise ValidationError(f"{', '.join(sorted(unknown))} cannot be changed in an update.")
    update = _locked(update)
    if update.state not in {UpdateState.DRAFT, UpdateState.SUBMITTED}:
        raise Conflict(f"This update is {update.get_state_display().lower()}: it can no longer be edited.")
    if isinstance(by, User):
        composing.refuse_held(update, by)
    if update.version != seen_version:
        texts = {name: value for name, value in changes.items() if name in COMPARED}
        raise Overtaken(
            _too_late(update),
            mine=texts,
            theirs={name: getattr(update, name) for name in texts},
            version=update.version,
        )
    for name, value in changes.items():
        setattr(update, name, prose.seen(value).strip() if isinstance(value, str) else value)
    update.editing_by, update.editing_until = None, None
    update.edited_by = None if isinstance(by, System) else by
    update.version += 1
    update.written_in = composing.moment_of(update.incident)
    _check(update)
    # All that may be written, not the changes alone: the audience's check settles what goes with them.
    stamps = ("edited_by", "version", "written_in", "editing_by", "editing_until", "updated_at")
    update.save(update_fields=[*WRITABLE, *stamps])
    revisions.keep(update, by=by)
    if update.submitted_at is not None or not isinstance(by, User) or by.pk != update.author_id:
        # One's own drafts are no news; what others change, and what was asked to be approved, is.
        events.record(update.incident, Kind.UPDATE_EDITED, by=by, version=update.version, **facts(update))
    return update


@transaction.atomic
def submit(update: Update, *, by: Actor) -> Update:
    """Asks for approval."""
    authorize(by, "incidents.draft_update", update.incident)
    _check(update)
    consistency.refuse_blocked(update)
    update = _move(update, {UpdateState.DRAFT}, UpdateState.SUBMITTED, submitted_at=events.moment(), comment="")
    revisions.mark_submitted(update, by=by)
    events.record(update.incident, Kind.UPDATE_SUBMITTED, by=by, **facts(update))
    return update


@transaction.atomic
def approve(update: Update, *, by: Actor, seen_version: int | None = None) -> Update:
    """Lets the update go out; at SEV1 and SEV2 not by the person who wrote it.

    `seen_version` is the version that the person read: what was changed since is not approved unread.
    """
    authorize(by, "incidents.approve_update", update.incident)
    update = _locked(update)
    _refuse_unread(update, seen_version)
    if rule(update.incident.severity).needs_four_eyes and update.was_written_by(by):
        raise PermissionDenied(f"At {update.incident.severity} somebody else must approve what you wrote.")
    person = None if isinstance(by, System) else by
    update = _move(
        update, {UpdateState.SUBMITTED}, UpdateState.APPROVED, approved_by=person, approved_at=events.moment()
    )
    events.record(update.incident, Kind.UPDATE_APPROVED, by=by, **facts(update))
    return update


@transaction.atomic
def send_back(
    update: Update,
    *,
    by: Actor,
    comment: str,
    remarks: Sequence[revisions.Remark] = (),
    seen_version: int | None = None,
) -> Update:
    """Returns a text to its author, with what should change, of single lines where one likes. Nothing has left the
    system. `seen_version` as for `approve`, so that no remark stands beside a line that nobody has read."""
    authorize(by, "incidents.approve_update", update.incident)
    if not comment.strip():
        raise ValidationError("Say what should change, so that the author can.")
    update = _locked(update)
    _refuse_unread(update, seen_version)
    made = revisions.remark(update, remarks, by=by)
    update = _move(
        update,
        {UpdateState.SUBMITTED, UpdateState.APPROVED},
        UpdateState.DRAFT,
        comment=comment.strip(),
        approved_by=None,
        approved_at=None,
    )
    events.record(
        update.incident, Kind.UPDATE_SENT_BACK, by=by, body=comment.strip(), remarks=len(made), **facts(update)
    )
    return update


@transaction.atomic
def publish(update: Update, *, by: Actor, seen_version: int | None = None) -> Update:
    """Lets an update out: its state, what the audience makes of it and the fact, in one transaction.

    An approved one always; a draft only where no approval is asked for. `seen_version` as for `approve`.
    """
    authorize(by, "incidents.publish_update", update.incident)
    update = _locked(update)
    _refuse_unread(update, seen_version)
    _check(update)
    sources = {UpdateState.APPROVED}
    if isinstance(by, System) or not audiences.needs_approval(update):
        sources |= {UpdateState.DRAFT, UpdateState.SUBMITTED}
    elif update.state in {UpdateState.DRAFT, UpdateState.SUBMITTED}:
        raise Conflict("This update must be approved before it is published.", needed=["approval"])
    elif _lacks_second_eyes(update):
        raise Conflict(
            f"Its author approved it before this became {update.incident.severity}: it must be approved again.",
            needed=["approval"],
        )
    summary_gate.refuse_too_early(update)
    consistency.refuse_blocked(update)
    person = None if isinstance(by, System) else by
    update = _move(update, sources, UpdateState.PUBLISHED, published_by=person, published_at=events.moment())
    audiences.publish(update, by=by)
    cadence.keep(update)
    events.record(
        update.incident, Kind.UPDATE_PUBLISHED, by=by, body=update.body, next_update_at=_text(update), **facts(update)
    )
    return update


@transaction.atomic
def discard(update: Update, *, by: Actor) -> Update:
    """Drops a text that will not go out; it is kept, and can be read in the timeline."""
    authorize(by, "incidents.draft_update", update.incident)
    update = _move(update, {UpdateState.DRAFT, UpdateState.SUBMITTED, UpdateState.APPROVED}, UpdateState.DISCARDED)
    events.record(update.incident, Kind.UPDATE_DISCARDED, by=by, body=update.body, **facts(update))
    return update


def steps_for(update: Update, user: object, may: frozenset[str]) -> frozenset[str]:
    """Which of edit, submit, approve, send_back, publish, discard stand open to `user` with the rights `may`; and
    of schedule and unschedule."""
    steps = set()
    state = update.state
    writes = "incidents.draft_update" in may
    needs_approval = audiences.needs_approval(update)
    if writes and state in {UpdateState.DRAFT, UpdateState.SUBMITTED}:
        steps.add("edit")
    if writes and update.is_pending:
        steps.add("discard")
    if writes and state == UpdateState.DRAFT and needs_approval:
        steps.add("submit")
    if "incidents.approve_update" in may and state in {UpdateState.SUBMITTED, UpdateState.APPROVED}:
        steps.add("send_back")
        own = update.was_written_by(user) and rule(update.incident.severity).needs_four_eyes
        if state == UpdateState.SUBMITTED and not own:
            steps.add("approve")
    may_go_out = state == UpdateState.APPROVED and not _lacks_second_eyes(update)
    if "incidents.publish_update" in may and update.is_pending and (may_go_out or not needs_approval):
        steps.add("publish")
        if state == UpdateState.APPROVED:
            steps.add("unschedule" if update.publish_at else "schedule")
    return frozenset(steps)


# --- inside -----------------------------------------------------------------------------------


def _check(update: Update) -> None:
    if not update.body:
        raise ValidationError("An update needs a text.")
    if len(update.body) > LONGEST_BODY:
        raise ValidationError(f"An update has at most {LONGEST_BODY:,} characters.")
    if any(mark in update.title for mark in "\r\n"):
        raise ValidationError("A title is one line.")
    update.clean_fields(
        exclude=[field.name for field in Update._meta.fields if field.name not in {*WRITABLE, "audience"}]
    )
    audiences.check(update)


def _lacks_second_eyes(update: Update) -> bool:
    """Approved by who wrote it, which was right then, and is not at the severity that it has now."""
    return rule(update.incident.severity).needs_four_eyes and update.was_written_by(update.approved_by)


def _locked(update: Update) -> Update:
    """The row as it is now, locked until the transaction ends, with its incident."""
    Incident.objects.select_for_update().only("pk").get(pk=update.incident_id)
    return Update.objects.select_related("incident", "author", "edited_by").get(pk=update.pk)


def _refuse_unread(update: Update, seen_version: int | None) -> None:
    """Conflict where the text is not the one that the person had before them; None says nothing was shown."""
    if seen_version is not None and update.version != seen_version:
        raise Conflict(_too_late(update))


def _too_late(update: Update) -> str:
    """The sentence for whoever had an older version before them."""
    editor = update.edited_by or "IncidentOps"
    return f"{editor} changed this text at {update.updated_at:%H:%M} UTC, after you opened it."


def _move(update: Update, sources: Collection[str], target: str, **stamps: object) -> Update:
    """Walks one step of the update's machine, or raises Conflict naming where it is."""
    values = {"state": target, "version": F("version") + 1, "updated_at": events.moment(), "publish_at": None, **stamps}
    if Update.objects.filter(pk=update.pk, state__in=sources).update(**values) != 1:
        now = Update.objects.get(pk=update.pk)
        raise Conflict(f"This update is {now.get_state_display().lower()}{_by_whom(now)}.")
    return Update.objects.select_related("incident", "author", "edited_by").get(pk=update.pk)


def _by_whom(update: Update) -> str:
    kinds = {
        UpdateState.SUBMITTED: Kind.UPDATE_SUBMITTED,
        UpdateState.APPROVED: Kind.UPDATE_APPROVED,
        UpdateState.PUBLISHED: Kind.UPDATE_PUBLISHED,
        UpdateState.DISCARDED: Kind.UPDATE_DISCARDED,
    }
    entry = (
        TimelineEntry.objects.filter(
            incident=update.incident_id, kind=kinds.get(UpdateState(update.state), ""), data__update=update.pk
        )
        .select_related("actor")
        .order_by("-number")
        .first()
    )
    return f" since {entry.recorded_at:%H:%M} UTC, by {entry.actor or 'IncidentOps'}" if entry else ""


def facts(update: Update) -> dict[str, Any]:
    """What every fact about an update says of it."""
    return {
        "update": update.pk,
        "audience": update.audience,
        "audiences": [update.audience, *update.also_for],
        "page": update.page,
        "status": update.status,
        "title": update.title,
    }


def _text(update: Update) -> str | None:
    return update.next_update_at.isoformat() if update.next_update_at else None
