"""The holding message: an approved text that goes out by itself where a page's promise is broken and nobody speaks.

Off unless the organisation opted in, page by page. It goes out once a silence: not again before a person has spoken.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from incidents import events
from incidents.communication import audiences, cadence, phrases, promise_clock, updates
from incidents.conflicts import refuse_overtaken
from incidents.models import (
    Audience,
    HoldingRule,
    Incident,
    IncidentKind,
    Kind,
    MessageTemplate,
    Promise,
    Severity,
    Update,
    UpdateState,
)
from roles import audit
from roles.policy import SYSTEM, Actor, System, authorize

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=1)
KEY = "holding:"
EDITABLE = ("template", "severities", "silence", "is_on")


# --- the rule -----------------------------------------------------------------------------------


@transaction.atomic
def set_rule(
    page: str,
    *,
    by: Actor,
    template: MessageTemplate | None = None,
    severities: Iterable[str] | None = None,
    silence: timedelta | None = None,
    is_on: bool | None = None,
    seen_version: int | None = None,
) -> HoldingRule:
    """Makes or changes the rule of one page; who switches it on stands in it, with the time.

    Raises PermissionDenied, ValidationError by field where it makes no sense, Overtaken where others wrote since.
    """
    authorize(by, "incidents.manage_words")
    given: dict[str, Any] = {
        "template": template,
        "severities": None if severities is None else [name for name in Severity.values if name in set(severities)],
        "silence": silence,
        "is_on": is_on,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    row = HoldingRule.objects.select_for_update().filter(page=page).first()
    is_new = row is None
    if row is None:
        row = HoldingRule(page=page, severities=[Severity.SEV1.value, Severity.SEV2.value], version=0)
    else:
        refuse_overtaken(row, seen_version, changes)
    was_on = row.is_on
    for name, value in changes.items():
        setattr(row, name, value)
    refuse_nonsense(row)
    if row.is_on and not was_on:
        row.opted_in_by = None if isinstance(by, System) else by
        row.opted_in_at = timezone.now()
    row.version += 1
    row.save()
    told = {name: _plain(value) for name, value in changes.items()}
    audit.note(by, f"holding_rule.{'made' if is_new else 'changed'}", row, **told)
    return row


def refuse_nonsense(row: HoldingRule) -> None:
    """Raises ValidationError by field for a rule that could not speak, or not in time."""
    wrong: dict[str, str] = {}
    if row.page not in dict(audiences.pages()):
        wrong["page"] = f"There is no status page {row.page!r}."
    template = row.template if row.template_id else None
    if template is None:
        wrong["template"] = "Say which text goes out."
    elif not template.is_holding or template.audience != Audience.PUBLIC:
        wrong["template"] = "It must be a holding message for the public."
    elif template.page not in {"", row.page}:
        wrong["template"] = "This text belongs to another page."
    elif row.is_on and not (template.is_approved and template.is_active):
        wrong["template"] = "Only an approved text in use goes out by itself: approve it first."
    if row.silence is None or not SHORTEST <= row.silence <= LONGEST:
        wrong["silence"] = "Between one minute and a day after the promised time."
    if not row.severities:
        wrong["severities"] = "Say for which severities."
    if wrong:
        raise ValidationError(wrong)


# --- by the clock -------------------------------------------------------------------------------


def strike() -> int:
    """Lets the holding message of a page out where its promise is broken for so long; answers how many went out."""
    now = timezone.now()
    out = 0
    for rule in HoldingRule.objects.filter(is_on=True).select_related("template"):
        broken = Promise.objects.still_open().filter(
            audience=Audience.PUBLIC,
            page=rule.page,
            due_at__lte=now - rule.silence,
            incident__in=Incident.objects.active().filter(severity__in=rule.severities, kind=IncidentKind.REAL),
        )
        out += sum(_speak(rule, pk, now) for pk in broken.values_list("pk", flat=True))
    return out


def _speak(rule: HoldingRule, pk: int, now: datetime) -> bool:
    try:
        with transaction.atomic():
            return _speak_once(rule, pk, now)
    except ValidationError as refusal:
        _note_refusal(pk, " ".join(refusal.messages))
        return False


def _speak_once(rule: HoldingRule, pk: int, now: datetime) -> bool:
    row = Promise.objects.get(pk=pk)
    incident = Incident.objects.select_for_update().get(pk=row.incident_id)
    promise = Promise.objects.still_open().filter(pk=pk, due_at__lte=now - rule.silence).first()
    template = MessageTemplate.objects.get(pk=rule.template_id)
    is_fit = template.is_approved and template.is_holding and template.is_active
    if promise is None or not incident.is_active or not is_fit or Update.objects.filter(key=f"{KEY}{pk}").exists():
        return False
    told = incident.updates.filter(audience=Audience.PUBLIC, page=rule.page, state=UpdateState.PUBLISHED)
    last = told.order_by("-published_at").first()
    if last is None or (last.key or "").startswith(KEY):
        return False  # the same silence: it has spoken already, and nobody has since
    next_at = cadence.next_time(incident, Audience.PUBLIC, at=now)
    filled = phrases.prefill(template, incident, page=rule.page, status=last.status, next_update_at=next_at, at=now)
    update = updates.draft(
        incident,
        by=SYSTEM,
        audience=Audience.PUBLIC,
        page=rule.page,
        title=last.title,
        status=last.status,
        body=filled.body,
        language=template.language,
        next_update_at=next_at,
        key=f"{KEY}{pk}",
    )
    updates.publish(update, by=SYSTEM)
    minutes = int((now - promise.due_at).total_seconds() // 60)
    events.record(
        incident,
        Kind.PROMISE_BROKEN,
        by=SYSTEM,
        body=f"Nobody wrote for {minutes} min after the promised time: "
        f"the approved holding message went out on {rule.page} by itself.",
        to=_whom(incident),
        update=update.pk,
        promise=pk,
        is_holding=True,
    )
    return True


@transaction.atomic
def _note_refusal(pk: int, why: str) -> None:
    """Says once that the holding message could not go out: its key is spent on a text that is dropped."""
    promise = Promise.objects.select_related("incident").get(pk=pk)
    incident = Incident.objects.select_for_update().get(pk=promise.incident_id)
    body = f"The holding message for {promise.page} could not go out: {why}"
    if incident.entries.filter(kind=Kind.PROMISE_BROKEN, body=body, data__promise=pk).exists():
        return
    events.record(incident, Kind.PROMISE_BROKEN, by=SYSTEM, body=body, to=_whom(incident), promise=pk)


def _whom(incident: Incident) -> list[int]:
    return sorted({*promise_clock.writers(incident), *promise_clock.commanders(incident)})


def _plain(value: object) -> object:
    if isinstance(value, timedelta):
        return int(value.total_seconds() // 60)
    return value.pk if isinstance(value, MessageTemplate) else value
