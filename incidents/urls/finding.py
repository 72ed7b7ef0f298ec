"""Addresses of pages: search, saved views, how an incident is sorted."""

from django.urls import URLPattern, path

from incidents.views import classification, listing

urlpatterns: list[URLPattern] = [
    path("incidents/<str:key>/sorting/", classification.sorting, name="sorting"),
    path("views/", listing.save_view, name="save_view"),
    path("views/restore/", listing.restore_view, name="restore_view"),
    path("views/<int:view_id>/", listing.change_view, name="change_view"),
    path("views/<int:view_id>/delete/", listing.delete_view, name="delete_view"),
]
