"""Addresses of the API: what support says."""

from django.urls import path

from incidents.api import talking

_POINTS = "incidents/<str:key>/talking-points/"
_ONE = f"{_POINTS}<int:number>/"

urlpatterns = [
    path(_POINTS, talking.Points.as_view()),
    path(f"{_ONE}approve/", talking.ApprovePoints.as_view()),
    path(f"{_ONE}withdraw/", talking.WithdrawPoints.as_view()),
    path(f"{_ONE}read/", talking.ReadPoints.as_view()),
    path(f"{_ONE}nudge/", talking.NudgePoints.as_view()),
]
