"""Finding the cause: hypotheses that are tested, ruled out or confirmed, and the findings that speak for them.

What is done about it is `acting`'s; what proves that it worked, `verification`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from incidents import attachments, events, mentions, timeline
from incidents.conflicts import Conflict, refuse_overtaken
from incidents.models import (
    Attachment,
    Confidence,
    Finding,
    Hypothesis,
    HypothesisState,
    Incident,
    Kind,
    Service,
    State,
    TimelineEntry,
    Visibility,
)
from roles.models import User
from roles.policy import Actor, System, authorize

H = HypothesisState
#: States in which the record of the diagnosis stands as it is.
PAST = frozenset({State.CLOSED, State.CANCELLED, State.MERGED})
#: A verdict of this length names the evidence, where no finding stands for it.
SHORTEST_EVIDENCE = 10
LONGEST_TITLE = 200
LONGEST_VERDICT = 300
LONGEST_TEXT = 5000
#: How sure somebody is → what stands beside it on the timeline.
TAGS = {Confidence.GUESS: "Guess", Confidence.LIKELY: "Likely", Confidence.CERTAIN: "High confidence"}


@dataclass(frozen=True)
class Step:
    """One verb of a hypothesis: from which states it leads where, and what its button and its fact say."""

    verb: str
    sources: frozenset[str]
    target: str
    label: str
    said: str
    asks: str = ""  # what has to be typed with it

    @property
    def settles(self) -> bool:
        """Whether a verdict is given."""
        return self.target in {H.RULED_OUT, H.CONFIRMED}


STEPS: tuple[Step, ...] = (
    Step("test", frozenset({H.OPEN}), H.TESTING, "Test", "Testing"),
    Step("confirm", frozenset({H.OPEN, H.TESTING}), H.CONFIRMED, "Confirm", "Confirmed", asks="What proves it"),
    Step(
        "rule-out", frozenset({H.OPEN, H.TESTING}), H.RULED_OUT, "Rule out", "Ruled out", asks="What speaks against it"
    ),
    Step("reopen", frozenset({H.TESTING, H.CONFIRMED, H.RULED_OUT}), H.OPEN, "Open again", "Open again"),
)
BY_VERB = {step.verb: step for step in STEPS}


def steps_for(hypothesis: Hypothesis) -> list[Step]:
    """The steps that lead on from where it stands."""
    return [step for step in STEPS if hypothesis.state in step.sources]


@transaction.atomic
def propose(incident: Incident, *, by: Actor, title: str, detail: str = "", owner: User | None = None) -> Hypothesis:
    """Says what may be the cause; open until somebody tests it."""
    authorize(by, "incidents.propose_action", incident)
    incident = _locked(incident)
    _check_owner(incident, owner)
    title = _one_line(title)
    if incident.hypotheses.filter(title__iexact=title).exists():
        raise Conflict("This hypothesis is on the board already.", needed=["another title"])
    hypothesis = Hypothesis.objects.create(
        incident=incident,
        title=title,
        detail=_text(detail, "detail"),
        owner=owner,
        proposed_by=None if isinstance(by, System) else by,
        created_at=events.moment(),
    )
    _record(hypothesis, by=by, said="Hypothesis")
    return hypothesis


@transaction.atomic
def step(hypothesis: Hypothesis, verb: str, *, by: Actor, verdict: str = "") -> Hypothesis:
    """Walks it one step: test, confirm, rule-out, reopen.

    Ruling out says why. Confirming needs evidence: a finding that stands for it, or a verdict that names
    what proves it. Raises Conflict where somebody settled it first.
    """
    authorize(by, "incidents.propose_action", hypothesis.incident)
    way = BY_VERB.get(verb)
    if way is None:
        raise ValidationError(f"{verb} is no step of a hypothesis; they are {', '.join(BY_VERB)}.")
    row = _row(hypothesis)
    if row.state not in way.sources:
        raise Conflict(
            f"“{row.title}” is {row.get_state_display().lower()}: {way.label.lower()} does not lead on from there.",
            needed=[H(state).label for state in H if state in way.sources],
        )
    verdict = " ".join(verdict.split())
    if len(verdict) > LONGEST_VERDICT:
        raise ValidationError(f"A verdict has at most {LONGEST_VERDICT} characters; share a finding for the rest.")
    if verb == "rule-out" and not verdict:
        raise Conflict("Say what speaks against it, so that nobody tests it again.", needed=["why"])
    if verb == "confirm" and len(verdict) < SHORTEST_EVIDENCE and not row.findings.exists():
        raise Conflict(
            "Nothing stands for it yet: attach a finding, or name what proves it.",
            needed=[f"a finding, or a verdict of at least {SHORTEST_EVIDENCE} characters"],
        )
    row.state = way.target
    row.verdict = verdict if way.settles else ""
    row.settled_at = events.moment() if way.settles else None
    row.settled_by = None if isinstance(by, System) or not way.settles else by
    row.version += 1
    row.save(update_fields=["state", "verdict", "settled_at", "settled_by", "version"])
    evidence = list(row.findings.values_list("pk", flat=True)) if verb == "confirm" else []
    _record(row, by=by, said=way.said, words=verdict, evidence=evidence)
    return row


#: What is edited in words, beside the state.
EDITABLE = ("title", "detail", "owner")


@transaction.atomic
def edit(
    hypothesis: Hypothesis, *, by: Actor, seen_version: int | None = None, **changes: str | User | None
) -> Hypothesis:
    """Changes title, detail or owner; the row keeps what stood there. Raises Overtaken where it changed since."""
    authorize(by, "incidents.propose_action", hypothesis.incident)
    if unknown := changes.keys() - set(EDITABLE):
        raise ValidationError(f"{', '.join(sorted(unknown))} cannot be edited.")
    row = _row(hypothesis)
    if "title" in changes:
        changes["title"] = _one_line(str(changes["title"]))
    if "detail" in changes:
        changes["detail"] = _text(str(changes["detail"]), "detail")
    if "owner" in changes:
        _check_owner(row.incident, changes["owner"])
    refuse_overtaken(row, seen_version, changes)
    changed = {name: value for name, value in changes.items() if getattr(row, name) != value}
    if not changed:
        return row
    before = {name: str(getattr(row, name) or "") for name in changed}
    for name, value in changed.items():
        setattr(row, name, value)
    row.version += 1
    row.save(update_fields=[*changed, "version"])
    after = {name: str(value or "") for name, value in changed.items()}
    _record(row, by=by, said="Hypothesis changed", before=before, after=after)
    return row


@transaction.atomic
def share(
    incident: Incident,
    *,
    by: Actor,
    text: str,
    recommendation: str = "",
    confidence: str = Confidence.LIKELY,
    hypothesis: Hypothesis | None = None,
    service: Service | None = None,
    attachment: Attachment | None = None,
    occurred_at: datetime | None = None,
    visibility: str = Visibility.STAFF,
    uploads: Sequence[UploadedFile] = (),
) -> Finding:
    """Writes down what somebody saw, how sure they are, and what they would do: an entry of the timeline, with
    `uploads` as evidence beside it, and the row that stands for a hypothesis."""
    authorize(by, "incidents.propose_action", incident)
    timeline.refuse_room(incident, by, visibility)
    text, recommendation = _text(text, "text"), _text(recommendation, "recommendation")
    if not text:
        raise ValidationError("A finding needs a text: what do you see?")
    if confidence not in Confidence.values:
        raise ValidationError(f"{confidence} is no confidence; they are {', '.join(Confidence.values)}.")
    if occurred_at is not None and occurred_at > timezone.now():
        raise ValidationError("A finding cannot lie in the future.")
    incident = _locked(incident)
    for one in (hypothesis, attachment):
        if one is not None and one.incident_id != incident.pk:
            raise ValidationError("That belongs to another incident.")
    named: dict[str, Any] = mentions.named_in(
        f"{text} {recommendation}", incident, by=by, visibility=visibility
    ).as_data()

    def write(kept: list[Attachment]) -> TimelineEntry:
        files: dict[str, Any] = {"files": [attachments.fact_of(one) for one in kept]} if kept else {}
        return events.record(
            incident,
            Kind.FINDING,
            by=by,
            body=f"{text}{timeline.ADVICE_MARK}{recommendation}" if recommendation else text,
            occurred_at=occurred_at,
            visibility=visibility,
            confidence=str(confidence),
            tag=TAGS[Confidence(confidence)],
            hypothesis=hypothesis.pk if hypothesis else None,
            service=service.slug if service else "",
            attachment=attachment.pk if attachment else None,
            **{**named, **files},
        )

    if uploads:
        entry = attachments.keep_beside(incident, by=by, uploads=uploads, visibility=visibility, write=write)
    else:
        entry = write([])
    if attachment is not None and attachment.entry_id is None:
        Attachment.objects.filter(pk=attachment.pk, entry=None).update(entry=entry)
    return Finding.objects.create(
        incident=incident,
        entry=entry,
        text=text,
        recommendation=recommendation,
        confidence=confidence,
        hypothesis=hypothesis,
        service=service,
        found_by=None if isinstance(by, System) else by,
        found_at=entry.occurred_at,
    )


@transaction.atomic
def attach(finding: Finding, hypothesis: Hypothesis | None, *, by: Actor) -> Finding:
    """Lets a finding stand for a hypothesis, or for none."""
    authorize(by, "incidents.propose_action", finding.incident)
    incident = _locked(finding.incident)
    row = Finding.objects.select_for_update(of=["self"]).select_related("hypothesis").get(pk=finding.pk)
    row.incident = incident
    if hypothesis is not None and hypothesis.incident_id != incident.pk:
        raise ValidationError("That hypothesis belongs to another incident.")
    if row.hypothesis_id == (hypothesis.pk if hypothesis else None):
        return row
    if row.is_adopted:
        raise Conflict("Its hypothesis is confirmed by it: open that again first.", needed=["an open hypothesis"])
    row.hypothesis = hypothesis
    row.save(update_fields=["hypothesis"])
    events.record(
        incident,
        Kind.HYPOTHESIS,
        by=by,
        body=f"Evidence for: {hypothesis.title}" if hypothesis else "A finding stands for no hypothesis any more.",
        tag="Evidence",
        hypothesis=hypothesis.pk if hypothesis else None,
        finding=row.pk,
    )
    return row


def findings_for(incident: Incident, reader: User) -> QuerySet[Finding]:
    """The findings whose entries `reader`, who may see the incident, may read; oldest first."""
    rows = incident.findings.select_related("entry", "hypothesis", "hypothesis__settled_by", "service", "found_by")
    return rows if incident.is_in_room(reader) else rows.filter(entry__visibility=Visibility.STAFF)


# --- inside -----------------------------------------------------------------------------------


def _locked(incident: Incident) -> Incident:
    """The incident read anew and locked: one change of its diagnosis at a time."""
    fresh = Incident.objects.select_for_update().get(pk=incident.pk)
    if fresh.state in PAST:
        raise Conflict(f"{fresh.key} is {fresh.get_state_display().lower()}: its diagnosis does not change any more.")
    return fresh


def _row(hypothesis: Hypothesis) -> Hypothesis:
    incident = _locked(hypothesis.incident)
    row = Hypothesis.objects.select_for_update(of=["self"]).select_related("owner").get(pk=hypothesis.pk)
    row.incident = incident
    return row


def _one_line(title: str) -> str:
    line = " ".join(title.split())
    if not line:
        raise ValidationError("A hypothesis needs a title: what may be the cause?")
    if len(line) > LONGEST_TITLE:
        raise ValidationError(f"A title has at most {LONGEST_TITLE} characters; put the rest into the detail.")
    return line


def _text(text: str, name: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise ValidationError(f"The {name} has at most {LONGEST_TEXT:,} characters.")
    return text.strip()


def _check_owner(incident: Incident, owner: object) -> None:
    if isinstance(owner, User) and not (owner.is_staff and incident.is_visible_to(owner)):
        raise ValidationError(f"{owner} is not a responder on this incident.")


def _record(row: Hypothesis, *, by: Actor, said: str, words: str = "", **data: Any) -> None:
    sentence = f"{said}: {row.title}"
    events.record(
        row.incident,
        Kind.HYPOTHESIS,
        by=by,
        body=f"{sentence.rstrip('.')}. {words}" if words else sentence,
        tag=said if said in {step.said for step in STEPS} else "Hypothesis",
        hypothesis=row.pk,
        state=str(row.state),
        title=row.title,
        **data,
    )
