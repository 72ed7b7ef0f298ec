"""What must be met before the summary of an incident goes out: it is over, and what the settings ask besides.

Each of `settings.SUMMARY_CHECKS` is called as `check(incident)` and gives sentences about what is lacking: a review
that is not done, say.
"""

from django.conf import settings
from django.utils.module_loading import import_string

from incidents.conflicts import Conflict
from incidents.models import PublicStatus, State, Update

#: States after which there is something to sum up.
OVER = frozenset({State.RESOLVED, State.REVIEWING, State.CLOSED})


def unmet(update: Update) -> list[str]:
    """What keeps a summary from going out, in sentences; nothing for other updates."""
    if update.status != PublicStatus.POSTMORTEM:
        return []
    incident = update.incident
    if incident.state not in OVER:
        return [f"{incident.key} is {incident.get_state_display().lower()}: it is summed up when it is over."]
    return [sentence for path in settings.SUMMARY_CHECKS for sentence in import_string(path)(incident)]


def refuse_too_early(update: Update) -> None:
    """Raises Conflict where a summary may not go out yet."""
    if lacking := unmet(update):
        raise Conflict(" ".join(lacking), needed=lacking)
