"""What people outside say of how we told them: below an update, in a survey afterwards, or to support.

Everything is kept on the incident. What visitors click is counted and stays out of the timeline; what support
writes down stands in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Avg, Count, Q

from incidents import events
from incidents.conflicts import Conflict
from incidents.models import CustomerAccount, Feedback, Incident, Kind, ReportState, Survey, Update
from notifications import addresses, links, outbox
from roles.policy import Actor, System, authorize

#: Purpose of the token in the link of a survey.
SURVEY = "survey"
LONGEST_WORDS = 4000
SCORES = range(1, 6)
#: The questions of the survey beside the score: name → what is asked, answered yes or no.
QUESTIONS: dict[str, str] = {
    "in_time": "Did you hear from us in time?",
    "clear": "Was it clear what did not work?",
    "enough": "Did we tell you often enough?",
}


@dataclass(frozen=True)
class Tally:
    """All feedback of an incident in numbers."""

    total: int
    helped: int
    did_not: int
    average: float | None
    invited: int
    answered: int


@transaction.atomic
def say(update: Update, *, helped: bool, visitor: str, words: str = "") -> Feedback:
    """A visitor of a page says whether an update helped. Once more changes what they said; `visitor` is a digest.

    For everybody who can read the page: whoever calls it has seen to that. Raises ValidationError.
    """
    words = _words(words)
    row, is_new = Feedback.objects.get_or_create(
        update=update,
        visitor=visitor,
        defaults={
            "incident": update.incident,
            "source": Feedback.Source.UPDATE,
            "helped": helped,
            "words": words,
            "given_at": events.moment(),
        },
    )
    if not is_new:
        row.helped, row.words, row.given_at = helped, words or row.words, events.moment()
        row.save(update_fields=["helped", "words", "given_at"])
    return row


@transaction.atomic
def capture(
    incident: Incident,
    *,
    by: Actor,
    words: str,
    said_by: str = "",
    account: CustomerAccount | None = None,
    helped: bool | None = None,
) -> Feedback:
    """Support writes down what a customer said of us. Raises PermissionDenied or ValidationError."""
    authorize(by, "incidents.capture_feedback", incident)
    words = _words(words)
    if not words:
        raise ValidationError({"words": "Write down what they said."})
    row = Feedback.objects.create(
        incident=incident,
        source=Feedback.Source.STAFF,
        helped=helped,
        words=words,
        said_by=(said_by or (account.name if account else "")).strip()[:150],
        account=account,
        captured_by=None if isinstance(by, System) else by,
        given_at=events.moment(),
    )
    events.record(incident, Kind.FEEDBACK, by=by, body=words, feedback=row.pk)
    return row


def to_invite(incident: Incident) -> list[str]:
    """Addresses of those who reported and were not asked yet, each once."""
    reported = incident.customer_reports.exclude(state=ReportState.DISMISSED).exclude(contact="")
    asked = set(incident.surveys.values_list("address", flat=True))
    found = dict.fromkeys(addresses.normal("email", one) for one in reported.values_list("contact", flat=True))
    return [address for address in found if address not in asked and _is_email(address)]


@transaction.atomic
def invite(incident: Incident, *, by: Actor) -> int:
    """Asks everybody who reported how we did, once each; answers how many were asked now.

    Raises PermissionDenied, or Conflict while the incident goes on or where nobody is left to ask.
    """
    authorize(by, "incidents.follow_up", incident)
    if incident.is_active:
        raise Conflict("It is not over: ask how we did when it is.")
    Incident.objects.select_for_update().only("pk").get(pk=incident.pk)
    fresh = to_invite(incident)
    if not fresh:
        raise Conflict("There is nobody to ask: nobody left an e-mail address, or all were asked.")
    content = outbox.content(
        template="incidents/survey",
        context={
            "incident": incident,
            "url": f"{settings.SITE_URL}/survey/{links.TOKEN_MARK}/",
            "title": _title(incident),
        },
        topic=f"survey:{incident.pk}",
        is_sandbox=incident.is_sandboxed,
        key=f"survey:{incident.pk}",
    )
    for address in fresh:
        row = Survey.objects.create(incident=incident, address=address, sent_at=events.moment())
        outbox.queue(
            key=f"survey:{row.pk}",
            channel="email",
            address=address,
            content=content,
            lane=outbox.Lane.BULK,
            token=links.sign(SURVEY, row.pk),
        )
    events.record(incident, Kind.FOLLOWED_UP, by=by, what="survey", count=len(fresh))
    return len(fresh)


def survey_of(token: str) -> Survey | None:
    """The invitation that a link stands for; None for anything forged."""
    number = links.read(SURVEY, token)
    if number is None or not number.isdecimal():
        return None
    return Survey.objects.select_related("incident", "feedback").filter(pk=int(number)).first()


@transaction.atomic
def answer(survey: Survey, *, score: int, answers: Mapping[str, bool], words: str = "") -> Feedback:
    """Takes the answers behind a survey's link; once more changes them. Raises ValidationError by field."""
    if score not in SCORES:
        raise ValidationError({"score": "From 1, bad, to 5, good."})
    survey = Survey.objects.select_for_update().select_related("incident").get(pk=survey.pk)
    given = {name: bool(value) for name, value in answers.items() if name in QUESTIONS}
    row = survey.feedback or Feedback(incident=survey.incident, source=Feedback.Source.SURVEY)
    row.score, row.answers, row.words, row.given_at = score, given, _words(words), events.moment()
    row.save()
    survey.feedback, survey.answered_at = row, events.moment()
    survey.save(update_fields=["feedback", "answered_at"])
    return row


def tally(incident: Incident) -> Tally:
    """The feedback of an incident in numbers; two queries."""
    found = incident.feedback.aggregate(
        total=Count("pk"),
        well=Count("pk", filter=Q(helped=True)),
        did_not=Count("pk", filter=Q(helped=False)),
        average=Avg("score"),
    )
    asked = incident.surveys.aggregate(invited=Count("pk"), answered=Count("answered_at"))
    return Tally(helped=found.pop("well"), **found, **asked)


# --- inside -----------------------------------------------------------------------------------


def _words(words: str) -> str:
    words = words.replace("\x00", "").strip()
    if len(words) > LONGEST_WORDS:
        raise ValidationError({"words": f"At most {LONGEST_WORDS:,} characters."})
    return words


def _is_email(address: str) -> bool:
    try:
        validate_email(address)
    except ValidationError:
        return False
    return True


def _title(incident: Incident) -> str:
    """What the public calls it; the internal title never leaves the house."""
    said = incident.updates.filter(audience="public", state="published").order_by("-published_at").first()
    return said.title if said else "a problem with our service"
