"""Addresses of pages: hypotheses, findings, actions, verification."""

from django.urls import path

from incidents.views import acting, diagnosis, verification

urlpatterns = [
    path("incidents/<str:key>/hypotheses/", diagnosis.propose, name="hypotheses"),
    path("incidents/<str:key>/hypotheses/<int:pk>/", diagnosis.edit, name="hypothesis"),
    path("incidents/<str:key>/hypotheses/<int:pk>/<slug:verb>/", diagnosis.step, name="step_hypothesis"),
    path("incidents/<str:key>/findings/", diagnosis.share, name="findings"),
    path("incidents/<str:key>/findings/<int:pk>/", diagnosis.place, name="finding"),
    path("incidents/<str:key>/actions/", acting.propose, name="actions"),
    path("incidents/<str:key>/actions/<int:pk>/", acting.edit, name="action"),
    path("incidents/<str:key>/actions/<int:pk>/<slug:verb>/", acting.step, name="step_action"),
    path("incidents/<str:key>/verification/", verification.add, name="verification"),
    path("incidents/<str:key>/verification/<int:pk>/<slug:verb>/", verification.step, name="step_check"),
]
