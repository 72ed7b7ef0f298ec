"""The panel of linked alerts: how each stands, and by which labels they differ, which is where to look first."""

from dataclasses import dataclass

from incidents.models import Alert
from incidents.views.desk import Desk

FIRING = (Alert.Status.FIRING, Alert.Status.ACKNOWLEDGED)


@dataclass(frozen=True)
class Line:
    """One alert, with the labels that not all of them have alike."""

    alert: Alert
    own: tuple[str, ...]

    @property
    def is_firing(self) -> bool:
        return self.alert.status in FIRING


def shown(desk: Desk) -> dict[str, object]:
    """The alerts, firing ones first: one query."""
    rows = list(desk.incident.alerts.select_related("source").order_by("pk"))
    common = _common(rows)
    lines = [Line(row, tuple(label for label in _labels(row) if label not in common)) for row in rows]
    lines.sort(key=lambda line: not line.is_firing)
    return {
        "alert_lines": lines,
        "alerts_firing": sum(line.is_firing for line in lines),
        "alerts_common": sorted(common) if len(rows) > 1 else [],
    }


def _labels(alert: Alert) -> list[str]:
    return sorted(f"{name}={value}" for name, value in alert.labels.items())


def _common(rows: list[Alert]) -> frozenset[str]:
    """The labels that all have alike; none where there is only one to compare."""
    if len(rows) < 2:
        return frozenset()
    return frozenset.intersection(*(frozenset(_labels(row)) for row in rows))
