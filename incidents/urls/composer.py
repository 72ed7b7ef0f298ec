"""Addresses of pages: what happens while a text is written, and the templates to start from."""

from django.urls import path

from incidents.views import composing, templates

_UPDATES = "incidents/<str:key>/updates/"

urlpatterns = [
    path(f"{_UPDATES}unsaved/", composing.keep, name="keep_unsaved"),
    path(f"{_UPDATES}unsaved/drop/", composing.drop, name="drop_unsaved"),
    path(f"{_UPDATES}fill/", composing.fill, name="fill_update"),
    path(f"{_UPDATES}preview/", composing.preview, name="preview_update"),
    path(f"{_UPDATES}preview/<slug:token>/<slug:part>/", composing.frame, name="preview_frame"),
    path(f"{_UPDATES}<int:update_id>/take-over/", composing.take_over, name="take_over_update"),
    path("settings/words/templates/", templates.listing, name="templates"),
    path("settings/words/templates/preview/", templates.preview, name="template_preview"),
    path("settings/words/templates/<int:template_id>/", templates.template, name="template"),
]
