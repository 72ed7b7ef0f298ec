"""Answering customers: one by one or all who ask the same, in approved words alone.

The words are a macro's around the latest public text (`answers`); who was answered is not answered again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.core.exceptions import ValidationError
from django.db import transaction

from incidents import events
from incidents.communication import answers
from incidents.communication.customer_reports import locked, waiting_of
from incidents.conflicts import Conflict
from incidents.models import AnsweredThrough, CustomerReport, Incident, Kind, Macro, ReportState, Visibility
from notifications import addresses
from roles.policy import Actor, System, authorize

#: How long a customer of no known tier waits before they come first.
USUAL_ANSWER = timedelta(hours=2)

R = ReportState


def can_be_mailed(report: CustomerReport) -> bool:
    """Whether the answer can go to them by e-mail."""
    return addresses.is_usable("email", addresses.normal("email", report.contact))


def answer_to(report: CustomerReport, macro: Macro | None, said: answers.Approved | None) -> str:
    """What would be sent: the macro's words, without one the approved answer alone."""
    if macro is not None:
        name = report.account.name if report.account else report.account_name
        return answers.render(macro, said, customer=name, symptom=report.symptom)
    if said is None:
        raise Conflict("Nothing was said in public yet: there is no approved answer.", needed=["a public update"])
    return said.text


@transaction.atomic
def reply(
    report: CustomerReport, *, by: Actor, macro: Macro | None = None, through: str = AnsweredThrough.EMAIL
) -> CustomerReport:
    """Answers one report: by e-mail through the outbox, or `told`: somebody said so. Safe to repeat.

    The words are the macro's around the latest public text; nobody types them here.
    """
    incident = _incident_of(report)
    authorize(by, "incidents.record_report", incident)
    if through not in AnsweredThrough.values:
        raise ValidationError(f"{through} is no way to answer; they are {', '.join(AnsweredThrough.values)}.")
    report = locked(report)
    if report.state == R.ANSWERED:
        return report
    if report.state != R.WAITING:
        raise Conflict(f"This report is {report.get_state_display().lower()}.")
    said = answers.approved(incident)
    if through == AnsweredThrough.EMAIL and not can_be_mailed(report):
        raise Conflict("There is no e-mail address to answer to: tell them, and mark it as told.")
    _answer(report, answer_to(report, macro, said), said, by=by, through=through)
    return report


@dataclass(frozen=True)
class Question:
    """What several customers ask alike: reports that wait, by the words or the component."""

    kind: str  # symptom, component
    value: str
    words: str
    reports: tuple[CustomerReport, ...]

    @property
    def mailable(self) -> list[CustomerReport]:
        """Those that can be answered by e-mail."""
        return [one for one in self.reports if can_be_mailed(one)]

    @property
    def last(self) -> int:
        """The newest of them: what comes later is not answered unseen."""
        return max(one.pk for one in self.reports)


def same_words(symptom: str) -> str:
    """A question without its capitals and stops: 'Was I charged?' and 'was i charged' are one."""
    return " ".join("".join(sign if sign.isalnum() else " " for sign in symptom.casefold()).split())


def questions(waiting: Sequence[CustomerReport]) -> list[Question]:
    """What at least two of the waiting ask alike: the same words first, then the same component."""
    found: dict[tuple[str, str], list[CustomerReport]] = {}
    for report in waiting:
        found.setdefault(("symptom", same_words(report.symptom)), []).append(report)
        if report.component:
            found.setdefault(("component", report.component), []).append(report)
    listed = [
        Question(kind, value, rows[0].symptom if kind == "symptom" else f"about {value.replace('-', ' ')}", tuple(rows))
        for (kind, value), rows in found.items()
        # A component that everybody names tells no question from another.
        if len(rows) > 1 and value and (kind == "symptom" or len(rows) < len(waiting))
    ]
    return sorted(listed, key=lambda one: (one.kind != "symptom", -len(one.reports), one.value))


@transaction.atomic
def reply_to_all(incident: Incident, *, by: Actor, kind: str, value: str, last: int, macro: Macro | None = None) -> int:
    """Answers everyone who asks the same and can be mailed, up to the report `last` that the person saw; returns how
    many. Safe to repeat: who was answered is not answered again."""
    authorize(by, "incidents.record_report", incident)
    Incident.objects.select_for_update().only("pk").get(pk=incident.pk)
    waiting = [one for one in waiting_of(incident) if one.pk <= last]
    asked = next((one for one in questions(waiting) if (one.kind, one.value) == (kind, value)), None)
    single = [one for one in waiting if (same_words(one.symptom) if kind == "symptom" else one.component) == value]
    chosen = asked.mailable if asked else [one for one in single if can_be_mailed(one)]
    said, count = answers.approved(incident), 0
    for report in chosen:
        report.incident = incident
        text = answer_to(report, macro, said)
        count += _answer(report, text, said, by=by, through=AnsweredThrough.EMAIL, is_bulk=True)
    if count:
        body = f"{count} customer{'s' * (count != 1)} with the same question answered"
        events.record(
            incident, Kind.CUSTOMER_REPORTED, by=by, body=body, visibility=Visibility.ROOM, count=count, is_answer=True
        )
    return count


def ranked(reports: Sequence[CustomerReport], *, now: datetime) -> list[CustomerReport]:
    """Those who have waited longest of the time that their tier was promised come first."""

    def share(report: CustomerReport) -> float:
        tier = report.account.tier if report.account else None
        promised = (tier.answer_within if tier else None) or USUAL_ANSWER
        return (now - report.reported_at) / promised

    return sorted(reports, key=lambda one: (-share(one), one.pk))


def median_first_reply(reports: Sequence[CustomerReport]) -> timedelta | None:
    """Half of those who were answered waited no longer than this; None while nobody was."""
    waits = [one.answered_at - one.reported_at for one in reports if one.answered_at]
    return timedelta(seconds=median(wait.total_seconds() for wait in waits)) if waits else None


# --- inside -----------------------------------------------------------------------------------


def _answer(
    report: CustomerReport,
    text: str,
    said: answers.Approved | None,
    *,
    by: Actor,
    through: str,
    is_bulk: bool = False,
) -> bool:
    """Marks it answered if it still waits, and only then writes the mail."""
    incident = _incident_of(report)
    now, person = events.moment(), None if isinstance(by, System) else by
    changed = CustomerReport.objects.filter(pk=report.pk, state=R.WAITING).update(
        state=R.ANSWERED, answer=text, answered_at=now, answered_by=person, answered_through=through
    )
    if not changed:
        return False
    report.state, report.answer, report.answered_at = R.ANSWERED, text, now
    report.answered_by, report.answered_through = person, through
    if through == AnsweredThrough.EMAIL:
        subject = f"Re: {said.title if said and said.title else report.symptom}"
        answers.send(report, text, incident=incident, key=f"answer:{report.pk}", subject=subject, is_bulk=is_bulk)
    return True


def _incident_of(report: CustomerReport) -> Incident:
    if report.incident is None:
        raise Conflict("This report belongs to no incident yet: sort it first.", needed=["an incident"])
    return report.incident
