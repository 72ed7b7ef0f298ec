"""Texts to start from: templates by audience, phase, impact and language, with placeholders from a fixed list.

A template is plain text in which `{title}` and a few more names are replaced, once. There is nothing
to call, no attribute to walk and no condition, so what somebody writes into a template stays text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from incidents.communication import languages
from incidents.communication.audiences import Place, places_of
from incidents.conflicts import refuse_overtaken
from incidents.models import Audience, Incident, MessageTemplate, TalkingPoints, Update, UpdateState
from incidents.severity import rule
from roles import audit
from roles.catalog import Role
from roles.policy import Actor, System, authorize

LONGEST_BODY = 5_000
#: What may be set of a template.
EDITABLE = (
    "name", "audience", "phase", "impact", "language", "page", "title", "body", "is_approved", "is_holding",
    "is_active",
)  # fmt: skip
_PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")
_SPACES = re.compile(r" {2,}")
_BLANK_LINES = re.compile(r"\n[ \t]*\n[ \t\n]*")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*\Z")
#: What the title of a public text says before there is one, in the words that new installations start with.
FIRST_TITLE = "Problem with {components}"


@dataclass(frozen=True)
class Placeholder:
    """A name in braces and what stands there when a text goes out."""

    fills: str
    audiences: frozenset[str] = frozenset(Audience.values)


_INSIDE = frozenset({Audience.INTERNAL.value, Audience.EXECUTIVE.value})
_STAFF = frozenset({*_INSIDE, Audience.SUPPORT.value})
PLACEHOLDERS: dict[str, Placeholder] = {
    "title": Placeholder("the title: the public one where the public reads it, the incident's own inside"),
    "components": Placeholder("the affected components by their public names, or the name of the page"),
    "status": Placeholder("Investigating, Identified, Monitoring, Resolved or Postmortem"),
    "impact": Placeholder("how bad it is: minor disruption, major disruption, outage"),
    "next_update": Placeholder('the sentence "Next update by 02:47 UTC.", or nothing where none is promised'),
    "page": Placeholder("the name of the status page"),
    "started_at": Placeholder('when it began: "02:14 UTC", with the day where that was not today'),
    "duration": Placeholder('how long it has lasted, or lasted: "44 minutes"'),
    "workaround": Placeholder("what customers can do meanwhile, from the approved talking points, or nothing"),
    "key": Placeholder("the key of the incident, such as INC-284", _STAFF),
    "severity": Placeholder("SEV1 to SEV5", _STAFF),
    "state": Placeholder("the state of the incident inside", _INSIDE),
    "summary": Placeholder("the summary of the incident inside", _INSIDE),
    "commander": Placeholder("who commands, or nobody", _INSIDE),
}


@dataclass(frozen=True)
class Facts:
    """What the placeholders stand for at one moment. Names and texts as they are; times in any zone."""

    title: str
    components: tuple[str, ...]
    status: str
    impact: str
    next_update_at: datetime | None
    page: str
    started_at: datetime
    ended_at: datetime | None
    now: datetime
    workaround: str = ""
    key: str = ""
    severity: str = ""
    state: str = ""
    summary: str = ""
    commander: str = ""


@dataclass(frozen=True)
class Filled:
    """A template with its placeholders replaced, ready to be changed by a person."""

    template: MessageTemplate
    title: str
    body: str


@dataclass(frozen=True)
class Choice:
    """The template that fits best. `is_fallback`: it is in another language than was asked for."""

    template: MessageTemplate
    is_fallback: bool


# --- what a text may say ------------------------------------------------------------------------


def check(text: str, *, audience: str = Audience.PUBLIC) -> None:
    """Raises ValidationError naming the first placeholder that does not exist, or not for this audience."""
    for name in _PLACEHOLDER.findall(text):
        known = PLACEHOLDERS.get(name)
        if known is None or audience not in known.audiences:
            offered = ", ".join(f"{{{one}}}" for one, told in PLACEHOLDERS.items() if audience in told.audiences)
            if known is not None:
                label = Audience(audience).label.lower()
                raise ValidationError(f"{{{name}}} is not for the audience {label}; there are {offered}.")
            raise ValidationError(f"{{{name}}} is no placeholder; there are {offered}.")


def left_over(text: str) -> list[str]:
    """Names of placeholders that still stand in a text which was to be filled."""
    return [name for name in _PLACEHOLDER.findall(text) if name in PLACEHOLDERS]


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders replaced; what is put in is not looked through again."""
    filled = _PLACEHOLDER.sub(lambda match: values.get(match.group(1), match.group(0)), text)
    lines = [_SPACES.sub(" ", line).strip() for line in filled.split("\n")]
    filled = _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()
    return filled[:1].upper() + filled[1:]


