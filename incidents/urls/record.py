"""Addresses of pages: evidence, key moments, presence, catching up, export."""

from django.urls import path

from incidents.views import evidence, record, timeline

urlpatterns = [
    path("incidents/<str:key>/timeline/<int:number>/key-moment/", timeline.key_moment, name="key_moment"),
    path("incidents/<str:key>/evidence/", evidence.attach, name="attach"),
    path("incidents/<str:key>/evidence/<slug:public_id>/", evidence.file, name="evidence_file"),
    path("incidents/<str:key>/looked/", record.looked, name="looked"),
    path("incidents/<str:key>/catch-up/", record.catch_up, name="catch_up"),
    path("incidents/<str:key>/export/", record.export, name="export"),
]
