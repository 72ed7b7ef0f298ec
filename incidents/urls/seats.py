"""Addresses of pages: answering offers, waiving, offering help, paging, who is where."""

from django.urls import path

from incidents.views import paging, responders, roster

urlpatterns = [
    path("incidents/<str:key>/seats/<int:seat_id>/decline/", roster.decline, name="decline"),
    path("incidents/<str:key>/roster/<slug:role>/waive/", roster.waive, name="waive"),
    path("incidents/<str:key>/waivers/<int:waiver_id>/withdraw/", roster.withdraw_waiver, name="withdraw_waiver"),
    path("incidents/<str:key>/help/", roster.offer_help, name="offer_help"),
    path("incidents/<str:key>/paging/", paging.page, name="page"),
    path("incidents/<str:key>/paging/<int:paging_id>/acknowledge/", paging.acknowledge, name="answer_call"),
    path("incidents/<str:key>/paging/<int:paging_id>/decline/", paging.decline, name="decline_call"),
    path("incidents/<str:key>/paging/<int:paging_id>/withdraw/", paging.withdraw, name="withdraw_call"),
    path("paging/<str:token>/", paging.answer, name="paging_link"),
    path("responders/", responders.responders, name="responders"),
]
