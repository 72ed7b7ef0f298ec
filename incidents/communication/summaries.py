"""The summary after an incident: what happened in plain words, on the page and to exactly those who were told of it.

It goes out as a public update with the status postmortem, by the same approval, linter and proof; `summary_gate`
says whether it may.
"""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from incidents.communication import updates
from incidents.communication.summary_gate import OVER
from incidents.conflicts import Conflict
from incidents.models import Audience, Incident, PublicStatus, Summary, Update, UpdateState
from incidents.severity import in_words
from roles.policy import Actor, authorize

LONGEST_PART = 4000
#: Classes of cause to choose from; others may be written.
CAUSES = (
    "A change of ours",
    "Too little capacity",
    "A fault in our software",
    "A provider of ours",
    "Hardware or network",
    "An attack",
    "Not known",
)


@transaction.atomic
def draft(
    incident: Incident, *, by: Actor, impact: str, cause: str, changes: str, page: str = "", text: str = ""
) -> Update:
    """Starts the summary of an incident that is over, as a draft that goes the way of every public text.

    `text` replaces what is made of the parts. Raises PermissionDenied; Conflict while it goes on, where it was never
    public, or a summary is there already; ValidationError by field.
    """
    authorize(by, "incidents.draft_update", incident)
    parts = _checked(impact=impact, cause=cause, changes=changes)
    Incident.objects.select_for_update().only("pk").get(pk=incident.pk)
    if incident.state not in OVER:
        raise Conflict(f"{incident.key} is {incident.get_state_display().lower()}: it is summed up when it is over.")
    said = _last_public(incident, page)
    if said is None:
        raise Conflict(f"Nothing was said in public about {incident.key}: there is nobody to tell how it ended.")
    if there := of(incident, page=said.page):
        raise Conflict(f"There is a summary already, {there.get_state_display().lower()}: change that one.")
    update = updates.draft(
        incident,
        by=by,
        audience=Audience.PUBLIC,
        page=said.page,
        title=said.title,
        status=PublicStatus.POSTMORTEM,
        body=text.strip() or composed(lasted=lasted(incident), **parts),
    )
    Summary.objects.create(update=update, lasted=lasted(incident), **parts)
    return update


def of(incident: Incident, *, page: str = "") -> Update | None:
    """The incident's summary that is out or under way, on that page; None where there is none."""
    rows = incident.updates.filter(status=PublicStatus.POSTMORTEM).exclude(state=UpdateState.DISCARDED)
    return (rows.filter(page=page) if page else rows).select_related("summary").order_by("-pk").first()


def composed(*, impact: str, cause: str, changes: str, lasted: timedelta | None) -> str:
    """The parts as one text, in the order in which people ask."""
    took = f" It lasted {in_words(lasted)}." if lasted else ""
    return (
        f"**What happened.** {_sentence(impact)}{took}\n\n"
        f"**Why.** {_sentence(cause)}\n\n"
        f"**What we change.** {_sentence(changes)}"
    )


def lasted(incident: Incident) -> timedelta | None:
    """From when it was noticed to when it was over; None where one of them is not known."""
    start = incident.detected_at or incident.opened_at
    return incident.resolved_at - start if incident.resolved_at and incident.resolved_at > start else None


# --- inside -----------------------------------------------------------------------------------


def _last_public(incident: Incident, page: str) -> Update | None:
    rows = incident.updates.filter(audience=Audience.PUBLIC, state=UpdateState.PUBLISHED)
    return (rows.filter(page=page) if page else rows).order_by("-published_at", "-pk").first()


def _checked(**parts: str) -> dict[str, str]:
    parts = {name: text.strip() for name, text in parts.items()}
    asks = {
        "impact": "Say who was affected, and how.",
        "cause": "Say what kind of cause it was; 'Not known' is an answer.",
        "changes": "Say what changes so that it does not happen again.",
    }
    wrong = {name: asks[name] for name, text in parts.items() if not text}
    wrong |= {name: f"At most {LONGEST_PART:,} characters." for name, text in parts.items() if len(text) > LONGEST_PART}
    if len(parts["cause"]) > 100:
        wrong["cause"] = "At most 100 characters: the class, not the story."
    if wrong:
        raise ValidationError(wrong)
    return parts


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."
