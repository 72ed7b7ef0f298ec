"""Prometheus Alertmanager, webhook version 4: one post may mix firing and resolved alerts."""

from incidents.detection import signal
from incidents.detection.signal import Signal, Unreadable

STATUSES = {"firing": "firing", "resolved": "resolved"}
#: Annotations that are links, as people know them.
LINKS = {"runbook_url": "Runbook", "dashboard_url": "Dashboard", "runbook": "Runbook", "dashboard": "Dashboard"}
MOST_ALERTS = 1000


def read(body: object) -> list[Signal]:
    """One signal for each alert of the notification; raises Unreadable where it is none."""
    if not isinstance(body, dict):
        raise Unreadable("An Alertmanager notification is a JSON object; this is not.")
    alerts = body.get("alerts")
    if not isinstance(alerts, list):
        raise Unreadable("An Alertmanager notification has a list `alerts`; this has none.")
    if len(alerts) > MOST_ALERTS:
        raise Unreadable(f"{len(alerts)} alerts in one notification; at most {MOST_ALERTS}: set max_alerts.")
    return [_signal(alert, body, number) for number, alert in enumerate(alerts, start=1)]


def _signal(alert: object, group: dict[str, object], number: int) -> Signal:
    if not isinstance(alert, dict):
        raise Unreadable(f"Alert {number} is no JSON object.")
    key = signal.line(alert.get("fingerprint"), longest=signal.LONGEST_KEY)
    if not key:
        raise Unreadable(f"Alert {number} has no `fingerprint`.")
    status = STATUSES.get(signal.line(alert.get("status"), longest=20).lower())
    if status is None:
        raise Unreadable(f"Alert {number} is neither firing nor resolved.")
    labels = {**signal.pairs(group.get("commonLabels")), **signal.pairs(alert.get("labels"))}
    annotations = {**signal.pairs(group.get("commonAnnotations")), **signal.pairs(alert.get("annotations"))}
    name = labels.get("alertname", "")
    said = annotations.get("summary") or annotations.get("title") or annotations.get("message") or ""
    return Signal(
        dedup_key=key,
        status=status,
        title=signal.line(said or name or "Alert without a name", longest=signal.LONGEST_TITLE),
        severity=signal.severity(labels.get("severity")),
        body=signal.text(annotations.get("description") or annotations.get("message"), longest=signal.LONGEST_BODY),
        labels=labels,
        links=_links(alert, annotations),
        component_hint=signal.hint(labels) or signal.hint(annotations),
        starts_at=signal.moment(alert.get("startsAt")),
        ends_at=signal.moment(alert.get("endsAt")) if status == "resolved" else None,
    )


def _links(alert: dict[str, object], annotations: dict[str, str]) -> dict[str, str]:
    links = {label: signal.address(annotations.get(name)) for name, label in LINKS.items() if name in annotations}
    links["Source"] = signal.address(alert.get("generatorURL"))
    return {label: url for label, url in links.items() if url}
