"""Addresses of `/api/v1/`: answering offers, waiving, candidates, paging, who is where."""

from django.urls import path

from incidents.api import pagings, roster

_CALL = "incidents/<str:key>/paging/<int:pk>/"

urlpatterns = [
    path("incidents/<str:key>/roster/<int:pk>/decline/", roster.Decline.as_view(), name="decline"),
    path("incidents/<str:key>/waivers/", pagings.Waivers.as_view(), name="waivers"),
    path("incidents/<str:key>/waivers/<int:pk>/", pagings.OneWaiver.as_view(), name="waiver"),
    path("incidents/<str:key>/candidates/", pagings.Candidates.as_view(), name="candidates"),
    path("incidents/<str:key>/paging/", pagings.Pagings.as_view(), name="pagings"),
    path(_CALL, pagings.OnePaging.as_view(), name="paging"),
    path(f"{_CALL}acknowledge/", pagings.Acknowledge.as_view(), name="paging_acknowledge"),
    path(f"{_CALL}decline/", pagings.DeclineCall.as_view(), name="paging_decline"),
    path("responders/", pagings.Responders.as_view(), name="responders"),
]
