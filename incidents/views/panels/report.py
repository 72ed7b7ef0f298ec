"""The report as it fills: its sections, and how much of it there is."""

from collections.abc import Sequence

from incidents.response import gaps, reporting
from incidents.response.gaps import Gap
from incidents.views.desk import Desk

_SIGNS = {"filled": ("ok", "ok"), "partly": ("you", "half"), "empty": ("", "minus")}


def shown(desk: Desk, found: Sequence[Gap] | None = None) -> dict[str, object]:
    """Percent and checklist; `found` spares reading the gaps twice."""
    known = gaps.of(desk.incident, desk.user) if found is None else found
    report = reporting.checklist(desk.incident, desk.user, known)
    listed = [section for section in report.sections if section.lines or section.lacks or section.note not in {"", "0"}]
    return {"report": report, "report_sections": [(section, *_SIGNS[section.state]) for section in listed]}
