"""Addresses of the signed-in pages of incidents."""

from django.urls import path

from incidents.views import declare, listing, moves, roster, room, situation, stream, timeline, updates

app_name = "incidents"

urlpatterns = [
    path("", situation.situation, name="situation"),
    path("declare/", declare.declare, name="declare"),
    path("declare/similar/", declare.similar, name="declare_similar"),
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
