"""What the public side still lacks before an incident may move on; named in settings.INCIDENT_CHECKS."""

from incidents import readings
from incidents.models import Incident
from statuspage.models import PublicIncident

#: Verbs after which nothing more is said in public.
LAST_WORDS = frozenset({"close", "cancel", "merge"})


def unmet(incident: Incident, verb: str) -> list[str]:
    """Sentences about pages that would be left telling of an incident that has ended."""
    if verb not in LAST_WORDS:
        return []
    left = readings.of(incident).once("public", lambda: _left(incident))
    return [
        f"{told.page} still shows “{told.title}” as {told.get_status_display().lower()}: publish its end first."
        for told in left
    ]


def _left(incident: Incident) -> list[PublicIncident]:
    """What is still told of it, page by page; asked for once where several moves are looked at."""
    told = PublicIncident.objects.unresolved().filter(incident=incident)
    return list(told.prefetch_related("page").order_by("page"))
