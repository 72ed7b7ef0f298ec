"""Addresses of `/api/v1/` as far as incidents go; those of pages are in statuspage."""

from django.urls import path

from incidents.api import alerts, incidents, roster, timeline, updates

urlpatterns = [
    path("incidents/", incidents.Incidents.as_view(), name="incidents"),
    path("incidents/<str:key>/", incidents.OneIncident.as_view(), name="incident"),
    path("incidents/<str:key>/moves/", incidents.Moves.as_view(), name="moves"),
    path("incidents/<str:key>/roster/", roster.Roster.as_view(), name="roster"),
    path("incidents/<str:key>/roster/<int:pk>/", roster.Seat.as_view(), name="seat"),
    path("incidents/<str:key>/roster/<int:pk>/hand-over/", roster.HandOver.as_view(), name="hand_over"),
    path("incidents/<str:key>/roster/<int:pk>/accept/", roster.Accept.as_view(), name="accept"),
    path("incidents/<str:key>/timeline/", timeline.Entries.as_view(), name="timeline"),
    path("incidents/<str:key>/timeline/<int:pk>/supersede/", timeline.Supersede.as_view(), name="supersede"),
    path("incidents/<str:key>/stream", timeline.live, name="stream"),
    path("incidents/<str:key>/updates/", updates.Updates.as_view(), name="updates"),
    path("incidents/<str:key>/updates/<int:pk>/", updates.OneUpdate.as_view(), name="update"),
    path("incidents/<str:key>/updates/<int:pk>/submit/", updates.Submit.as_view(), name="submit"),
    path("incidents/<str:key>/updates/<int:pk>/approve/", updates.Approve.as_view(), name="approve"),
    path("incidents/<str:key>/updates/<int:pk>/send-back/", updates.SendBack.as_view(), name="send_back"),
    path("incidents/<str:key>/updates/<int:pk>/publish/", updates.Publish.as_view(), name="publish"),
    path("incidents/<str:key>/updates/<int:pk>/discard/", updates.Discard.as_view(), name="discard"),
    path("alerts/", alerts.Alerts.as_view(), name="alerts"),
    path("alerts/<int:pk>/", alerts.OneAlert.as_view(), name="alert"),
    path("alerts/<int:pk>/acknowledge/", alerts.Acknowledge.as_view(), name="acknowledge"),
    path("alert-sources/", alerts.Sources.as_view(), name="alert_sources"),
    path("services/", alerts.Services.as_view(), name="services"),
]
