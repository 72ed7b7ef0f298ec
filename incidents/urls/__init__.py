"""Addresses of the signed-in pages of incidents, a file for each kind of work."""

from incidents.urls import (
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

app_name = "incidents"

urlpatterns = [
    # Before the steps of an update, whose name is any word.
    *informing.urlpatterns,
    *composer.urlpatterns,  # before rooms, whose steps of an update are any word
    *promises.urlpatterns,  # before rooms, whose steps of an update are any word
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
    *inside.urlpatterns,
    *talking.urlpatterns,
    *customers.urlpatterns,
]
