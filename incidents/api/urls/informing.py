"""Addresses of the API: proof of informing, feedback, the summary afterwards."""

from django.urls import path

from incidents.api import feedback, informing

_UPDATE = "incidents/<str:key>/updates/<int:pk>/"

urlpatterns = [
    path("incidents/<str:key>/feedback/", feedback.FeedbackView.as_view()),
    path("incidents/<str:key>/feedback/survey/", feedback.InviteView.as_view()),
    path("incidents/<str:key>/summary/", feedback.SummaryView.as_view()),
    path(f"{_UPDATE}proof/", informing.Proof.as_view()),
    path(f"{_UPDATE}resend/", informing.Resend.as_view()),
]
