"""Addresses that carriers call."""

from django.urls import path

from notifications import webhooks

app_name = "hooks"
urlpatterns = [
    path("twilio/status/<str:token>", webhooks.twilio_status, name="twilio_status"),
    path("twilio/sms", webhooks.twilio_sms, name="twilio_sms"),
    path("email/<slug:provider>/tracking/", webhooks.email_tracking, name="email_tracking"),
    path("email/<slug:provider>/inbound/", webhooks.email_inbound, name="email_inbound"),
]
