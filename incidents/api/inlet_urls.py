"""Addresses for monitoring tools, with and without a slash at the end: a redirect would lose the post."""

from django.urls import path

from incidents.api.inlet import inlet

app_name = "inlet"

urlpatterns = [
    path("<slug:kind>/", inlet, name="by_header"),
    path("<slug:kind>", inlet),
    path("<slug:kind>/<str:token>", inlet, name="by_token"),
    path("<slug:kind>/<str:token>/", inlet),
]
