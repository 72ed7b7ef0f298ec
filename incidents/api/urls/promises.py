"""Addresses of `/api/v1/`: promises, how often whom is told, and what surrounds the approval of a text."""

from django.urls import path

from incidents.api import approval, promises

_UPDATE = "incidents/<str:key>/updates/<int:pk>/"

urlpatterns = [
    path("promises/", promises.Promises.as_view(), name="promises"),
    path("update-policies/", promises.Policies.as_view(), name="update_policies"),
    path("update-policies/<str:severity>/<str:audience>/", promises.OnePolicy.as_view(), name="update_policy"),
    path("holding-rules/", promises.HoldingRules.as_view(), name="holding_rules"),
    path("holding-rules/<slug:slug>/", promises.OneHoldingRule.as_view(), name="holding_rule"),
    path("incidents/<str:key>/promises/", promises.IncidentPromises.as_view(), name="incident_promises"),
    path("incidents/<str:key>/rhythm/", promises.SetRhythm.as_view(), name="rhythm"),
    path(f"{_UPDATE}versions/", approval.Versions.as_view(), name="update_versions"),
    path(f"{_UPDATE}comments/", approval.Comments.as_view(), name="update_comments"),
    path(f"{_UPDATE}comments/<int:comment>/settle/", approval.SettleComment.as_view(), name="settle_comment"),
    path(f"{_UPDATE}schedule/", approval.Schedule.as_view(), name="update_schedule"),
]
