"""Addresses of `/api/v1/`: hypotheses, findings, actions, verification."""

from django.urls import path

from incidents.api import acting, diagnosis, verification

_ACTION = "incidents/<str:key>/actions/<int:pk>/"

urlpatterns = [
    path("incidents/<str:key>/hypotheses/", diagnosis.Hypotheses.as_view(), name="hypotheses"),
    path("incidents/<str:key>/hypotheses/<int:pk>/", diagnosis.OneHypothesis.as_view(), name="hypothesis"),
    path("incidents/<str:key>/findings/", diagnosis.Findings.as_view(), name="findings"),
    path("incidents/<str:key>/findings/<int:pk>/", diagnosis.OneFinding.as_view(), name="finding"),
    path("incidents/<str:key>/actions/", acting.Actions.as_view(), name="actions"),
    path(_ACTION, acting.OneAction.as_view(), name="action"),
    path(f"{_ACTION}approve/", acting.ApproveAction.as_view(), name="approve_action"),
    path(f"{_ACTION}decline/", acting.DeclineAction.as_view(), name="decline_action"),
    path(f"{_ACTION}start/", acting.StartAction.as_view(), name="start_action"),
    path(f"{_ACTION}finish/", acting.FinishAction.as_view(), name="finish_action"),
    path(f"{_ACTION}fail/", acting.FailAction.as_view(), name="fail_action"),
    path(f"{_ACTION}revert/", acting.RevertAction.as_view(), name="revert_action"),
    path("incidents/<str:key>/verification/", verification.Checks.as_view(), name="verification"),
    path("incidents/<str:key>/verification/<int:pk>/", verification.OneCheck.as_view(), name="check"),
]
