"""Addresses of pages: what support says."""

from django.urls import path

from incidents.views import talking

_POINTS = "incidents/<str:key>/talking-points/"

urlpatterns = [
    path(_POINTS, talking.write, name="write_points"),
    path(f"{_POINTS}<int:number>/approve/", talking.approve, name="approve_points"),
    path(f"{_POINTS}<int:number>/withdraw/", talking.withdraw, name="withdraw_points"),
    path(f"{_POINTS}<int:number>/nudge/", talking.nudge, name="nudge_points"),
    path("support/", talking.desk, name="support_desk"),
    path("support/incidents/<str:key>/", talking.one, name="support_incident"),
]
