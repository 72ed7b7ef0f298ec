"""Addresses of `/api/v1/`: message templates, and what an update becomes on each channel."""

from django.urls import path

from incidents.api import templates, updates

urlpatterns = [
    path("incidents/<str:key>/updates/<int:pk>/previews/", updates.Previews.as_view(), name="previews"),
    path("message-templates/", templates.Templates.as_view(), name="message_templates"),
    path("message-templates/<int:pk>/", templates.OneTemplate.as_view(), name="message_template"),
]