def values(facts: Facts, language: str = languages.DEFAULT) -> dict[str, str]:
    """What stands for each placeholder, in one language."""
    words = languages.of(language)
    next_at = facts.next_update_at
    return {
        "title": facts.title,
        "components": languages.listed(list(facts.components), language) or facts.page,
        "status": words.statuses.get(facts.status, ""),
        "impact": words.impacts.get(facts.impact, ""),
        "next_update": words.next_update.format(f"{next_at.astimezone(UTC):%H:%M}") if next_at else "",
        "page": facts.page,
        "started_at": languages.moment(facts.started_at, now=facts.now, language=language),
        "duration": languages.lasted((facts.ended_at or facts.now) - facts.started_at, language),
        "workaround": facts.workaround,
        "key": facts.key,
        "severity": facts.severity,
        "state": facts.state,
        "summary": facts.summary,
        "commander": facts.commander,
    }


def facts_of(
    incident: Incident,
    *,
    audience: str = Audience.PUBLIC,
    page: str = "",
    status: str = "",
    components: Mapping[str, str] | None = None,
    next_update_at: datetime | None = None,
    at: datetime | None = None,
) -> Facts:
    """What is known of the incident now, as the public of `page` (a slug) knows it, or as those inside do.

    `components` is what the text sets: slug → status; without any, those that the incident concerns.
    """
    place = _place(incident, page)
    names = _names(place, components or {})
    return Facts(
        title=public_title(incident, page) if audience == Audience.PUBLIC else incident.title,
        components=names,
        status=status,
        impact=rule(incident.severity).public_impact,
        next_update_at=next_update_at,
        page=place.name if place else "",
        started_at=incident.detected_at or incident.opened_at,
        ended_at=incident.resolved_at,
        now=at or timezone.now(),
        workaround=_workaround(incident),
        key=incident.key,
        severity=incident.severity,
        state=incident.get_state_display().lower(),
        summary=incident.summary,
        commander=_commander(incident),
    )


def public_title(incident: Incident, page: str) -> str:
    """What the page calls the incident; empty before the first word. The internal title is never taken."""
    told = incident.updates.filter(audience=Audience.PUBLIC, state=UpdateState.PUBLISHED).exclude(title="")
    last = (told.filter(page=page) if page else told).order_by("-published_at").first()
    return last.title if last else ""


def page_name(update: Update) -> str:
    """The name of the page that an update is shown on; empty where it is shown on none."""
    place = _place(update.incident, update.page) if update.page else None
    return place.name if place else ""


def filled(template: MessageTemplate, facts: Facts) -> Filled:
    """Title and body of the template in the words of the facts."""
    known = values(facts, template.language)
    if not known["title"]:
        known["title"] = fill(FIRST_TITLE, known)
    return Filled(template, fill(template.title, known)[:200], fill(template.body, known))


def prefill(template: MessageTemplate, incident: Incident, **about: Any) -> Filled:
    """The template filled from the facts of the incident; `about` as `facts_of` takes it."""
    return filled(template, facts_of(incident, audience=template.audience, **about))


# --- which one ------------------------------------------------------------------------------------


def best(
    audience: str,
    *,
    phase: str = "",
    impact: str = "",
    language: str = languages.DEFAULT,
    page: str = "",
    only_approved: bool = False,
    is_holding: bool = False,
) -> Choice | None:
    """The template that says most exactly what is asked for; None where there is none.

    The language comes first, then the page's own words, then phase and impact; a template that names
    another page, phase or impact never fits. Where the language is missing, English steps in, marked.
    """
    found = fitting(audience, phase=phase, impact=impact, page=page, is_holding=is_holding)
    if only_approved:
        found = [one for one in found if one.is_approved]
    if not found:
        return None
    ranked = max(
        found,
        key=lambda one: (
            _nearness(one.language, language), bool(one.page), bool(one.phase), bool(one.impact), one.is_approved,
            -one.pk,
        ),
    )  # fmt: skip
    return Choice(ranked, is_fallback=_nearness(ranked.language, language) < 2)


def fitting(
    audience: str, *, phase: str = "", impact: str = "", page: str = "", is_holding: bool | None = None
) -> list[MessageTemplate]:
    """All templates in use that may be said: nothing that they name is something else."""
    rows = MessageTemplate.objects.filter(is_active=True, audience=audience, page__in={"", page})
    rows = rows.filter(phase__in={"", phase}, impact__in={"", impact})
    if is_holding is not None:
        rows = rows.filter(is_holding=is_holding)
    return list(rows)


