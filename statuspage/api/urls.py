"""Addresses of `/api/v1/` as far as pages go."""

from django.urls import path

from statuspage.api import views

app_name = "pages_api"

urlpatterns = [
    path("pages/", views.Pages.as_view(), name="pages"),
    path("pages/<slug:slug>/", views.OnePage.as_view(), name="page"),
    path("pages/<slug:slug>/publish/", views.Publish.as_view(), name="publish"),
    path("pages/<slug:slug>/components/", views.Components.as_view(), name="components"),
    path("pages/<slug:slug>/components/<slug:component>/", views.OneComponent.as_view(), name="component"),
    path("pages/<slug:slug>/groups/", views.Groups.as_view(), name="groups"),
    path("pages/<slug:slug>/templates/", views.Templates.as_view(), name="templates"),
    path("pages/<slug:slug>/subscribers/", views.Subscribers.as_view(), name="subscribers"),
]
