"""Addresses of `/api/v1/`: decisions and objections."""

from django.urls import path

from incidents.api import decisions

urlpatterns = [
    path("incidents/<str:key>/decisions/", decisions.Decisions.as_view(), name="decisions"),
    path("incidents/<str:key>/decisions/<int:pk>/", decisions.OneDecision.as_view(), name="decision"),
    path("incidents/<str:key>/decisions/<int:pk>/decide/", decisions.Decide.as_view(), name="decide"),
    path("incidents/<str:key>/decisions/<int:pk>/objections/", decisions.Objections.as_view(), name="objections"),
    path("incidents/<str:key>/decisions/<int:pk>/withdraw/", decisions.Withdraw.as_view(), name="withdraw_decision"),
]
