"""The slower rhythm of a long incident: promised once by who leads, instead of empty posts."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from incidents import events
from incidents import rhythm as rhythms
from incidents.communication import cadence
from incidents.conflicts import Conflict
from incidents.models import Audience, Incident, Kind, Rhythm
from incidents.severity import in_words
from roles.policy import Actor, System, authorize

LONGEST_REASON = 300


@transaction.atomic
def set_rhythm(incident: Incident, *, by: Actor, audience: str, every: timedelta, reason: str = "") -> Rhythm:
    """Chooses how often this audience hears from now on, within what the policy of the severity allows.

    A time that the audience was told stays; the next text names one in the new rhythm. Raises PermissionDenied,
    Conflict while the incident is not long yet or nothing is due, ValidationError for a rhythm beyond the policy.
    """
    authorize(by, "incidents.set_rhythm", incident)
    if audience not in Audience.values:
        raise ValidationError({"audience": f"Updates can be for: {', '.join(Audience.values)}."})
    incident = Incident.objects.select_for_update().get(pk=incident.pk)
    policy = rhythms.policy(incident.severity, audience)
    if not incident.is_active:
        raise Conflict(f"{incident.key} is {incident.get_state_display()}: nothing is due any more.")
    if policy.every is None or policy.later_every is None or policy.later_after is None:
        raise Conflict(f"{incident.severity} knows no slower rhythm for this audience.")
    if not cadence.is_long(incident, audience):
        raise Conflict(
            f"In the first {in_words(policy.later_after)} of {incident.severity} updates come every "
            f"{in_words(policy.every)}; a slower rhythm can be promised after that.",
            needed=["a longer incident"],
        )
    if not policy.every <= every <= policy.later_every:
        allowed = f"from {in_words(policy.every)} to {in_words(policy.later_every)}"
        raise ValidationError({"every": f"At {incident.severity} a rhythm {allowed} can be promised."})
    if len(reason.strip()) > LONGEST_REASON:
        raise ValidationError({"reason": f"A reason has at most {LONGEST_REASON} characters."})
    before = cadence.interval(incident, audience)
    chosen = Rhythm.objects.create(
        incident=incident,
        audience=audience,
        every=every,
        reason=reason.strip(),
        chosen_by=None if isinstance(by, System) else by,
        chosen_at=events.moment(),
    )
    if every != before:
        cadence.put_off_unsaid(incident, audience, every)
        events.record(
            incident,
            Kind.RHYTHM_CHANGED,
            by=by,
            body=f"{Audience(audience).label}: updates every {in_words(every)} from now on."
            + (f" {chosen.reason}" if chosen.reason else ""),
            audience=audience,
            old=_minutes(before),
            new=_minutes(every),
        )
    return chosen


def choices(incident: Incident, audience: str = Audience.PUBLIC) -> list[timedelta]:
    """The rhythms that can be promised now, the quickest first; empty while none can."""
    policy = rhythms.policy(incident.severity, audience)
    if not policy.every or not policy.later_every or not cadence.is_long(incident, audience):
        return []
    steps = {policy.every, policy.later_every}
    steps |= {timedelta(minutes=minutes) for minutes in (30, 45, 60, 90, 120, 180, 240, 480)}
    return [step for step in sorted(steps) if policy.every <= step <= policy.later_every]


def _minutes(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds() // 60)
