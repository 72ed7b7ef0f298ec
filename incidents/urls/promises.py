"""Addresses of pages: how often whom is told, and what is said of a text before it goes out."""

from django.urls import path

from incidents.views import approval, rhythm

urlpatterns = [
    path("incidents/<str:key>/rhythm/", rhythm.slower, name="rhythm"),
    path(
        "incidents/<str:key>/updates/<int:update_id>/comments/<int:comment_id>/settle/",
        approval.settle,
        name="settle_comment",
    ),
    path("settings/words/rhythm/", rhythm.rhythms, name="rhythms"),
    path("settings/words/rhythm/<int:policy_id>/", rhythm.change, name="change_rhythm"),
    path("settings/words/rhythm/holding/<slug:slug>/", rhythm.hold, name="hold"),
]
