"""Addresses of pages: rules of style."""

from django.urls import path

from incidents.views import style

urlpatterns = [
    path("incidents/<str:key>/updates/check/", style.check, name="check_update"),
    path("settings/words/style/", style.rules, name="style"),
    path("settings/words/style/own/<int:rule_id>/", style.change, name="change_style"),
    path("settings/words/style/<slug:code>/", style.set_level, name="style_level"),
]
