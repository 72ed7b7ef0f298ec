"""Addresses of `/api/v1/`: severities, links, access, corrected times."""

from django.urls import path

from incidents.api import lifecycle

urlpatterns = [
    path("severities/", lifecycle.Severities.as_view(), name="severities"),
    path("severities/<str:name>/", lifecycle.OneSeverity.as_view(), name="severity"),
    path("incidents/<str:key>/access/", lifecycle.Access.as_view(), name="access"),
    path("incidents/<str:key>/access/<str:username>/", lifecycle.Invitation.as_view(), name="invitation"),
    path("incidents/<str:key>/links/", lifecycle.Links.as_view(), name="links"),
    path("incidents/<str:key>/links/<int:pk>/", lifecycle.OneLink.as_view(), name="link"),
    path("incidents/<str:key>/times/", lifecycle.Times.as_view(), name="times"),
]
