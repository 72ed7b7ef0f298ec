"""What the number of customer reports says: so many in so short a time suggest a severity, or a word in public.

Only suggests: a person follows the signal, or puts it aside and says why. Each rule signals once per incident.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from incidents import events, lifecycle
from incidents.conflicts import Conflict
from incidents.models import (
    Audience,
    CustomerReport,
    CustomerSignal,
    Incident,
    Kind,
    ReportState,
    SignalRule,
    UpdateState,
    Visibility,
)
from incidents.severity import in_words
from roles.catalog import Holding, Role
from roles.policy import SYSTEM, Actor, System, authorize

LONGEST_REASON = 300
#: One step of the curve, and how many of them are drawn at most.
STEP = timedelta(minutes=5)
MOST_STEPS = 48


# --- the curve --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Point:
    """Five minutes of reports, each weighed by its customer's tier."""

    at: datetime
    weighed: int
    reports: int


@dataclass(frozen=True)
class Curve:
    """How many customers reported, and when."""

    points: tuple[Point, ...]
    total: int
    accounts: int
    vips: int
    waiting: int

    @property
    def peak(self) -> Point | None:
        """The five minutes in which most was reported."""
        return max(self.points, key=lambda point: point.weighed, default=None)

    @property
    def lately(self) -> int:
        """Weighed reports of the last ten minutes."""
        return sum(point.weighed for point in self.points[-2:])


def weight_of(report: CustomerReport) -> int:
    """How much a report counts: how many said so, times the weight of the customer's tier."""
    tier = report.account.tier if report.account else None
    return report.count * (tier.weight if tier else 1)


def who(report: CustomerReport) -> str:
    """What tells one customer from another: the account, else the address, else the name."""
    if report.account_id:
        return f"account {report.account_id}"
    return (report.contact or report.account_name).casefold() or f"report {report.pk}"


def curve(reports: Iterable[CustomerReport], *, until: datetime) -> Curve:
    """The curve of one incident's reports up to `until`; dismissed ones do not count."""
    counted = [report for report in reports if report.state != ReportState.DISMISSED]
    steps: dict[int, list[CustomerReport]] = {}
    for report in counted:
        steps.setdefault(_step(report.reported_at), []).append(report)
    points: list[Point] = []
    if steps:
        last = max(_step(until), *steps)
        first = max(min(steps), last - MOST_STEPS + 1)
        for step in range(first, last + 1):
            found = steps.get(step, [])
            at = datetime.fromtimestamp(step * STEP.total_seconds(), tz=until.tzinfo)
            points.append(Point(at, sum(map(weight_of, found)), sum(report.count for report in found)))
    return Curve(
        points=tuple(points),
        total=sum(report.count for report in counted),
        accounts=len({who(report) for report in counted}),
        vips=len({report.account_id for report in counted if report.account and report.account.is_vip}),
        waiting=sum(1 for report in counted if report.state == ReportState.WAITING),
    )


