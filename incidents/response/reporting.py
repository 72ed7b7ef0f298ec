"""The running report: what is known of an incident, compiled from its rows while it goes on.

Reads only, a constant number of queries, and only what the reader may read. Markdown and data are two prints of one
compilation, so they cannot differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from incidents.models import Incident
from incidents.response import gaps, report_record, report_work
from incidents.response.report_parts import Record, Section, Tell, day, plain
from roles.models import User


@dataclass(frozen=True)
class Report:
    """All sections, in their order."""

    incident: Incident
    compiled_at: datetime
    sections: tuple[Section, ...]

    @property
    def percent(self) -> int:
        """How much of it is filled; what is partly there counts half."""
        worth = {"filled": 2, "partly": 1, "empty": 0}
        return round(100 * sum(worth[one.state] for one in self.sections) / (2 * len(self.sections) or 1))

    @property
    def name(self) -> str:
        """As a file is called, without its ending."""
        return f"{self.incident.key}-report"

    def markdown(self) -> str:
        """The report as Markdown."""
        incident = self.incident
        head = [
            f"# {incident.key}: {plain(incident.title)}",
            "",
            f"{incident.severity}, {incident.get_state_display()}. Compiled {day(self.compiled_at)}. Times are UTC.",
            "",
        ]
        body = [
            line
            for section in self.sections
            for line in (f"## {section.title}", "", *(section.lines or (f"_{section.lacks or 'Nothing.'}_",)), "")
        ]
        return "\n".join([*head, *body]).rstrip() + "\n"

    def data(self) -> dict[str, object]:
        """The report as plain data."""
        incident = self.incident
        return {
            "key": incident.key,
            "title": incident.title,
            "severity": incident.severity,
            "worst_severity": incident.worst_severity or incident.severity,
            "state": incident.state,
            "kind": incident.kind,
            "compiled_at": self.compiled_at.isoformat(),
            "percent": self.percent,
            "sections": [
                {"key": one.key, "title": one.title, "state": one.state, "lacks": one.lacks, "content": one.data}
                for one in self.sections
            ],
        }


def compile(incident: Incident, reader: User, *, tell: Tell) -> Report:  # noqa: A001 - what one does with a report
    """Reads all rows of the incident that `reader` may read; `tell` says how a timeline row reads."""
    return _compiled(incident, Record(incident, reader), gaps.of(incident, reader), tell)


def checklist(incident: Incident, reader: User, found: Sequence[gaps.Gap]) -> Report:
    """The report without its timeline: enough to see which sections are filled, quick however long the record is."""
    return _compiled(incident, Record(incident, reader, is_brief=True), found, lambda entry: entry.body)


def _compiled(incident: Incident, record: Record, found: Sequence[gaps.Gap], tell: Tell) -> Report:
    return Report(
        incident,
        timezone.now(),
        (
            report_record.summary(incident),
            report_record.impact(incident),
            report_work.cause(incident, record),
            report_record.roles(incident),
            report_record.moments(record, tell),
            report_work.decisions(incident, record),
            report_work.actions(incident),
            report_work.tasks(incident),
            report_record.updates(incident),
            report_record.alerts(incident),
            report_record.evidence(incident, record),
            report_record.open_ends(incident, found),
            report_record.timeline(record, tell),
        ),
    )
