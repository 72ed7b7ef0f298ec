"""Addresses of the API: the linter of words and its rules."""

from django.urls import path

from incidents.api import consistency

urlpatterns = [
    path("consistency/check/", consistency.CheckConsistency.as_view()),
    path("style-rules/", consistency.StyleRules.as_view()),
    path("style-rules/<int:pk>/", consistency.OneStyleRule.as_view()),
]
