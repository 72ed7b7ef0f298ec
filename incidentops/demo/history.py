"""Ninety days of the demo page: what went wrong before tonight, made from a fixed seed and marked as demo."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from statuspage.models import Component, ComponentStatus, Impact, Interval, PublicIncident, PublicUpdate, StatusPage

SEED = 284
DEGRADED = ComponentStatus.DEGRADED_PERFORMANCE
PARTIAL = ComponentStatus.PARTIAL_OUTAGE
MAJOR = ComponentStatus.MAJOR_OUTAGE


@dataclass(frozen=True)
class Past:
    """One past incident: days before today, minutes it took, what each component went through, what was said."""

    days_ago: int
    minutes: int
    title: str
    components: dict[str, ComponentStatus]
    found: str
    solved: str


TOLD: tuple[Past, ...] = (
    Past(
        7,
        51,
        "Payout file rejected by partner bank",
        {"payouts": MAJOR},
        "One bank rejected the morning file. We are resending it.",
        "All delayed payouts have been sent. No action needed.",
    ),
    Past(
        20,
        22,
        "3-D Secure timeouts",
        {"card-payments": PARTIAL, "checkout-api": DEGRADED},
        "A provider of 3-D Secure answers late for some cards. We have switched to another.",
        "Card payments with 3-D Secure work normally again.",
    ),
    Past(
        44,
        19,
        "Webhook deliveries late",
        {"webhooks": DEGRADED},
        "A burst of retries filled one delivery queue. We are adding capacity.",
        "All late webhooks have been delivered.",
    ),
    Past(
        59,
        14,
        "Slow approvals in APAC",
        {"card-payments": DEGRADED},
        "A network route is slow. Traffic takes another one now.",
        "Approval times are back to normal.",
    ),
)
#: What now and then happened to the lesser parts, drawn by lot.
ODD = (
    ("reports", "Reports take longer to load", "A report query was slow. It has been rewritten."),
    ("dashboard", "Dashboard slow to load", "A cache was cold after a release. It has been warmed."),
    ("exports", "Exports queued for longer than usual", "A large export held others up. It was moved aside."),
    ("phone-support", "Long waiting times on the phone", "More colleagues are answering calls."),
)


def write(page: StatusPage, now: datetime) -> None:
    """Writes the past of `page`; the same for the same day."""
    components = {component.slug: component for component in page.components.all()}
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    lot = random.Random(SEED)  # noqa: S311
    for past in TOLD:
        _write(page, components, past, midnight - timedelta(days=past.days_ago) + timedelta(hours=10, minutes=15))
    for slug, title, solved in ODD:
        if slug not in components:
            continue
        days = lot.randint(8, 85)
        past = Past(days, lot.randint(9, 48), title, {slug: DEGRADED}, "We have found the cause.", solved)
        _write(page, components, past, midnight - timedelta(days=days) + timedelta(minutes=lot.randint(300, 1200)))


def _write(page: StatusPage, components: dict[str, Component], past: Past, start: datetime) -> None:
    end = start + timedelta(minutes=past.minutes)
    worst = max(past.components.values(), key=[DEGRADED, PARTIAL, MAJOR].index)
    incident = PublicIncident.objects.create(
        page=page,
        title=past.title,
        status="resolved",
        impact=Impact.MINOR if worst == DEGRADED else Impact.MAJOR,
        is_demo=True,
        started_at=start,
        monitoring_at=end - timedelta(minutes=5),
        resolved_at=end,
        created_at=start,
        updated_at=end,
    )
    names = ", ".join(components[slug].name for slug in past.components)
    for at, status, body in (
        (start + timedelta(minutes=3), "investigating", f"We are looking into a problem with {names}."),
        (start + timedelta(minutes=past.minutes // 2), "identified", past.found),
        (end, "resolved", past.solved),
    ):
        is_first, is_last = status == "investigating", status == "resolved"
        PublicUpdate.objects.create(
            public_incident=incident,
            status=status,
            body=body,
            affected=[
                {
                    "code": components[slug].public_id,
                    "name": components[slug].name,
                    "old_status": "operational" if is_first else bad,
                    "new_status": "operational" if is_last else bad,
                }
                for slug, bad in past.components.items()
            ],
            display_at=at,
            created_at=at,
            updated_at=at,
        )
    Interval.objects.bulk_create(
        Interval(component=components[slug], status=bad, started_at=start, ended_at=end, public_incident=incident)
        for slug, bad in past.components.items()
    )