def _step(moment: datetime) -> int:
    return int(moment.timestamp() // STEP.total_seconds())


# --- signalling -------------------------------------------------------------------------------


@transaction.atomic
def look(incident: Incident) -> list[CustomerSignal]:
    """Signals each rule that holds now and has not signalled here yet; safe to repeat. Returns the new signals."""
    if not incident.is_active:
        return []
    said = CustomerSignal.objects.filter(incident=incident).values("rule")
    rules = list(SignalRule.objects.filter(is_active=True).exclude(pk__in=said))
    if not rules:
        return []
    now = events.moment()
    since = now - max(rule.within for rule in rules)
    reports = list(
        CustomerReport.objects.filter(incident=incident, reported_at__gt=since, reported_at__lte=now)
        .exclude(state=ReportState.DISMISSED)
        .select_related("account__tier")
    )
    found = []
    for rule in rules:
        if _is_pointless(incident, rule):
            continue
        fitting = [one for one in reports if one.reported_at > now - rule.within and _fits(one, rule)]
        if _holds(rule, fitting) and (signal := _raise(incident, rule, fitting)):
            found.append(signal)
    return found


def _fits(report: CustomerReport, rule: SignalRule) -> bool:
    return rule.tier_id is None or bool(report.account and report.account.tier_id == rule.tier_id)


def _holds(rule: SignalRule, reports: Sequence[CustomerReport]) -> bool:
    if rule.needs_vip and not any(one.account and one.account.is_vip for one in reports):
        return False
    if rule.reports and sum(map(weight_of, reports)) < rule.reports:
        return False
    return not (rule.accounts and len({who(one) for one in reports}) < rule.accounts)


def _is_pointless(incident: Incident, rule: SignalRule) -> bool:
    """Where it is taken to be so bad already, and the public has heard of it, there is nothing to suggest."""
    is_known = not rule.suggests_severity or rule.suggests_severity >= incident.severity
    return is_known and not (rule.suggests_public_post and not is_said_in_public(incident))


def is_said_in_public(incident: Incident) -> bool:
    """Whether the public has been told anything."""
    return incident.updates.filter(audience=Audience.PUBLIC, state=UpdateState.PUBLISHED).exists()


def _raise(incident: Incident, rule: SignalRule, reports: Sequence[CustomerReport]) -> CustomerSignal | None:
    """Writes the signal; None where another process was quicker."""
    severity = rule.suggests_severity if rule.suggests_severity and rule.suggests_severity < incident.severity else ""
    words = _words(rule, reports)
    signal, is_new = CustomerSignal.objects.get_or_create(
        incident=incident,
        rule=rule,
        defaults={"suggests_severity": severity, "words": words, "raised_at": events.moment()},
    )
    if not is_new:
        return None
    roles = [Role.COMMANDER] if severity else []
    roles += [Role.COMMS_LEAD] if rule.suggests_public_post else []
    events.record(
        incident,
        Kind.SIGNAL,
        by=SYSTEM,
        body=f"{words} {_suggestion(signal, rule)}",
        visibility=Visibility.ROOM,
        to=_holders(incident, roles or [Role.COMMANDER]),
        signal=signal.pk,
        suggests=severity,
        words=words,
        suggestion=_suggestion(signal, rule),
    )
    return signal


def _words(rule: SignalRule, reports: Sequence[CustomerReport]) -> str:
    count, accounts = sum(one.count for one in reports), len({who(one) for one in reports})
    vips = len({one.account_id for one in reports if one.account and one.account.is_vip})
    told = f"{count} report{'s' * (count != 1)} of {accounts} customer{'s' * (accounts != 1)} within "
    told += in_words(rule.within)
    return f"{told}, {vips} of them VIP." if vips else f"{told}."


def _suggestion(signal: CustomerSignal, rule: SignalRule) -> str:
    wanted = [f"Suggests {signal.suggests_severity}."] if signal.suggests_severity else []
    wanted += ["Nothing is said in public yet."] if rule.suggests_public_post else []
    return " ".join(wanted)


def _holders(incident: Incident, roles: Iterable[str]) -> list[int]:
    wanted = set(roles)
    return sorted(
        {
            seat.user_id
            for seat in incident.live_seats
            if seat.is_held and seat.role in wanted and seat.kind != Holding.SHADOW
        }
    )


# --- settling ---------------------------------------------------------------------------------


def standing(incident: Incident) -> list[CustomerSignal]:
    """What is neither followed nor put aside, and still says something: the worst first."""
    rows = incident.signals.filter(settled_at=None).select_related("rule")
    found = [one for one in rows if _still_says(incident, one)]
    return sorted(found, key=lambda one: (one.suggests_severity or "SEV9", -one.pk))


def _still_says(incident: Incident, signal: CustomerSignal) -> bool:
    if signal.suggests_severity and signal.suggests_severity < incident.severity:
        return True
    return signal.rule.suggests_public_post and not is_said_in_public(incident)


@transaction.atomic
def follow(signal: CustomerSignal, *, by: Actor) -> CustomerSignal:
    """Raises the severity as suggested; what suggested no more than that is followed with it."""
    incident = signal.incident
    authorize(by, "incidents.change_state", incident)
    _refuse_settled(signal)
    if not signal.suggests_severity:
        raise Conflict("It suggests no severity: write a public update.", needed=["a public update"])
    if signal.suggests_severity < incident.severity:
        lifecycle.change_severity(incident, signal.suggests_severity, by=by, reason=signal.words)
    same = Q(pk=signal.pk) | Q(suggests_severity__gte=signal.suggests_severity, rule__suggests_public_post=False)
    person = None if isinstance(by, System) else by
    CustomerSignal.objects.filter(same, incident=incident, settled_at=None).exclude(suggests_severity="").update(
        settled_at=events.moment(), settled_by=person, is_followed=True
    )
    signal.refresh_from_db()
    return signal


@transaction.atomic
def put_aside(signal: CustomerSignal, *, by: Actor, reason: str) -> CustomerSignal:
    """Does not follow it, and says why."""
    incident = signal.incident
    authorize(by, "incidents.change_state" if signal.suggests_severity else "incidents.draft_update", incident)
    reason = " ".join(reason.split())
    if not reason:
        raise ValidationError("Say why the signal is put aside.")
    if len(reason) > LONGEST_REASON:
        raise ValidationError(f"The reason has at most {LONGEST_REASON} characters.")
    _refuse_settled(signal)
    person = None if isinstance(by, System) else by
    signal.settled_at, signal.settled_by, signal.reason = events.moment(), person, reason
    signal.save(update_fields=["settled_at", "settled_by", "reason"])
    body = f"Signal put aside: {signal.words} {reason}"
    events.record(incident, Kind.SIGNAL, by=by, body=body, visibility=Visibility.ROOM, signal=signal.pk, reason=reason)
    return signal


def _refuse_settled(signal: CustomerSignal) -> None:
    """Behind the lock of its row: two people do not settle one signal."""
    now = CustomerSignal.objects.select_for_update().get(pk=signal.pk)
    if now.settled_at is not None:
        how = "followed" if now.is_followed else "put aside"
        who_did = f" by {now.settled_by}" if now.settled_by else ""
        raise Conflict(f"This signal was {how}{who_did} at {now.settled_at:%H:%M} UTC.")
