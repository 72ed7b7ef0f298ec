"""What support answers to customers: macros with placeholders from a fixed list, around the latest public text.

Nothing else of an incident is ever read here: what the public was told last, and what the customer said themselves.
There is no template language; a macro that names an unknown placeholder is refused when it is kept.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from incidents.conflicts import Conflict, refuse_overtaken
from incidents.models import Audience, CustomerTier, Incident, Macro, TalkingPoints, Update, UpdateState
from notifications import outbox
from notifications.models import Message
from notifications.prose import to_text
from roles import audit
from roles.policy import Actor, authorize

_PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")
#: What a macro may name, and what stands there.
PLACEHOLDERS: dict[str, str] = {
    "customer": "The customer as support knows them.",
    "answer": "What the public was told last, word for word.",
    "title": "How the public calls the incident.",
    "symptom": "What they reported, as it was written down.",
    "next_update": "When the public hears next; nothing where no time is promised.",
    "status_page": "The address of the status page.",
}
FIELDS = ("name", "body", "tier", "language", "for_follow_up", "is_active")
LONGEST_BODY = 10_000
#: What a customer is called of whom we know no name.
SOMEBODY = "there"


@dataclass(frozen=True)
class Approved:
    """What may be said to customers now."""

    text: str
    title: str
    page: str
    said_at: datetime
    next_update_at: datetime | None
    label: str


class Told(Protocol):
    """Whom an answer is for: a report, or somebody to follow up with."""

    pk: int
    contact: str


# --- macros -----------------------------------------------------------------------------------


@transaction.atomic
def keep_macro(macro: Macro, *, by: Actor, seen_version: int | None = None, **changes: Any) -> Macro:
    """Makes a macro or changes one. Raises ValidationError where it names a placeholder that does not exist."""
    authorize(by, "incidents.manage_words")
    if unknown := changes.keys() - set(FIELDS):
        raise ValidationError(f"{', '.join(sorted(unknown))} cannot be set on a macro.")
    is_new = macro.pk is None
    if not is_new:
        macro = Macro.objects.select_for_update().get(pk=macro.pk)
        refuse_overtaken(macro, seen_version, changes)
        macro.version += 1
    for name, value in changes.items():
        setattr(macro, name, value.strip() if isinstance(value, str) else value)
    macro.full_clean()
    check(macro.body)
    if macro.tier and not CustomerTier.objects.filter(slug=macro.tier).exists():
        raise ValidationError({"tier": f"There is no tier {macro.tier}."})
    macro.save()
    audit.note(by, f"macro.{'added' if is_new else 'changed'}", macro, fields=sorted(changes))
    return macro


def check(body: str) -> None:
    """Raises ValidationError where a macro is too long, or names what is not on the list."""
    if len(body) > LONGEST_BODY:
        raise ValidationError({"body": f"A macro has at most {LONGEST_BODY:,} characters."})
    if unknown := sorted({name for name in _PLACEHOLDER.findall(body) if name not in PLACEHOLDERS}):
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        raise ValidationError({"body": f"There is no {{{unknown[0]}}}; the placeholders are {known}."})


def macros(*, for_follow_up: bool = False) -> list[Macro]:
    """Those in use, by name."""
    return list(Macro.objects.filter(is_active=True, for_follow_up=for_follow_up))


def follow_up_macro(tier: str, known: list[Macro] | None = None) -> Macro:
    """The macro that tells customers of this tier that it is over. Raises Conflict where none is in use."""
    rows = macros(for_follow_up=True) if known is None else known
    found = next((one for one in rows if one.tier == tier), None) or next((one for one in rows if not one.tier), None)
    if found is None:
        raise Conflict("No macro for follow-up is in use: write one first.", needed=["a macro for follow-up"])
    return found


# --- what may be said -------------------------------------------------------------------------


def approved(incident: Incident) -> Approved | None:
    """The latest public text of an incident; None while the public has been told nothing.

    Talking points give it their number where they stand on the very same text. Their addendum, what is to be said
    and not to be said are for agents, and not read.
    """
    said = incident.updates.filter(audience=Audience.PUBLIC, state=UpdateState.PUBLISHED)
    update = said.order_by("-published_at", "-pk").first()
    if update is None or update.published_at is None:
        return None
    points = TalkingPoints.objects.filter(
        incident=incident, update=update, approved_at__isnull=False, withdrawn_at=None
    ).first()
    return Approved(
        text=to_text(update.body).strip(),
        title=update.title,
        page=update.page,
        said_at=update.published_at,
        next_update_at=update.next_update_at if incident.is_active else None,
        label=f"v{points.number}" if points else _number_of(incident, update),
    )


def _number_of(incident: Incident, update: Update) -> str:
    earlier = incident.updates.filter(
        audience=Audience.PUBLIC, state=UpdateState.PUBLISHED, published_at__lte=update.published_at
    )
    return f"public update {earlier.count()}"


def render(macro: Macro, said: Approved | None, *, customer: str = "", symptom: str = "") -> str:
    """The macro's words for one customer. Raises Conflict where it needs a public text and there is none."""
    named = set(_PLACEHOLDER.findall(macro.body))
    if said is None and named & {"answer", "title"}:
        raise Conflict("Nothing was said in public yet: there is no approved answer.", needed=["a public update"])
    values = values_of(said, customer=customer, symptom=symptom)
    text = _PLACEHOLDER.sub(lambda found: values.get(found[1], ""), macro.body)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def values_of(said: Approved | None, *, customer: str = "", symptom: str = "") -> Mapping[str, str]:
    """What stands in the place of each placeholder."""
    next_at = said.next_update_at.astimezone(UTC) if said and said.next_update_at else None
    return {
        "customer": " ".join(customer.split()) or SOMEBODY,
        "answer": said.text if said else "",
        "title": said.title if said else "",
        "symptom": " ".join(symptom.split()),
        "next_update": f"The next update comes by {next_at:%H:%M} UTC." if next_at else "",
        "status_page": f"{settings.SITE_URL}/s/{said.page}/" if said and said.page else "",
    }


# --- sending ----------------------------------------------------------------------------------


def send(told: Told, text: str, *, incident: Incident, key: str, subject: str, is_bulk: bool = False) -> Message | None:
    """Writes one mail to a customer into the outbox, whose rows are the proof; None where it was asked for before."""
    content = outbox.content(
        template="incidents/customer_answer",
        context={"subject": subject, "text": text, "is_drill": incident.is_sandboxed},
        topic=f"customers:{incident.pk}",
        is_sandbox=incident.is_sandboxed,
        key=key,
    )
    lane = outbox.Lane.BULK if is_bulk else outbox.Lane.URGENT
    return outbox.queue(key=key, channel="email", address=told.contact, content=content, lane=lane)
