"""Addresses of the signed-in pages of incidents, a file for each kind of work."""

from incidents.urls import command, coordination, diagnosis, finding, lifecycle, record, rooms, scribe, seats, style

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
]
