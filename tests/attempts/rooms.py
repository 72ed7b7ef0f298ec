"""Attempts at the room's first things: moves, seats, entries, updates, pages."""

from tests.attempts.trying import Attempt, Forged, get, post, send

ROOM = "/incidents/{s.incident.key}/"
PAGE = "/pages/{s.page.slug}/"
TEXT = {"page": "{s.page.slug}", "status": "investigating", "title": "Cards fail", "body": "We are looking."}

ON_PAGES: dict[str, list[Attempt]] = {
    "incidents.view_incident": [get(ROOM), get(f"{ROOM}timeline/"), get(f"{ROOM}head/"), get(f"{ROOM}stream/")],
    "incidents.declare_incident": [get("/declare/"), post("/declare/", title="Something else", severity="SEV4")],
    "incidents.change_state": [
        post(f"{ROOM}moves/identify/"),
        post(f"{ROOM}severity/", severity="SEV2"),
        get(f"{ROOM}words/"),
        post(f"{ROOM}words/", title="Another title"),
    ],
    "incidents.assign_role": [
        post(f"{ROOM}roster/sme/", user="{s.someone.pk}"),
        post(f"{ROOM}seats/{{s.seat.pk}}/release/"),
    ],
    "incidents.delegate_approval": [post(f"{ROOM}seats/{{s.comms.pk}}/delegate/", may_approve="yes")],
    "incidents.take_role": [post("/incidents/{s.vacant.key}/roster/tech_lead/take/")],
    "incidents.add_entry": [post(f"{ROOM}timeline/", body="Seen.", kind="note")],
    "incidents.supersede_entry": [post(f"{ROOM}timeline/{{s.note.number}}/supersede/", body="Seen at 11:40.")],
    "incidents.draft_update": [
        post(f"{ROOM}updates/", **TEXT),
        post(f"{ROOM}updates/{{s.submitted.pk}}/", version="{s.submitted.version}", **TEXT),
        post(f"{ROOM}updates/{{s.submitted.pk}}/discard/"),
    ],
    "incidents.approve_update": [
        post(f"{ROOM}updates/{{s.submitted.pk}}/approve/"),
        post(f"{ROOM}updates/{{s.submitted.pk}}/send-back/", comment="Say since when."),
    ],
    "incidents.publish_update": [post(f"{ROOM}updates/{{s.approved.pk}}/publish/")],
    "statuspage.view_statuspage": [get(PAGE), get(f"{PAGE}panel/")],
    "statuspage.set_component_status": [post(f"{PAGE}components/card-payments/", status="partial_outage")],
    "statuspage.publish_page": [post(f"{PAGE}publish/")],
}

_API = "/api/v1/incidents/{s.incident.key}/"
_PAGES = "/api/v1/pages/{s.page.slug}/"

BY_API: dict[str, list[Attempt]] = {
    "incidents.view_incident": [
        *(get(f"{_API}{name}") for name in ("", "moves/", "roster/", "updates/", "stream")),
    ],
    "incidents.declare_incident": [send("POST", "/api/v1/incidents/", title="Something else")],
    "incidents.change_state": [
        send("POST", f"{_API}moves/", verb="identify"),
        send("PATCH", _API, severity="SEV2"),
        send("PATCH", _API, title="Another title"),
    ],
    "incidents.assign_role": [
        send("POST", f"{_API}roster/", role="sme", user="{s.someone.username}"),
        send("DELETE", f"{_API}roster/{{s.seat.pk}}/"),
    ],
    "incidents.delegate_approval": [send("PATCH", f"{_API}roster/{{s.comms.pk}}/", may_approve="true")],
    "incidents.take_role": [
        send("POST", "/api/v1/incidents/{s.vacant.key}/roster/", role="tech_lead", user="{who.username}")
    ],
    "incidents.add_entry": [send("POST", f"{_API}timeline/", body="Seen.")],
    "incidents.supersede_entry": [send("POST", f"{_API}timeline/{{s.note.pk}}/supersede/", body="Seen at 11:40.")],
    "incidents.draft_update": [
        send("POST", f"{_API}updates/", audience="public", **TEXT),
        send("PATCH", f"{_API}updates/{{s.submitted.pk}}/", body="Another text."),
        send("POST", f"{_API}updates/{{s.submitted.pk}}/discard/"),
    ],
    "incidents.approve_update": [
        send("POST", f"{_API}updates/{{s.submitted.pk}}/approve/"),
        send("POST", f"{_API}updates/{{s.submitted.pk}}/send-back/", comment="Say since when."),
    ],
    "incidents.publish_update": [send("POST", f"{_API}updates/{{s.approved.pk}}/publish/")],
    "statuspage.view_statuspage": [get(_PAGES), get(f"{_PAGES}components/"), get(f"{_PAGES}templates/")],
    "statuspage.set_component_status": [send("PATCH", f"{_PAGES}components/card-payments/", status="partial_outage")],
    "statuspage.publish_page": [send("POST", f"{_PAGES}publish/")],
    "statuspage.manage_subscribers": [get(f"{_PAGES}subscribers/")],
}

_INCIDENT = "/admin/incidents/incident/{s.incident.pk}/change/"
_PAGE = "/admin/statuspage/statuspage/{s.page.pk}/change/"

_ONE_MORE_SEAT = {
    "seats-TOTAL_FORMS": "1",
    "seats-INITIAL_FORMS": "0",
    "seats-0-role": "sme",
    "seats-0-user": "{s.someone.pk}",
    "seats-0-kind": "primary",
    "entries-TOTAL_FORMS": "0",
    "entries-INITIAL_FORMS": "0",
}

IN_THE_ADMIN: dict[str, list[Attempt]] = {
    "incidents.view_incident": [get(_INCIDENT)],
    "incidents.assign_role": [Attempt("POST", _INCIDENT, _ONE_MORE_SEAT)],
    "statuspage.view_statuspage": [get(_PAGE)],
    "statuspage.manage_page": [Forged("POST", _PAGE, {"name": "Another name"})],
}
