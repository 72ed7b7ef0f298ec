"""Addresses of pages: decisions and what waits for one."""

from django.urls import path

from incidents.views import decisions

urlpatterns = [
    path("incidents/<str:key>/decisions/", decisions.record, name="record_decision"),
    path("incidents/<str:key>/decisions/propose/", decisions.propose, name="propose_decision"),
    path("incidents/<str:key>/decisions/<int:decision_id>/", decisions.edit, name="edit_decision"),
    path("incidents/<str:key>/decisions/<int:decision_id>/decide/", decisions.decide, name="decide"),
    path("incidents/<str:key>/decisions/<int:decision_id>/object/", decisions.object_to, name="object"),
    path("incidents/<str:key>/decisions/<int:decision_id>/take-back/", decisions.take_back, name="take_back_objection"),
    path("incidents/<str:key>/decisions/<int:decision_id>/withdraw/", decisions.withdraw, name="withdraw_decision"),
]
