"""Addresses of pages: what happens while a text is written."""

from django.urls import path

from incidents.views import composing

_UPDATES = "incidents/<str:key>/updates/"

urlpatterns = [
    path(f"{_UPDATES}unsaved/", composing.keep, name="keep_unsaved"),
    path(f"{_UPDATES}unsaved/drop/", composing.drop, name="drop_unsaved"),
    path(f"{_UPDATES}fill/", composing.fill, name="fill_update"),
    path(f"{_UPDATES}preview/", composing.preview, name="preview_update"),
    path(f"{_UPDATES}preview/<slug:token>/<slug:part>/", composing.frame, name="preview_frame"),
    path(f"{_UPDATES}<int:update_id>/take-over/", composing.take_over, name="take_over_update"),
]
