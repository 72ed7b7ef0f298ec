"""Addresses of the signed-in pages of incidents, a file for each kind of work."""

from incidents.urls import (
    command,
    coordination,
    customers,
    diagnosis,
    finding,
    lifecycle,
    record,
    rooms,
    scribe,
    seats,
    style,
    talking,
)

app_name = "incidents"

urlpatterns = [
    *rooms.urlpatterns,
    *lifecycle.urlpatterns,
    *finding.urlpatterns,
    *seats.urlpatterns,
    *record.urlpatterns,
    *scribe.urlpatterns,
    *command.urlpatterns,
    *diagnosis.urlpatterns,
    *coordination.urlpatterns,
    *style.urlpatterns,
    *talking.urlpatterns,
    *customers.urlpatterns,
]
