"""The outbox as people see it."""

from django.urls import path

from notifications.views import messages

app_name = "notifications"
urlpatterns = [
    path("", messages.messages, name="messages"),
    path("<int:pk>/", messages.message, name="message"),
    path("<int:pk>/retry/", messages.retry, name="retry"),
]