def _nearness(has: str, wanted: str) -> int:
    """3 the very language, 2 the same without its region, 1 English, 0 another."""
    if has == wanted:
        return 3
    if has.partition("-")[0] == wanted.partition("-")[0]:
        return 2
    return 1 if has == languages.DEFAULT else 0


# --- keeping them ----------------------------------------------------------------------------------


@transaction.atomic
def add_template(*, by: Actor, **fields: Any) -> MessageTemplate:
    """Makes a template of the installation. Raises ValidationError by field, an unknown placeholder included."""
    authorize(by, "incidents.manage_words")
    return keep(MessageTemplate(), by=by, **fields)


@transaction.atomic
def change_template(
    template: MessageTemplate, *, by: Actor, seen_version: int | None = None, **fields: Any
) -> MessageTemplate:
    """Changes a template; `seen_version` is the one that the person had before them."""
    authorize(by, "incidents.manage_words")
    return keep(template, by=by, seen_version=seen_version, **fields)


@transaction.atomic
def retire_template(template: MessageTemplate, *, by: Actor) -> MessageTemplate:
    """Takes a template out of use; it is kept, and can be taken into use again."""
    authorize(by, "incidents.manage_words")
    return keep(template, by=by, is_active=False)


def keep(template: MessageTemplate, *, by: Actor, seen_version: int | None = None, **fields: Any) -> MessageTemplate:
    """Saves a template for somebody who has been authorized, with a note of what changed."""
    if unknown := fields.keys() - set(EDITABLE):
        raise ValidationError(f"{', '.join(sorted(unknown))} cannot be set on a template.")
    is_new = template.pk is None
    if not is_new:
        template = MessageTemplate.objects.select_for_update().get(pk=template.pk)
        refuse_overtaken(template, seen_version, fields)
    before = {name: getattr(template, name) for name in fields}
    for name, value in fields.items():
        setattr(template, name, value.strip() if isinstance(value, str) else value)
    changed = {name: [old, getattr(template, name)] for name, old in before.items() if old != getattr(template, name)}
    _refuse_nonsense(template)
    template.edited_by = None if isinstance(by, System) else by
    template.full_clean(exclude=["edited_by"])
    if is_new or changed:
        template.version += not is_new
        template.save()
        told = {"fields": fields} if is_new else {"changed": changed}
        audit.note(by, f"message_template.{'added' if is_new else 'changed'}", template, template=template.pk, **told)
    return template


def _refuse_nonsense(template: MessageTemplate) -> None:
    """Raises ValidationError by field for what no template can say."""
    wrong: dict[str, str] = {}
    template.language = template.language.lower()
    if not _LANGUAGE.match(template.language):
        wrong["language"] = "A code such as en, de or pt-br."
    if template.page and template.audience != Audience.PUBLIC:
        wrong["page"] = "Only what the public reads belongs to a page."
    if any(mark in template.title for mark in "\r\n"):
        wrong["title"] = "A title is one line."
    if len(template.body) > LONGEST_BODY:
        wrong["body"] = f"A template has at most {LONGEST_BODY:,} characters."
    for name in ("title", "body"):
        try:
            check(getattr(template, name), audience=template.audience)
        except ValidationError as problem:
            wrong.setdefault(name, problem.messages[0])
    if wrong:
        raise ValidationError(wrong)


# --- inside -----------------------------------------------------------------------------------------


def _place(incident: Incident, page: str) -> Place | None:
    """The page that is meant, else the first one that the incident concerns."""
    places = places_of(incident, Audience.PUBLIC)
    named = [place for place in places if place.slug == page]
    return next(iter(named or [place for place in places if place.is_linked] or places), None)


def _names(place: Place | None, components: Mapping[str, str]) -> tuple[str, ...]:
    if place is None:
        return ()
    named = tuple(one.name for one in place.components if one.slug in components)
    return named or tuple(one.name for one in place.components if one.is_concerned)


def _workaround(incident: Incident) -> str:
    points = TalkingPoints.objects.filter(incident=incident, approved_at__isnull=False, withdrawn_at=None)
    newest = points.order_by("-number").first()
    return newest.workaround.strip() if newest else ""


def _commander(incident: Incident) -> str:
    held = [seat for seat in incident.live_seats if seat.is_held and seat.role == Role.COMMANDER]
    return str(held[0].user) if held else "nobody"


def draft_facts(update: Update, *, at: datetime | None = None) -> Facts:
    """The facts for a text that is being written: with the status, components and promise that it names."""
    return facts_of(
        update.incident,
        audience=update.audience,
        page=update.page,
        status=update.status,
        components=update.components,
        next_update_at=update.next_update_at,
        at=at,
    )
