"""Addresses of pages: customer reports, signals, escalations, follow-ups, and who our customers are."""

from django.urls import path

from incidents.views import customer_reports, customer_settings, escalations, follow_ups, report_inbox

_ROOM = "incidents/<str:key>/"
_SETTINGS = "settings/words/customers/"

urlpatterns = [
    path(f"{_ROOM}reports/", customer_reports.reports, name="customer_reports"),
    path(f"{_ROOM}reports/reply-to-all/", customer_reports.reply_to_all, name="reply_to_all"),
    path(f"{_ROOM}reports/<int:pk>/", customer_reports.report, name="customer_report"),
    path(f"{_ROOM}reports/<int:pk>/<slug:step>/", customer_reports.step, name="step_report"),
    path(f"{_ROOM}signals/<int:pk>/<slug:step>/", customer_reports.step_signal, name="step_signal"),
    path(f"{_ROOM}escalations/", escalations.escalate, name="escalate"),
    path(f"{_ROOM}escalations/<int:pk>/<slug:step>/", escalations.step, name="step_escalation"),
    path(f"{_ROOM}follow-up/", follow_ups.follow_up, name="follow_up"),
    path(f"{_ROOM}follow-up/<int:pk>/<slug:step>/", follow_ups.step, name="step_follow_up"),
    path("support/reports/", report_inbox.inbox, name="report_inbox"),
    path("support/reports/<int:pk>/<slug:step>/", report_inbox.step, name="step_unsorted"),
    path(_SETTINGS, customer_settings.overview, name="customer_settings"),
    path(f"{_SETTINGS}import/", customer_settings.import_accounts, name="import_accounts"),
    path(f"{_SETTINGS}erase/", customer_settings.erase, name="erase_contact"),
    path(f"{_SETTINGS}accounts/<int:pk>/erase/", customer_settings.erase, name="erase_account"),
    path(f"{_SETTINGS}<slug:kind>/", customer_settings.edit, name="new_customer_setting"),
    path(f"{_SETTINGS}<slug:kind>/<int:pk>/", customer_settings.edit, name="customer_setting"),
]
