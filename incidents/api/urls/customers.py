"""Addresses of `/api/v1/`: customers, their reports, signals, escalations, follow-ups."""

from django.urls import path

from incidents.api import customer_reports, customers, escalations

_INCIDENT = "incidents/<str:key>/"
_REPORT = f"{_INCIDENT}customer-reports/<int:pk>/"
_ESCALATION = f"{_INCIDENT}escalations/<int:pk>/"

urlpatterns = [
    path(f"{_INCIDENT}customer-reports/", customer_reports.CustomerReports.as_view(), name="customer_reports"),
    path(_REPORT, customer_reports.OneCustomerReport.as_view(), name="customer_report"),
    path(f"{_REPORT}reply/", customer_reports.Reply.as_view(), name="reply_report"),
    path(f"{_INCIDENT}signals/", customer_reports.Signals.as_view(), name="signals"),
    path(f"{_INCIDENT}signals/<int:pk>/follow/", customer_reports.FollowSignal.as_view(), name="follow_signal"),
    path(f"{_INCIDENT}signals/<int:pk>/put-aside/", customer_reports.PutSignalAside.as_view(), name="aside_signal"),
    path(f"{_INCIDENT}escalations/", escalations.Escalations.as_view(), name="escalations"),
    path(f"{_ESCALATION}acknowledge/", escalations.Acknowledge.as_view(), name="acknowledge_escalation"),
    path(f"{_ESCALATION}answer/", escalations.Answer.as_view(), name="answer_escalation"),
    path(f"{_ESCALATION}withdraw/", escalations.Withdraw.as_view(), name="withdraw_escalation"),
    path(f"{_INCIDENT}follow-ups/", escalations.FollowUps.as_view(), name="follow_ups"),
    path(f"{_INCIDENT}follow-ups/send/", escalations.SendFollowUps.as_view(), name="send_follow_ups"),
    path(f"{_INCIDENT}follow-ups/<int:pk>/", escalations.OneFollowUp.as_view(), name="follow_up"),
    path("customer-reports/", customer_reports.UnsortedReports.as_view(), name="unsorted_reports"),
    path("customer-reports/<int:pk>/sort/", customer_reports.SortReport.as_view(), name="sort_report"),
    path("customer-reports/<int:pk>/dismiss/", customer_reports.DismissReport.as_view(), name="dismiss_report"),
    path("customer-accounts/", customers.CustomerAccounts.as_view(), name="customer_accounts"),
    path("customer-accounts/<int:pk>/", customers.OneCustomerAccount.as_view(), name="customer_account"),
    path("customer-tiers/", customers.CustomerTiers.as_view(), name="customer_tiers"),
    path("customer-tiers/<int:pk>/", customers.OneCustomerTier.as_view(), name="customer_tier"),
    path("signal-rules/", customers.SignalRules.as_view(), name="signal_rules"),
    path("signal-rules/<int:pk>/", customers.OneSignalRule.as_view(), name="signal_rule"),
    path("macros/", customers.Macros.as_view(), name="macros"),
    path("macros/<int:pk>/", customers.OneMacro.as_view(), name="macro"),
]
