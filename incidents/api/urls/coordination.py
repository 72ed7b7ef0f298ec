"""Addresses of `/api/v1/`: workstreams, reports, advice, changes."""

from django.urls import path

from incidents.api import changes, coordination

_INCIDENT = "incidents/<str:key>/"
_ADVICE = f"{_INCIDENT}advice/<int:pk>/"
_STREAM = f"{_INCIDENT}workstreams/<int:pk>/"

urlpatterns = [
    path(f"{_INCIDENT}workstreams/", coordination.Workstreams.as_view(), name="workstreams"),
    path(_STREAM, coordination.OneWorkstream.as_view(), name="workstream"),
    path(f"{_STREAM}ask-report/", coordination.AskReport.as_view(), name="ask_report"),
    path(f"{_INCIDENT}can-reports/", coordination.CanReports.as_view(), name="can_reports"),
    path(f"{_INCIDENT}advice/", coordination.Advice.as_view(), name="advice"),
    path(_ADVICE, coordination.OneAdvice.as_view(), name="one_advice"),
    path(f"{_ADVICE}answer/", coordination.Answer.as_view(), name="answer_advice"),
    path(f"{_ADVICE}decline/", coordination.Decline.as_view(), name="decline_advice"),
    path(f"{_ADVICE}hand-on/", coordination.HandOn.as_view(), name="hand_on_advice"),
    path(f"{_ADVICE}ask-back/", coordination.AskBack.as_view(), name="ask_back_advice"),
    path(f"{_INCIDENT}changes/", changes.ChangesNear.as_view(), name="changes_near"),
    path(f"{_INCIDENT}similar/", changes.SimilarIncidents.as_view(), name="similar"),
    path("changes/", changes.Changes.as_view(), name="changes"),
]
