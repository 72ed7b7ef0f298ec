"""Attempts at waiving and paging."""

from types import SimpleNamespace

from incidents.models import RoleWaiver
from incidents.response import paging
from roles.catalog import Role
from roles.policy import SYSTEM
from tests import make
from tests.attempts.trying import Attempt, Stage, get, post, send


def prepare(stage: Stage) -> SimpleNamespace:
    """What these attempts need beside the stage; they name it `{s.seats.…}`."""
    waiver = RoleWaiver.objects.create(incident=stage.incident, role=Role.SCRIBE, reason="Short and simple.")
    return SimpleNamespace(
        waiver=waiver,
        call=paging.page(stage.incident, make.make_user("called"), by=SYSTEM, role=Role.SCRIBE),
        expert=paging.page(stage.incident, make.make_user("asked"), by=SYSTEM, role=Role.SME),
    )


_ROOM = "/incidents/{s.incident.key}/"
_API = "/api/v1/incidents/{s.incident.key}/"

ON_PAGES: dict[str, list[Attempt]] = {
    "incidents.assign_role": [post(f"{_ROOM}waivers/{{s.seats.waiver.pk}}/withdraw/")],
    "incidents.add_entry": [post(f"{_ROOM}help/", words="I know the ledger.")],
    "incidents.page_responder": [
        post(f"{_ROOM}paging/", user="{s.someone.pk}", role="scribe", message="We need you."),
        post(f"{_ROOM}paging/", user="{s.someone.pk}"),
        post(f"{_ROOM}paging/{{s.seats.call.pk}}/withdraw/"),
    ],
    "incidents.page_expert": [
        post(f"{_ROOM}paging/", user="{s.someone.pk}", role="sme"),
        post(f"{_ROOM}paging/{{s.seats.expert.pk}}/withdraw/"),
    ],
}
BY_API: dict[str, list[Attempt]] = {
    "incidents.view_incident": [get(f"{_API}waivers/"), get(f"{_API}paging/"), get(f"{_API}candidates/?role=scribe")],
    "incidents.assign_role": [send("DELETE", f"{_API}waivers/{{s.seats.waiver.pk}}/")],
    "incidents.page_responder": [
        send("POST", f"{_API}paging/", user="{s.someone.username}"),
        send("POST", f"{_API}paging/", role="support_liaison"),
        send("DELETE", f"{_API}paging/{{s.seats.call.pk}}/"),
    ],
    "incidents.page_expert": [
        send("POST", f"{_API}paging/", user="{s.someone.username}", role="sme"),
        send("DELETE", f"{_API}paging/{{s.seats.expert.pk}}/"),
    ],
}
IN_THE_ADMIN: dict[str, list[Attempt]] = {
    "incidents.view_incident": [
        get("/admin/incidents/paging/{s.seats.call.pk}/change/"),
        get("/admin/incidents/rolewaiver/{s.seats.waiver.pk}/change/"),
    ],
}
