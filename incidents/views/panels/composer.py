"""The composer: one text being written, for one or several audiences, with what is kept of it meanwhile."""

from dataclasses import dataclass

from django.conf import settings

from incidents import readings
from incidents.communication import composing
from incidents.forms.updates import UpdateForm, proposal
from incidents.models import Audience, MessageTemplate, Update, UpdateState
from incidents.severity import rule
from incidents.views.desk import Desk

#: The tabs of the preview.
CHANNELS = (("page", "Page"), ("email", "E-mail"), ("sms", "SMS"), ("slack", "Slack"), ("teams", "Teams"))


@dataclass(frozen=True)
class Chip:
    """One audience to be ticked. `is_settled`: the text is theirs already, and stays so."""

    value: str
    label: str
    is_chosen: bool
    is_settled: bool = False


def shown(desk: Desk, form: UpdateForm | None = None) -> dict[str, object]:
    """The form for a text: a refused one, the one named by `?edit=`, or a new one; with the person's unsaved words."""
    incident = desk.incident
    if "incidents.draft_update" not in desk.may:
        return {"composer": None}
    editing = form.update if form else _editing(desk)
    kept = None
    if form is None:
        kept = composing.unsaved(incident, desk.user, editing)
        form = _form(desk, editing, kept.words if kept else None)
    return {
        "composer": form,
        "editing": editing,
        "chips": _chips(form),
        "kept": kept,
        "stale": composing.stale(editing) if editing else "",
        "writer": composing.held_by_other(editing, desk.user) if editing else None,
        "number": 1 + sum(one.audience == form.audience for one in _published(desk)),
        "starts": _starts(desk, form),
        "channels": CHANNELS,
    }


def shown_where_needed(desk: Desk) -> dict[str, object]:
    """The composer for somebody whose first work it is not: where they ask for it."""
    asked = {"write", "edit"} & {*desk.request.GET, *desk.request.POST}
    return {**shown(desk), "is_asked_for": True} if asked else {"composer": None}


def _form(desk: Desk, editing: Update | None, typed: dict[str, object] | None) -> UpdateForm:
    if editing is not None:
        return UpdateForm(incident=desk.incident, update=editing, typed=typed)
    audience = desk.request.GET.get("audience", "")
    audience = audience if audience in settings.UPDATE_AUDIENCES else Audience.PUBLIC
    return UpdateForm(incident=desk.incident, initial=proposal(desk.incident, audience), audience=audience, typed=typed)


def _chips(form: UpdateForm) -> list[Chip]:
    """Those that the text can be for; what is for the public already stays so, and nothing becomes it later."""
    found = []
    for one in Audience:
        is_own = form.update is not None and form.update.audience == one
        if one in settings.UPDATE_AUDIENCES and (one != Audience.PUBLIC or form.may_be_public):
            found.append(Chip(one.value, one.label, one.value in form.chosen, is_settled=is_own))
    return found


def _starts(desk: Desk, form: UpdateForm) -> list[MessageTemplate]:
    """The templates that fit, the nearest to the incident first."""
    page = form.places[0].slug if form.places else ""
    status = str(form["status"].value() or "")
    impact = rule(desk.incident.severity).public_impact
    fitting = [
        one
        for one in MessageTemplate.objects.filter(is_active=True, audience=form.audience, page__in={"", page})
        if one.impact in {"", impact}
    ]
    return sorted(
        fitting,
        key=lambda one: (
            one.language.partition("-")[0] != str(form["language"].value() or "en").partition("-")[0],
            one.phase not in {"", status}, one.is_holding, not one.page, not one.phase, not one.impact, one.name,
        ),
    )  # fmt: skip


def _published(desk: Desk) -> list[Update]:
    return [one for one in readings.of(desk.incident).updates if one.state == UpdateState.PUBLISHED]


def _editing(desk: Desk) -> Update | None:
    number = desk.request.POST.get("edit") or desk.request.GET.get("edit", "")
    if not number.isdecimal() or len(number) > 12:
        return None
    people = ("incident", "author", "edited_by", "editing_by")
    pending = desk.incident.updates.filter(state__in=[UpdateState.DRAFT, UpdateState.SUBMITTED])
    return pending.filter(pk=int(number)).select_related(*people).first()
