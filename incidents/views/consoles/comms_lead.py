"""What the Communication Lead's console shows: the promise, the texts under way, the one being written."""

from django.conf import settings

from incidents import readings
from incidents.communication import updates
from incidents.forms.updates import UpdateForm, proposal
from incidents.models import Audience, Incident, Update
from incidents.severity import rule
from incidents.views.consoles import drafts
from incidents.views.consoles.duties import Fact, duties
from incidents.views.desk import Desk
from incidents.views.panels import tasks
from roles.catalog import Role


def shown(desk: Desk) -> dict[str, object]:
    """Everything on the Communication Lead's console."""
    incident = desk.incident
    every = rule(incident.severity).update_every
    promised_at = updates.promised(incident) if incident.is_active else None
    pending = drafts.of(desk)
    published = readings.newest_published(readings.of(incident).updates)
    return {
        "duties": duties(Role.COMMS_LEAD, _facts(desk, pending, published, drafts.promise(promised_at, every))),
        "promised_at": promised_at,
        "update_every": every,
        "pending": pending,
        "published": published,
        **tasks.shown(desk),
        **composer(desk),
    }


def _facts(desk: Desk, pending: list[drafts.Draft], published: Update | None, promise: Fact) -> dict[str, Fact]:
    incident = desk.incident
    waiting = sum("publish" not in one.steps and one.update.state == "submitted" for one in pending)
    asked = sum(task.area == Role.COMMS_LEAD for task in readings.of(incident).open_tasks)
    return {
        "Notify": Fact(promise.tone, promise.words, "#promise"),
        "Page content": Fact("caution", f"{waiting} waiting", "#pending")
        if waiting
        else Fact("ok", "nothing waiting", "#composer"),
        "Consistency": _consistency(incident, published),
        "Team link": Fact("caution", f"{asked} asked of you", "#tasks")
        if asked
        else Fact("ok", "nothing asked", "#tasks"),
        "Follow-up": Fact("", "after resolve", "#composer")
        if incident.is_active
        else Fact("caution", "tell how it ended", "#composer"),
    }


def _consistency(incident: Incident, published: Update | None) -> Fact:
    """Whether what was said last was said before the incident moved on."""
    if published is None or published.published_at is None:
        return Fact("", "nothing said yet", "#composer")
    if incident.state_since > published.published_at:
        return Fact("caution", f"{incident.get_state_display()} is not said yet", "#composer")
    return Fact("ok", "says what we know", "#composer")


def composer(desk: Desk, form: UpdateForm | None = None) -> dict[str, object]:
    """The form for a text: a new one, or the one named by `?edit=`."""
    incident = desk.incident
    if "incidents.draft_update" not in desk.may:
        return {"composer": None}
    editing = form.update if form else _editing(desk)
    audience = desk.request.GET.get("audience", "")
    if form is None:
        if editing is not None:
            form = UpdateForm(incident=incident, update=editing)
        else:
            audience = audience if audience in Audience.values else Audience.PUBLIC
            form = UpdateForm(incident=incident, initial=proposal(incident, audience), audience=audience)
    return {
        "composer": form,
        "editing": editing,
        "audience": form.audience,
        "audiences": [(one.value, one.label) for one in Audience if one in settings.UPDATE_AUDIENCES],
    }


def _editing(desk: Desk) -> Update | None:
    number = desk.request.GET.get("edit", "")
    if not number.isdecimal():
        return None
    return (
        desk.incident.updates.pending().filter(pk=int(number)).select_related("incident", "author", "edited_by").first()
    )
