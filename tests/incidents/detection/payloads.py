"""Posts of monitoring tools as tests send them, written by hand after the tools' own documentation."""

STARTED = "2026-01-05T10:00:00Z"


def alertmanager(
    fingerprint: str = "9f2c41d07b3a6e58",
    *,
    status: str = "firing",
    severity: str = "critical",
    service: str = "payments",
) -> dict[str, object]:
    """One notification with one alert."""
    labels = {"alertname": "Api5xx", "severity": severity, "service": service}
    return {
        "version": "4",
        "groupKey": '{}:{alertname="Api5xx"}',
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "incidentops",
        "groupLabels": {"alertname": "Api5xx"},
        "commonLabels": labels,
        "commonAnnotations": {"summary": "5xx at 8 % on payments"},
        "externalURL": "http://alertmanager.example",
        "alerts": [
            {
                "status": status,
                "labels": labels,
                "annotations": {
                    "summary": "5xx at 8 % on payments",
                    "description": "One request in twelve fails.",
                    "runbook_url": "https://runbooks.example/5xx",
                },
                "startsAt": STARTED,
                "endsAt": "2026-01-05T10:20:00Z" if status == "resolved" else "0001-01-01T00:00:00Z",
                "generatorURL": "http://prometheus.example/graph",
                "fingerprint": fingerprint,
            }
        ],
    }
