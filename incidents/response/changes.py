"""Changes of what we run: told to us by the tools that make them, or written down by hand; and which of them
lie near the start of an incident. What came of a change is diagnosis's to say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from incidents.models import ChangeEvent, Incident, Service
from roles.policy import Actor, System, authorize

#: How long before the first sign of an incident a change may have been its cause.
BEFORE_FIRST_SIGN = timedelta(hours=6)
#: How far a tool's clock may be ahead of ours.
CLOCKS_APART = timedelta(minutes=5)
LONGEST = {"title": 200, "summary": 20_000, "author": 100, "url": 500, "external_id": 200}
MOST_LABELS = 50
LONGEST_LABEL = 200
#: So many are listed: on the incident's services before it and after it began, and on others before it.
MOST_OURS, MOST_AFTER, MOST_OTHERS = 10, 4, 4

is_web_address = URLValidator(schemes=["http", "https"], message="A link starts with http:// or https://.")


@transaction.atomic
def record(
    *,
    by: Actor,
    title: str,
    kind: str = ChangeEvent.Kind.DEPLOYMENT,
    summary: str = "",
    url: str = "",
    author: str = "",
    services: Iterable[Service] | None = None,
    labels: Mapping[str, str] | None = None,
    external_id: str | None = None,
    happened_at: datetime | None = None,
) -> tuple[ChangeEvent, bool]:
    """Writes a change down; returns it and whether it is new.

    The same `external_id` again is the same change: it takes what is said now, and keeps its time, services
    and labels where the caller is silent about them. Safe to repeat.
    """
    authorize(by, "incidents.record_change")
    words = {
        "kind": kind,
        "title": " ".join(title.split()),
        "summary": summary.strip(),
        "url": url.strip(),
        "author": author.strip(),
    }
    _check(words, labels, external_id, happened_at)
    said: dict[str, object] = dict(words)
    if labels is not None:
        said["labels"] = dict(labels)
    if happened_at is not None:
        said["happened_at"] = min(happened_at, timezone.now())
    person = None if isinstance(by, System) else by
    known = _known(external_id)
    if known is None:
        try:
            with transaction.atomic():
                known = ChangeEvent.objects.create(**said, external_id=external_id or None, recorded_by=person)
            known.services.set(services or ())
            return known, True
        except IntegrityError:
            known = _known(external_id)  # told twice at once: the other one was first
            if known is None:
                raise
    differing = [name for name, value in said.items() if getattr(known, name) != value]
    for name in differing:
        setattr(known, name, said[name])
    if differing:
        known.save(update_fields=differing)
    if services is not None:
        known.services.set(services)
    return known, False


def _known(external_id: str | None) -> ChangeEvent | None:
    return ChangeEvent.objects.filter(external_id=external_id).first() if external_id else None


def _check(
    words: Mapping[str, str], labels: Mapping[str, str] | None, external_id: str | None, happened_at: datetime | None
) -> None:
    if words["kind"] not in ChangeEvent.Kind.values:
        raise ValidationError(f"{words['kind']} is no kind of change; they are {', '.join(ChangeEvent.Kind.values)}.")
    if not words["title"]:
        raise ValidationError("A change needs a title: one line on what was changed.")
    for name, text in {**words, "external_id": external_id or ""}.items():
        if len(text) > LONGEST.get(name, len(text)):
            raise ValidationError(f"The {name.replace('_', ' ')} has at most {LONGEST[name]:,} characters.")
    if words["url"]:
        is_web_address(words["url"])
    if labels is not None and (
        len(labels) > MOST_LABELS or any(len(part) > LONGEST_LABEL for pair in labels.items() for part in pair)
    ):
        raise ValidationError(f"A change has at most {MOST_LABELS} labels of {LONGEST_LABEL} characters.")
    if happened_at is not None and happened_at > timezone.now() + CLOCKS_APART:
        raise ValidationError("A change is written down once it is made: this time lies in the future.")


# --- questions --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Near:
    """A change around the start of an incident: on one of its services or not, and how long before it."""

    change: ChangeEvent
    is_ours: bool
    lead: timedelta

    @property
    def is_before(self) -> bool:
        """Whether it was made before the first sign: only then can it be the cause."""
        return self.lead >= timedelta()

    @property
    def apart(self) -> timedelta:
        """How far it lies from the first sign."""
        return abs(self.lead)

    @property
    def as_cause(self) -> str:
        """What points to it, where somebody makes a hypothesis of it."""
        minutes = int(self.apart.total_seconds() // 60)
        kind = ChangeEvent.Kind(self.change.kind).label
        said = f"{kind} at {self.change.happened_at:%H:%M} UTC, {minutes} min before the first sign."
        return f"{said} {self.change.url}".strip()


def near(incident: Incident) -> list[Near]:
    """Changes from six hours before the first sign until the end: those on the incident's services first, and
    of them those before it, the nearest on top; then what else was changed before it. At most seven queries, however
    many there are."""
    first_sign = incident.detected_at or incident.opened_at
    until = incident.ended_at or timezone.now()
    services = list(incident.services.values_list("pk", flat=True))
    before = ChangeEvent.objects.filter(happened_at__gte=first_sign - BEFORE_FIRST_SIGN, happened_at__lte=first_sign)
    after = ChangeEvent.objects.filter(happened_at__gt=first_sign, happened_at__lte=until)
    return [
        *_listed(before.filter(services__in=services).distinct(), first_sign, is_ours=True, most=MOST_OURS),
        *_listed(after.filter(services__in=services).distinct(), first_sign, is_ours=True, most=MOST_AFTER),
        *_listed(before.exclude(services__in=services), first_sign, is_ours=False, most=MOST_OTHERS),
    ]


def _listed(rows: QuerySet[ChangeEvent], first_sign: datetime, *, is_ours: bool, most: int) -> list[Near]:
    """The newest of `rows`, which the model's order puts first."""
    return [
        Near(change, is_ours, first_sign - change.happened_at) for change in rows.prefetch_related("services")[:most]
    ]
