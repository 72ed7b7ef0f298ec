"""Addresses of pages: details, links, access, corrected times."""

from django.urls import path

from incidents.views import details

urlpatterns = [
    path("incidents/<str:key>/details/", details.details, name="details"),
    path("incidents/<str:key>/words/", details.words, name="words"),
    path("incidents/<str:key>/times/", details.correct_times, name="times"),
    path("incidents/<str:key>/links/", details.link, name="link"),
    path("incidents/<str:key>/links/<int:link_id>/remove/", details.unlink, name="unlink"),
    path("incidents/<str:key>/access/", details.privacy, name="privacy"),
    path("incidents/<str:key>/access/invite/", details.invite, name="invite"),
    path("incidents/<str:key>/access/<int:user_id>/remove/", details.uninvite, name="uninvite"),
]
