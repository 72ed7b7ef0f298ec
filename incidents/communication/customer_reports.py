"""What customers report: written down by support, or come in by API, e-mail and the form of a status page.

A report that came from outside without an incident waits to be sorted. What customers said, and who they are, is
shown to those who may read reports, and to nobody else.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from incidents import events, lifecycle
from incidents.communication import customers, follow_ups, signals
from incidents.conflicts import Conflict
from incidents.models import (
    ACTIVE,
    CustomerReport,
    Incident,
    Kind,
    ReportSource,
    ReportState,
    Service,
    Severity,
    State,
    TimelineEntry,
    Visibility,
)
from notifications import addresses
from roles import policy
from roles.models import User
from roles.policy import SYSTEM, Actor, System, authorize

LONGEST_SYMPTOM = 300
LONGEST_VERBATIM = 20_000
MOST_AT_ONCE = 100_000
#: What a person may change of a report.
WRITABLE = (
    "account_name",
    "contact",
    "channel",
    "symptom",
    "verbatim",
    "service",
    "component",
    "count",
    "ticket",
    "is_about_money",
)
#: States in which nobody gathers reports any more.
PAST = frozenset({State.CANCELLED, State.MERGED, State.CLOSED})

R = ReportState
Channel = CustomerReport.Channel


# --- taking in --------------------------------------------------------------------------------


@transaction.atomic
def record(
    incident: Incident,
    *,
    by: Actor,
    symptom: str,
    source: str = ReportSource.STAFF,
    external_id: str | None = None,
    reported_at: datetime | None = None,
    **about: Any,
) -> CustomerReport:
    """Writes down what a customer reports of this incident; `about` is what `WRITABLE` names, and `page`.

    With an `external_id` it is taken once: the same call again returns the first report, unchanged.
    Raises Conflict where the incident is closed, cancelled or merged.
    """
    authorize(by, "incidents.record_report", incident)
    if present := _taken(external_id):
        return present
    _refuse_past(incident)
    report = _new(symptom, source=source, external_id=external_id, reported_at=reported_at, by=by, **about)
    report.incident, report.state = incident, R.WAITING
    return _joined(_saved(report), by=by)


@transaction.atomic
def receive(
    *,
    by: Actor,
    symptom: str,
    source: str,
    incident: Incident | None = None,
    external_id: str | None = None,
    reported_at: datetime | None = None,
    dismissed_for: str = "",
    **about: Any,
) -> CustomerReport:
    """Takes a report in from outside: of `incident` where that still goes on, else to be sorted.

    `dismissed_for` keeps it and puts it aside at once: an answering machine wrote it. Safe to repeat with an
    `external_id`. What is too long is cut: nothing that came from outside is lost.
    """
    authorize(by, "incidents.sort_reports")
    if present := _taken(external_id):
        return present
    about["verbatim"] = str(about.get("verbatim", ""))[:LONGEST_VERBATIM]
    about["account_name"] = str(about.get("account_name", ""))[:150]
    symptom = " ".join(symptom.split())[:LONGEST_SYMPTOM] or "(nothing was said)"
    report = _new(symptom, source=source, external_id=external_id, reported_at=reported_at, by=by, **about)
    report.state = R.UNSORTED
    if dismissed_for:
        report.state, report.note = R.DISMISSED, dismissed_for
        return _saved(report)
    if incident is not None and incident.state not in PAST:
        report.incident, report.state = incident, R.WAITING
        return _joined(_saved(report), by=by)
    return _saved(report)


def _taken(external_id: str | None) -> CustomerReport | None:
    return CustomerReport.objects.filter(external_id=external_id).first() if external_id else None


def _new(
    symptom: str,
    *,
    source: str,
    external_id: str | None,
    reported_at: datetime | None,
    by: Actor,
    page: str = "",
    **about: Any,
) -> CustomerReport:
    report = CustomerReport(
        source=source,
        external_id=external_id or None,
        reported_at=min(reported_at or events.moment(), events.moment()),
        recorded_by=None if isinstance(by, System) else by,
        page=page,
    )
    _write(report, {"symptom": symptom, **about})
    return report


def _write(report: CustomerReport, about: Mapping[str, Any]) -> None:
    if unknown := about.keys() - set(WRITABLE):
        raise ValidationError(f"{', '.join(sorted(unknown))} cannot be set on a report.")
    for name, value in about.items():
        setattr(report, name, _plain(name, value))
    if "contact" in about and "@" in report.contact:
        report.contact = addresses.normal("email", report.contact)
    if not report.symptom:
        raise ValidationError({"symptom": "Say what they see or ask."})
    if not 1 <= report.count <= MOST_AT_ONCE:
        raise ValidationError({"count": f"How many said so lies between 1 and {MOST_AT_ONCE:,}."})
    for name in ("symptom", "account_name", "contact", "ticket"):
        longest = getattr(CustomerReport._meta.get_field(name), "max_length", None) or 0
        if len(getattr(report, name)) > longest:
            raise ValidationError({name: f"It has at most {longest} characters."})
    if len(report.verbatim) > LONGEST_VERBATIM:
        raise ValidationError({"verbatim": f"It has at most {LONGEST_VERBATIM:,} characters."})
    if report.channel not in Channel.values:
        raise ValidationError({"channel": f"{report.channel} is no channel; they are {', '.join(Channel.values)}."})
    if about.keys() & {"account_name", "contact"}:
        account = customers.account_named(report.account_name) or customers.account_of_address(report.contact)
        report.account = account
        report.account_name = report.account_name or (account.name if account else "")


def _plain(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    value = value.replace("\x00", "")
    return value.strip() if name == "verbatim" else " ".join(value.split())


def _saved(report: CustomerReport) -> CustomerReport:
    """Stored; where the very same one was taken a moment ago, that one."""
    try:
        with transaction.atomic():
            report.save(force_insert=True)
    except IntegrityError:
        if present := _taken(report.external_id):
            return present
        raise
    return report


def _joined(report: CustomerReport, *, by: Actor) -> CustomerReport:
    """Has the incident know of it: the fact, whatever it signals, and the list of those to follow up with."""
    incident = report.incident
    if incident is None:
        return report
    events.record(
        incident,
        Kind.CUSTOMER_REPORTED,
        by=by,
        body=f"Customers report: {report.symptom}",
        visibility=Visibility.ROOM,
        tag=_tag(report),
        report=report.pk,
        count=report.count,
        channel=report.channel,
    )
    signals.look(incident)
    if not incident.is_active:
        follow_ups.build(incident)
    return report


def _tag(report: CustomerReport) -> str:
    tier = report.account.tier if report.account else None
    words = [tier.name] if tier else []
    words += [f"×{report.count}"] if report.count > 1 else []
    return ", ".join(words)


# --- sorting ----------------------------------------------------------------------------------


def may_sort(user: User) -> bool:
    """Whether `user` reads and sorts what belongs to no incident yet."""
    return policy.may(user, "incidents.sort_reports")


@transaction.atomic
def sort(report: CustomerReport, *, into: Incident, by: Actor) -> CustomerReport:
    """Gives an unsorted or dismissed report to an incident; safe to repeat.

    By who sorts reports and may see the incident, or who records reports on it. Conflict where it is another's.
    """
    if isinstance(by, System) or not (may_sort(by) and into.is_visible_to(by)):
        authorize(by, "incidents.record_report", into)
    report = locked(report)
    if report.incident_id == into.pk and report.state in {R.WAITING, R.ANSWERED}:
        return report
    if report.incident_id is not None and report.incident_id != into.pk:
        raise Conflict("This report belongs to another incident already.")
    _refuse_past(into)
    report.incident, report.state, report.note = into, R.WAITING, ""
    report.save(update_fields=["incident", "state", "note"])
    return _joined(report, by=by)


@transaction.atomic
def open_triage(reports: Sequence[CustomerReport], *, by: User, title: str, severity: str = Severity.SEV3) -> Incident:
    """Opens an incident in triage from unsorted reports and gives them to it."""
    authorize(by, "incidents.declare_incident")
    authorize(by, "incidents.sort_reports")
    if not reports:
        raise ValidationError("Choose the reports that it is about.")
    services = list(Service.objects.filter(pk__in={one.service_id for one in reports if one.service_id}))
    incident = lifecycle.open_incident(
        title=title,
        severity=severity,
        state=State.TRIAGE,
        services=services,
        detected_at=min(one.reported_at for one in reports),
        by=by,
    )
    for report in sorted(reports, key=lambda one: one.pk):
        sort(report, into=incident, by=by)
    return incident


@transaction.atomic
def dismiss(report: CustomerReport, *, by: Actor, reason: str = "") -> CustomerReport:
    """Puts a report aside: no customer of ours, or nothing to do with it. It does not count any more."""
    _authorize_on(report, by)
    report = locked(report)
    if report.state == R.DISMISSED:
        return report
    if report.state == R.ANSWERED:
        raise Conflict("This report was answered already.")
    report.state, report.note = R.DISMISSED, " ".join(reason.split())[:300]
    report.save(update_fields=["state", "note"])
    return report


@transaction.atomic
def take_back(report: CustomerReport, *, by: Actor) -> CustomerReport:
    """A dismissed report counts again: it waits, or is to be sorted."""
    _authorize_on(report, by)
    report = locked(report)
    if report.state != R.DISMISSED:
        return report
    report.state, report.note = (R.WAITING if report.incident_id else R.UNSORTED), ""
    report.save(update_fields=["state", "note"])
    if report.incident:
        signals.look(report.incident)
    return report


@transaction.atomic
def change(report: CustomerReport, *, by: Actor, **about: Any) -> CustomerReport:
    """Corrects what was written down; what is not named stays."""
    _authorize_on(report, by)
    report = locked(report)
    _write(report, about)
    report.save(update_fields=[*about, "account", "account_name"])
    if report.incident:
        signals.look(report.incident)
    return report


def _authorize_on(report: CustomerReport, by: Actor) -> None:
    if report.incident is None:
        authorize(by, "incidents.sort_reports")
    else:
        authorize(by, "incidents.record_report", report.incident)


def locked(report: CustomerReport) -> CustomerReport:
    """The report read anew and locked until the transaction ends; the incident stays the one that the caller has."""
    incident = report.incident
    report = CustomerReport.objects.select_for_update(of=("self",)).select_related("account__tier").get(pk=report.pk)
    if incident is not None and report.incident_id == incident.pk:
        report.incident = incident
    return report


def _refuse_past(incident: Incident) -> None:
    if incident.state in PAST:
        raise Conflict(f"{incident.key} is {incident.get_state_display()}: it takes no reports any more.")


# --- reading ----------------------------------------------------------------------------------


def of(incident: Incident) -> list[CustomerReport]:
    """All reports of an incident with their customers, newest first."""
    rows = incident.customer_reports.select_related("account__tier", "service", "recorded_by", "answered_by")
    return list(rows.order_by("-pk"))


def waiting_of(incident: Incident) -> list[CustomerReport]:
    """Those that wait for an answer, oldest first."""
    rows = incident.customer_reports.filter(state=R.WAITING).select_related("account__tier", "service")
    return list(rows.order_by("pk"))


def unsorted() -> Any:
    """What came from outside and belongs to no incident yet, newest first."""
    return CustomerReport.objects.filter(state=R.UNSORTED).select_related("account__tier", "service")


def takers(user: User) -> list[Incident]:
    """Incidents that a report can be sorted into: those that go on or have just ended, the newest first."""
    rows = Incident.objects.visible_to(user).filter(state__in=[*ACTIVE, State.RESOLVED, State.REVIEWING])
    return list(rows.order_by("-opened_at")[:100])


def on_event(entry: TimelineEntry) -> None:
    """Hears that an incident goes on in another: what customers reported goes with it. Safe to repeat."""
    if entry.kind != Kind.MOVED or entry.data.get("new") != State.MERGED:
        return
    with transaction.atomic():
        into = entry.incident.merged_into
        if into is None:
            return
        moved = CustomerReport.objects.filter(incident=entry.incident).exclude(state=R.DISMISSED).update(incident=into)
        entry.incident.escalations.update(incident=into)
        if moved:
            body = (
                f"{moved} report{'s' * (moved != 1)} of {entry.incident.key} {'go' if moved != 1 else 'goes'} on here"
            )
            events.record(into, Kind.CUSTOMER_REPORTED, by=SYSTEM, body=body, visibility=Visibility.ROOM, count=moved)
            signals.look(into)
