"""How an incident is sorted: its type, tags, services, and answers to the organisation's own questions.

What types and questions there are is kept by `taxonomy`.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils.text import slugify

from incidents import events
from incidents.conflicts import Conflict, Overtaken
from incidents.models import CustomField, Incident, IncidentType, Kind, Service, State, Tag, TimelineEntry
from incidents.taxonomy import catalogue
from roles.policy import Actor, authorize

MOST_TAGS = 12
LONGEST_ANSWER = 500


class _Unchanged:
    """Says that nothing is said, where None says 'none'."""


UNCHANGED: Final = _Unchanged()


@dataclass(frozen=True)
class Sorting:
    """How one incident is sorted, as plain values."""

    type: str
    tags: tuple[str, ...]
    services: tuple[str, ...]
    answers: Mapping[str, Any]


def sorting_of(incident: Incident) -> Sorting:
    """What stands in the database now."""
    fresh = Incident.objects.values("type__slug", "answers").get(pk=incident.pk)
    return Sorting(
        type=fresh["type__slug"] or "",
        tags=tuple(incident.tags.order_by("name").values_list("name", flat=True)),
        services=tuple(incident.services.order_by("slug").values_list("slug", flat=True)),
        answers=fresh["answers"],
    )


def version_of(incident: Incident) -> int:
    """The number of the row that sorted the incident last: what a form that sorts it must name."""
    rows = incident.entries.filter(kind=Kind.CLASSIFIED).order_by("-number")
    return rows.values_list("number", flat=True).first() or 0


@transaction.atomic
def classify(
    incident: Incident,
    *,
    by: Actor,
    type: IncidentType | _Unchanged | None = UNCHANGED,  # noqa: A002 - the column's name
    tags: Iterable[str] | None = None,
    services: Iterable[Service] | None = None,
    answers: Mapping[str, object] | None = None,
    seen_version: int | None = None,
) -> TimelineEntry | None:
    """Sorts the incident anew, as far as something is said; None where nothing changed.

    `answers` go by the question's slug; an empty one takes the answer back. Raises ValidationError for what no
    question asks or no answer can be, Overtaken where somebody sorted it otherwise since `seen_version`.
    """
    authorize(by, "incidents.classify", incident)
    Incident.objects.select_for_update().only("pk").get(pk=incident.pk)
    incident.refresh_from_db(fields=["state", "type", "answers"])
    if incident.state == State.MERGED:
        raise Conflict(f"{incident.key} was merged: sort the incident that it goes on in.")
    before = after = sorting_of(incident)
    wanted_type = incident.type if isinstance(type, _Unchanged) else type
    after = replace(after, type=wanted_type.slug if wanted_type else "")
    if tags is not None:
        after = replace(after, tags=tuple(sorted(_tags_of(tags))))
    services = None if services is None else list(services)
    if services is not None:
        after = replace(after, services=tuple(sorted(service.slug for service in services)))
    if answers is not None:
        type_id = wanted_type.pk if wanted_type else None
        after = replace(after, answers=_answered(before.answers, answers, type_id=type_id))
    if after == before:
        return None
    _refuse_overtaken(incident, seen_version, mine=after, theirs=before)
    incident.type, incident.answers = wanted_type, dict(after.answers)
    incident.save(update_fields=["type", "answers"])
    if after.tags != before.tags:
        incident.tags.set([Tag.objects.get_or_create(name=name)[0] for name in after.tags])
    if services is not None and after.services != before.services:
        incident.services.set(services)
    return events.record(
        incident,
        Kind.CLASSIFIED,
        by=by,
        body=_told(incident, before, after),
        before=_plain(before),
        after=_plain(after),
    )


def unmet(incident: Incident, verb: str) -> list[str]:
    """Questions that must be answered before the move; named in settings.INCIDENT_CHECKS."""
    asked = catalogue().fields_of(incident.type_id)
    return [
        f"“{field.label}” is not answered."
        for field in asked
        if field.needed_to == verb and field.slug not in incident.answers
    ]


def _refuse_overtaken(incident: Incident, seen_version: int | None, *, mine: Sorting, theirs: Sorting) -> None:
    version = version_of(incident)
    if seen_version is None or seen_version == version:
        return
    raise Overtaken(
        "Somebody sorted this otherwise after you opened it. Both versions are kept.",
        mine=_readable(mine),
        theirs=_readable(theirs),
        version=version,
    )


def _tags_of(names: Iterable[str]) -> set[str]:
    found = set()
    for name in names:
        if not name.strip():
            continue
        slug = slugify(name)
        if not slug or len(slug) > 40:
            raise ValidationError(f"“{name[:60]}” is no tag: letters, digits and hyphens, at most 40.")
        found.add(slug)
    if len(found) > MOST_TAGS:
        raise ValidationError(f"At most {MOST_TAGS} tags.")
    return found


def _answered(
    present: Mapping[str, Any], given: Mapping[str, object], *, type_id: int | None
) -> dict[str, str | float | bool]:
    """The answers with those given in their place. What is out of use, or asked of another type, stays as it was."""
    fields = {field.slug: field for field in catalogue().fields_of(type_id)}
    answers = dict(present)
    problems = {}
    for slug, value in given.items():
        if slug not in fields:
            problems[slug] = "This is not asked of such an incident."
            continue
        try:
            answer = answer_of(fields[slug], value)
        except ValidationError as problem:
            problems[slug] = problem.messages[0]
            continue
        if answer is None:
            answers.pop(slug, None)
        else:
            answers[slug] = answer
    if problems:
        raise ValidationError([f"{slug}: {words}" for slug, words in problems.items()])
    return answers


def answer_of(field: CustomField, value: object) -> str | float | bool | None:
    """The answer as it is stored; None for an empty one. Raises ValidationError for what cannot be one."""
    text = value.strip() if isinstance(value, str) else value
    if text is None or text == "":
        return None
    if field.kind == CustomField.Kind.YES_NO:
        return _yes_or_no(text)
    if field.kind == CustomField.Kind.NUMBER:
        return _number(text)
    if not isinstance(text, str):
        raise ValidationError("This is a text.")
    if len(text) > LONGEST_ANSWER or "\x00" in text:
        raise ValidationError(f"At most {LONGEST_ANSWER} characters of text.")
    if field.kind == CustomField.Kind.CHOICE and text not in field.choices:
        raise ValidationError(f"One of {', '.join(field.choices)}.")
    if field.kind == CustomField.Kind.DATE:
        return _day(text)
    if field.kind == CustomField.Kind.LINK:
        URLValidator(schemes=["http", "https"], message="A link starts with https:// or http://.")(text)
    return text


def _yes_or_no(value: object) -> bool:
    known = {True: True, False: False, "yes": True, "no": False, "true": True, "false": False}
    if not isinstance(value, str | bool) or (value.lower() if isinstance(value, str) else value) not in known:
        raise ValidationError("Yes or no.")
    return known[value.lower() if isinstance(value, str) else value]


def _number(value: object) -> float:
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValidationError("A number.")
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as problem:
        raise ValidationError("A day, like 2026-03-27.") from problem


def _told(incident: Incident, before: Sorting, after: Sorting) -> str:
    """What changed, for the timeline."""
    said = []
    if after.type != before.type:
        said.append(f"Type: {incident.type.name if incident.type else 'none'}.")
    if after.tags != before.tags:
        said.append(f"Tags: {', '.join(after.tags) or 'none'}.")
    if after.services != before.services:
        names = incident.services.order_by("name").values_list("name", flat=True)
        said.append(f"Affected: {', '.join(names) or 'no service'}.")
    labels = {field.slug: field.label for field in catalogue().fields}
    said += [
        f"{labels.get(slug, slug)}: {in_words(after.answers.get(slug))}."
        for slug in sorted(after.answers.keys() | before.answers.keys())
        if after.answers.get(slug) != before.answers.get(slug)
    ]
    return " ".join(said)


def in_words(answer: object) -> str:
    """An answer as people read it."""
    if answer is None:
        return "no answer"
    return {True: "yes", False: "no"}[answer] if isinstance(answer, bool) else str(answer)


def _plain(sorting: Sorting) -> dict[str, object]:
    return {
        "type": sorting.type,
        "tags": list(sorting.tags),
        "services": list(sorting.services),
        "answers": dict(sorting.answers),
    }


def _readable(sorting: Sorting) -> dict[str, str]:
    labels = {field.slug: field.label for field in catalogue().fields}
    answers = {labels.get(slug, slug): in_words(answer) for slug, answer in sorting.answers.items()}
    lists = {"Tags": ", ".join(sorting.tags), "Affected": ", ".join(sorting.services)}
    return {"Type": sorting.type or "none", **lists, **answers}
