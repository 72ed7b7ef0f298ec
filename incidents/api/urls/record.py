"""Addresses of `/api/v1/`: evidence, key moments, presence, catching up, export."""

from django.urls import path

from incidents.api import evidence, record, timeline

urlpatterns = [
    path("incidents/<str:key>/timeline/export/", record.Export.as_view(), name="export"),
    path("incidents/<str:key>/timeline/<int:pk>/key-moment/", timeline.KeyMoment.as_view(), name="key_moment"),
    path("incidents/<str:key>/attachments/", evidence.Attachments.as_view(), name="attachments"),
    path("incidents/<str:key>/attachments/<slug:public_id>/", evidence.OneAttachment.as_view(), name="attachment"),
    path(
        "incidents/<str:key>/attachments/<slug:public_id>/content/",
        evidence.Content.as_view(),
        name="attachment_content",
    ),
    path("incidents/<str:key>/looks/", record.Looks.as_view(), name="looks"),
    path("incidents/<str:key>/catch-up/", record.CatchUp.as_view(), name="catch_up"),
]
