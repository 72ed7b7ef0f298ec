"""What Halyard's monitoring has sent so far tonight."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from incidents.detection import sources
from incidents.models import Alert, AlertSource, Incident, Service
from roles.models import User


@dataclass(frozen=True)
class Ring:
    """One alert: minutes ago, what it says, how loud, which service, and what became of it."""

    minutes: int
    key: str
    title: str
    severity: str
    service: str
    status: str = Alert.Status.FIRING
    opened: str = ""
    seen: int = 1


RINGS: tuple[Ring, ...] = (
    Ring(
        46, "demo-checkout-api-5xx", "checkout-api 5xx above 5%", "critical", "checkout-api", "resolved", "INC-284", 6
    ),
    Ring(41, "demo-ledger-pool", "eu-ledger pool wait above 2 s", "critical", "eu-ledger", "resolved", "INC-284", 9),
    Ring(3, "demo-payouts-queue", "payouts-worker queue age above 10 min", "critical", "payouts"),
    Ring(9, "demo-checkout-lcp", "checkout-web LCP over 4 s at p75", "error", "checkout-api"),
    Ring(27, "demo-search-disk", "Disk 81% on search-node-3", "warning", "search", seen=4),
    Ring(34, "demo-exports-late", "Export queue older than 30 min", "warning", "exports", seen=2),
    Ring(58, "demo-cert", "Certificate of api.sandbox expires in 13 days", "info", "sandbox"),
)


def connect(by: User) -> AlertSource:
    """Makes one Alertmanager and one generic source; returns the first."""
    prometheus = sources.create("alertmanager", "Prometheus", by=by)
    sources.create("generic", "Synthetic checks", by=by)
    return prometheus


def ring(source: AlertSource, services: dict[str, Service], now: datetime) -> None:
    """Writes the alerts as they would stand after tonight's payloads."""
    incidents = {incident.key: incident for incident in Incident.objects.all()}
    Alert.objects.bulk_create(
        Alert(
            source=source,
            dedup_key=ring.key,
            status=ring.status,
            severity=ring.severity,
            title=ring.title,
            labels={"service": ring.service, "severity": ring.severity, "region": "eu"},
            component_hint=ring.service,
            service=services[ring.service],
            incident=incidents.get(ring.opened),
            starts_at=now - timedelta(minutes=ring.minutes),
            first_seen_at=now - timedelta(minutes=ring.minutes),
            last_seen_at=now - timedelta(minutes=min(ring.minutes, 5)),
            ends_at=now - timedelta(minutes=5) if ring.status == Alert.Status.RESOLVED else None,
            seen_count=ring.seen,
        )
        for ring in RINGS
    )
