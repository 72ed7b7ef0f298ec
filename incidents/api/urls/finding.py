"""Addresses of `/api/v1/`: saved views, types, questions, tags."""

from django.urls import URLPattern, path

from incidents.api import classification, saved_views

urlpatterns: list[URLPattern] = [
    path("views/", saved_views.SavedViews.as_view()),
    path("views/<int:pk>/", saved_views.OneSavedView.as_view()),
    path("incident-types/", classification.IncidentTypes.as_view()),
    path("incident-types/<slug:slug>/", classification.OneIncidentType.as_view()),
    path("custom-fields/", classification.CustomFields.as_view()),
    path("custom-fields/<slug:slug>/", classification.OneCustomField.as_view()),
    path("tags/", classification.Tags.as_view()),
]
