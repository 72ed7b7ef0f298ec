"""Addresses of pages: workstreams, reports, advice, changes."""

from django.urls import path

from incidents.views import advice, changes, coordination, similar

_STREAM = "incidents/<str:key>/workstreams/<int:stream_id>/"
_QUESTION = "incidents/<str:key>/questions/<int:request_id>/"

urlpatterns = [
    path("incidents/<str:key>/can/", coordination.can, name="can"),
    path("incidents/<str:key>/workstreams/", coordination.start, name="start_workstream"),
    path(_STREAM, coordination.change, name="change_workstream"),
    path(f"{_STREAM}time/", coordination.give_time, name="time_workstream"),
    path(f"{_STREAM}ask-report/", coordination.ask_report, name="ask_report"),
    path(f"{_STREAM}end/", coordination.end, name="end_workstream"),
    path("incidents/<str:key>/questions/", advice.ask, name="ask_advice"),
    path(_QUESTION, advice.question, name="question"),
    path(f"{_QUESTION}decline/", advice.decline, name="decline_question"),
    path(f"{_QUESTION}hand-on/", advice.hand_on, name="hand_on_question"),
    path(f"{_QUESTION}ask-back/", advice.ask_back, name="ask_back"),
    path(f"{_QUESTION}withdraw/", advice.withdraw, name="withdraw_question"),
    path("incidents/<str:key>/similar/<str:other>/", similar.link, name="link_recurrence"),
    path("changes/", changes.listing, name="changes"),
]
