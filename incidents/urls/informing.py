"""Addresses of pages: proof of informing, feedback, the summary afterwards."""

from django.urls import path

from incidents.views import feedback, informing

_UPDATE = "incidents/<str:key>/updates/<int:update_id>/"

urlpatterns = [
    path(f"{_UPDATE}proof/", informing.proof, name="proof"),
    path("incidents/<str:key>/feedback/", feedback.listing, name="feedback"),
    path("incidents/<str:key>/feedback/capture/", feedback.capture, name="capture_feedback"),
    path("incidents/<str:key>/feedback/survey/", feedback.invite, name="invite_survey"),
    path("incidents/<str:key>/summary/", feedback.summary, name="summary"),
    path("survey/<str:token>/", feedback.survey, name="survey"),
    path(f"{_UPDATE}proof/resend/", informing.resend, name="resend_update"),
]
