"""The panel of what customers ask: who waits, what many ask alike, and the line that writes down the next report."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from incidents import readings
from incidents.communication import answers, customer_reports, replies
from incidents.communication.audiences import places_of
from incidents.models import Audience, CustomerAccount, CustomerReport, Incident, ReportState
from incidents.severity import in_words
from incidents.views.desk import Desk

#: So many of those who wait are shown in the room; the rest is a page of its own.
MOST_SHOWN = 8
MOST_QUESTIONS = 2
MOST_NAMES = 500
#: Amber when this share of the promised time is gone.
SOON = 0.8


@dataclass(frozen=True)
class Inquiry:
    """One report as its row shows it."""

    report: CustomerReport
    waited: timedelta
    promised: timedelta | None
    can_be_mailed: bool

    @property
    def tone(self) -> str:
        """'bad' past the time that their tier was promised, 'caution' shortly before it."""
        if self.report.state != ReportState.WAITING or self.promised is None:
            return ""
        if self.waited >= self.promised:
            return "bad"
        return "caution" if self.waited >= self.promised * SOON else ""

    @property
    def who(self) -> str:
        report = self.report
        return (report.account.name if report.account else report.account_name) or report.contact or "A customer"

    @property
    def about(self) -> str:
        """Tier, channel, and how many said so."""
        report = self.report
        tier = report.account.tier.name if report.account and report.account.tier else ""
        said = [tier, report.get_channel_display() if tier == "" else report.get_channel_display().lower()]
        said += [f"{report.count} people"] if report.count > 1 else []
        return ", ".join(filter(None, said))


@dataclass(frozen=True)
class Chip:
    """One way to look at the list."""

    label: str
    query: str
    count: int


def inquiry_of(report: CustomerReport) -> Inquiry:
    """A report with how long its customer waits, or waited."""
    tier = report.account.tier if report.account else None
    until = report.answered_at or timezone.now()
    return Inquiry(
        report=report,
        waited=max(until - report.reported_at, timedelta()),
        promised=tier.answer_within if tier else None,
        can_be_mailed=replies.can_be_mailed(report),
    )


def of(incident: Incident) -> list[CustomerReport]:
    """All reports of the incident, read once for all panels."""
    return readings.of(incident).once("customer_reports", lambda: customer_reports.of(incident))


def shown(desk: Desk) -> dict[str, object]:
    """Everything on the panel, for those who may read reports."""
    if "incidents.view_reports" not in desk.may:
        return {"may_read_reports": False}
    incident = desk.incident
    rows = of(incident)
    waiting = [one for one in rows if one.state == ReportState.WAITING]
    ranked = replies.ranked(waiting, now=timezone.now())
    asked = replies.questions(waiting)
    context: dict[str, object] = {
        "may_read_reports": True,
        "may_record_reports": "incidents.record_report" in desk.may and incident.state not in customer_reports.PAST,
        "inquiries": [inquiry_of(one) for one in ranked[:MOST_SHOWN]],
        "inquiries_waiting": len(waiting),
        "inquiries_total": len(rows),
        "inquiry_chips": chips(waiting),
        "inquiry_stats": stats(rows),
        "unsorted_count": customer_reports.unsorted().count() if customer_reports.may_sort(desk.user) else 0,
    }
    if not context["may_record_reports"]:
        return context
    is_saved = desk.request.method == "POST" and "symptom" in desk.request.POST
    return context | {
        "alike": asked[:MOST_QUESTIONS],
        "macros": answers.macros(),
        "approved_answer": answers.approved(incident),
        **quick_form(incident),
        "report_channel": desk.request.POST.get("channel", ""),
        "report_saved": next((inquiry_of(one) for one in rows if one.recorded_by_id == desk.user.pk), None)
        if is_saved
        else None,
    }


def quick_form(incident: Incident) -> dict[str, object]:
    """What the line for a report offers: known customers, channels, and what it can be about."""
    places = places_of(incident, Audience.PUBLIC)
    linked = [place for place in places if place.is_linked] or places
    components = {one.slug: one.name for place in linked for one in place.components}
    return {
        "account_names": list(CustomerAccount.objects.values_list("name", flat=True)[:MOST_NAMES]),
        "report_channels": CustomerReport.Channel.choices,
        "report_services": readings.of(incident).services,
        "report_components": sorted(components.items(), key=lambda pair: pair[1].casefold()),
    }


def chips(waiting: list[CustomerReport]) -> list[Chip]:
    """The list by tier and by money; those with nobody in them are left out."""
    tiers: dict[int, tuple[str, str, int]] = {}
    for report in waiting:
        tier = report.account.tier if report.account else None
        if tier:
            tiers[tier.rank] = (tier.slug, tier.name, tiers.get(tier.rank, ("", "", 0))[2] + 1)
    found = [Chip(name, f"tier={slug}", count) for _, (slug, name, count) in sorted(tiers.items())[:1]]
    money = sum(1 for one in waiting if one.is_about_money)
    return [*found, *([Chip("Money", "money=1", money)] if money else [])]


@dataclass(frozen=True)
class Stat:
    value: str
    label: str


def stats(rows: list[CustomerReport]) -> list[Stat]:
    """Figures of these reports, each counted from its rows."""
    counted = [one for one in rows if one.state != ReportState.DISMISSED]
    if not counted:
        return []
    reply = replies.median_first_reply(counted)
    answered = sum(1 for one in counted if one.state == ReportState.ANSWERED)
    tickets = len({one.ticket for one in counted if one.ticket})
    return [
        Stat(f"{sum(one.count for one in counted):,}", "customers reported"),
        Stat(f"{tickets:,}", f"ticket{'s' * (tickets != 1)} linked"),
        Stat(f"{answered * 100 // len(counted)}\u00a0%", "answered"),
        Stat(_short(reply), "median first reply"),
    ]


def _short(span: timedelta | None) -> str:
    if span is None:
        return "–"
    words = in_words(span) if span >= timedelta(minutes=1) else f"{int(span.total_seconds())} s"
    return words.replace(" ", "\u00a0")
