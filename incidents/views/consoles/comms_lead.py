"""What the Communication Lead's console shows: the promise, the texts under way, the one being written."""

from django.conf import settings

from incidents.communication import updates
from incidents.forms.updates import UpdateForm, proposal
from incidents.models import Audience, Update
from incidents.severity import rule
from incidents.views.consoles import drafts
from incidents.views.consoles.duties import Fact, duties
from incidents.views.desk import Desk
from roles.catalog import Role


def shown(desk: Desk) -> dict[str, object]:
    """Everything on the Communication Lead's console."""
    incident = desk.incident
    every = rule(incident.severity).update_every
    promised_at = updates.promised(incident) if incident.is_active else None
    pending = drafts.of(desk)
    waiting = sum("publish" not in one.steps and one.update.state == "submitted" for one in pending)
    return {
        "duties": duties(
            Role.COMMS_LEAD,
            {
                "Notify": drafts.promise(promised_at, every),
                "Page content": Fact("caution", f"{waiting} waiting") if waiting else Fact("ok", "nothing waiting"),
            },
        ),
        "promised_at": promised_at,
        "update_every": every,
        "pending": pending,
        "published": incident.updates.filter(state="published").order_by("-published_at").first(),
        **composer(desk),
    }


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
