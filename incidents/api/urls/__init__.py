"""Addresses of `/api/v1/` as far as incidents go, a file for each kind of work; those of pages are in statuspage."""

from incidents.api.urls import (
    command,
    composer,
    coordination,
    customers,
    diagnosis,
    finding,
    informing,
    inside,
    lifecycle,
    promises,
    record,
    rooms,
    scribe,
    seats,
    style,
    talking,
)

app_name = "api"

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
    *composer.urlpatterns,
    *style.urlpatterns,
    *informing.urlpatterns,
    *inside.urlpatterns,
    *talking.urlpatterns,
    *customers.urlpatterns,
    *promises.urlpatterns,
]
