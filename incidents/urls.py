"""Addresses of the signed-in pages of incidents."""

from django.urls import path

from incidents.views import (
    alert_sources,
    alerts,
    declare,
    listing,
    moves,
    room,
    roster,
    situation,
    stream,
    timeline,
    updates,
)

app_name = "incidents"

urlpatterns = [
    path("", situation.situation, name="situation"),
    path("declare/", declare.declare, name="declare"),
    path("declare/similar/", declare.similar, name="declare_similar"),
    path("alerts/", alerts.inbox, name="alerts"),
    path("alerts/<int:alert_id>/", alerts.inbox, name="alert"),
    path("alerts/<int:alert_id>/acknowledge/", alerts.acknowledge, name="alert_acknowledge"),
    path("alerts/<int:alert_id>/link/", alerts.link, name="alert_link"),
    path("alerts/payloads/<int:payload_id>/", alerts.payload, name="alert_payload"),
    path("alerts/sources/", alert_sources.listing, name="alert_sources"),
    path("alerts/sources/<int:source_id>/rotate/", alert_sources.rotate, name="alert_source_rotate"),
    path("alerts/sources/<int:source_id>/switch/", alert_sources.switch, name="alert_source_switch"),
    path("incidents/", listing.incidents, name="incidents"),
    path("incidents/<str:key>/", room.room, name="room"),
    path("incidents/<str:key>/head/", room.head, name="head"),
    path("incidents/<str:key>/console/", room.console, name="console"),
    path("incidents/<str:key>/stream/", stream.stream, name="stream"),
    path("incidents/<str:key>/timeline/", timeline.entries_of, name="timeline"),
    path("incidents/<str:key>/timeline/<int:number>/supersede/", timeline.supersede, name="supersede"),
    path("incidents/<str:key>/words/", moves.words, name="words"),
    path("incidents/<str:key>/severity/", moves.severity, name="severity"),
    path("incidents/<str:key>/moves/<slug:verb>/", moves.move, name="move"),
    path("incidents/<str:key>/roster/<slug:role>/", roster.assign, name="assign"),
    path("incidents/<str:key>/roster/<slug:role>/take/", roster.take, name="take"),
    path("incidents/<str:key>/seats/<int:seat_id>/accept/", roster.accept, name="accept"),
    path("incidents/<str:key>/seats/<int:seat_id>/hand-over/", roster.hand_over, name="hand_over"),
    path("incidents/<str:key>/seats/<int:seat_id>/release/", roster.release, name="release"),
    path("incidents/<str:key>/seats/<int:seat_id>/delegate/", roster.delegate, name="delegate"),
    path("incidents/<str:key>/updates/", updates.write, name="write_update"),
    path("incidents/<str:key>/updates/<int:update_id>/", updates.edit, name="edit_update"),
    path("incidents/<str:key>/updates/<int:update_id>/<slug:step>/", updates.step, name="step_update"),
]
