"""Sections of the report that are read from the incident itself and from its record."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Count

from incidents.models import (
    AdviceState,
    DecisionState,
    Incident,
    IncidentRole,
    TimelineEntry,
    UpdateState,
    Visibility,
)
from incidents.response.gaps import Gap
from incidents.response.report_parts import Record, Section, Tell, clock, day, iso, lasted, name, plain
from notifications.models import Message
from notifications.models import State as Delivery
from roles.catalog import SIGNS, Role

#: What was written down later than this after it happened is said to be.
LATE = timedelta(minutes=2)
_COUNTED = ("total", "sent", "delivered", "failed")


def summary(incident: Incident) -> Section:
    """What happened, in the words of the incident."""
    text = incident.summary.strip()
    services = [service.name for service in incident.services.all()]
    lines = [plain(text)] if text else []
    if services:
        lines += ["", f"Services: {plain(', '.join(services))}."]
    return Section(
        "summary",
        "Summary",
        tuple(lines),
        {"summary": incident.summary, "services": services},
        lacks="" if text else "The impact is not stated.",
    )


_STAMPS = ("detected_at", "declared_at", "acknowledged_at", "identified_at", "mitigated_at", "resolved_at", "closed_at")


def impact(incident: Incident) -> Section:
    """When each thing happened, and how long it took."""
    stamps = {name: getattr(incident, name) for name in _STAMPS}
    took = durations(incident)
    lines = [f"- {name.removesuffix('_at').capitalize()}: {day(at)}" for name, at in stamps.items() if at]
    lines += [f"- Time to {verb}: {lasted(length)}" for verb, length in took.items() if length is not None]
    lines.append(f"- {'Lasts' if incident.is_active else 'Lasted'}: {lasted(incident.age)}")
    if incident.worst_severity and incident.worst_severity != incident.severity:
        lines.append(f"- At its worst: {incident.worst_severity}")
    return Section(
        "impact",
        "Times and durations",
        tuple(lines),
        {
            "stamps": {name: at.isoformat() if at else None for name, at in stamps.items()},
            "seconds_to": {verb: _seconds(length) for verb, length in took.items()},
            "seconds": _seconds(incident.age),
        },
        lacks="It goes on: the end is not known." if incident.is_active else "",
        note="" if incident.is_active else lasted(incident.age),
    )


def roles(incident: Incident) -> Section:
    """Who held which role, from when to when."""
    seats = list(
        IncidentRole.objects.filter(incident=incident, assumed_at__isnull=False)
        .select_related("user", "takes_over")
        .order_by("assumed_at", "pk")
    )
    order = list(Role)
    seats.sort(key=lambda seat: order.index(Role(seat.role)))
    lines = [
        f"- {seat.get_role_display()}{'' if seat.kind == 'primary' else f', {seat.kind}'}: {seat.user}, "
        f"{clock(seat.assumed_at)} to {clock(seat.renounced_at) if seat.renounced_at else 'now'}"
        f"{' (handed over)' if seat.takes_over_id else ''}"
        for seat in seats
    ]
    return Section(
        "roles",
        "Roles and handovers",
        tuple(lines),
        [
            {
                "role": seat.role,
                "kind": seat.kind,
                "user": seat.user.username,
                "from": iso(seat.assumed_at),
                "to": iso(seat.renounced_at),
                "brief": seat.brief,
            }
            for seat in seats
        ],
        lacks="" if seats else "Nobody held a role.",
        note=str(len(seats)),
    )


def durations(incident: Incident) -> dict[str, timedelta | None]:
    """How long it took, by what it took: from the first signal, where one was seen."""
    start = incident.detected_at or incident.opened_at

    def until(moment: datetime | None) -> timedelta | None:
        return max(moment - start, timedelta()) if moment else None

    return {
        "declare": until(incident.declared_at),
        "acknowledge": until(incident.acknowledged_at),
        "identify": until(incident.identified_at),
        "mitigate": until(incident.mitigated_at),
        "resolve": until(incident.resolved_at),
    }


def updates(incident: Incident) -> Section:
    """What was said to whom, and what became of the messages: two queries."""
    listed = list(incident.updates.filter(state=UpdateState.PUBLISHED).order_by("published_at", "pk"))
    proof = _deliveries([update.pk for update in listed])
    lines = []
    for one in listed:
        where = f" on {one.page}" if one.page else ""
        lines.append(f"- {clock(one.published_at)} {one.get_audience_display()}{where}: {plain(one.body)}")
        for channel, counts in proof.get(one.pk, {}).items():
            told = ", ".join(f"{number:,} {word}" for word, number in counts.items() if number)
            lines.append(f"  - {channel}: {told or 'nobody'}")
    return Section(
        "updates",
        "Updates sent",
        tuple(lines),
        [
            {
                "id": one.pk,
                "audience": one.audience,
                "page": one.page,
                "status": one.status,
                "title": one.title,
                "body": one.body,
                "published_at": iso(one.published_at),
                "deliveries": proof.get(one.pk, {}),
            }
            for one in listed
        ],
        lacks="" if listed else "Nothing was said yet.",
        note=str(len(listed)),
    )


def _deliveries(updates: list[int]) -> dict[int, dict[str, dict[str, int]]]:
    """Per update and channel, what became of its messages, counted as `outbox.summary` counts."""
    topics = {f"update:{pk}": pk for pk in updates}
    rows = Message.objects.filter(content__topic__in=topics).order_by("channel")
    found: dict[int, dict[str, dict[str, int]]] = {}
    counted = rows.values_list("content__topic", "channel", "state").annotate(count=Count("pk"), sent=Count("sent_at"))
    for topic, channel, state, count, sent in counted:
        counts = found.setdefault(topics[topic], {}).setdefault(channel, dict.fromkeys(_COUNTED, 0))
        counts["total"] += count
        counts["sent"] += sent
        counts["delivered"] += count if state == Delivery.DELIVERED else 0
        counts["failed"] += count if state in {Delivery.FAILED, Delivery.BOUNCED} else 0
    return found


def alerts(incident: Incident) -> Section:
    """What the monitoring tools said."""
    listed = list(incident.alerts.select_related("source").order_by("first_seen_at", "pk"))
    lines = [
        f"- {clock(one.starts_at or one.first_seen_at)} {plain(one.title)} ({one.source}), "
        f"{one.get_status_display().lower()}{f' at {clock(one.ends_at)}' if one.ends_at else ''}"
        for one in listed
    ]
    return Section(
        "alerts",
        "Alerts",
        tuple(lines),
        [
            {
                "title": one.title,
                "source": one.source.name,
                "status": one.status,
                "starts_at": iso(one.starts_at),
                "ends_at": iso(one.ends_at),
            }
            for one in listed
        ],
        note=str(len(listed)),
    )


def evidence(incident: Incident, record: Record) -> Section:
    """Which files were kept, with their digests."""
    kept = incident.attachments.select_related("attached_by").order_by("pk")
    listed = list(kept if record.is_in_room else kept.filter(visibility=Visibility.STAFF))
    lines = [
        f"- {clock(one.attached_at)} {plain(one.name)}, {one.size:,} bytes, SHA-256 `{one.digest}`" for one in listed
    ]
    return Section(
        "evidence",
        "Evidence",
        tuple(lines),
        [
            {
                "name": one.name,
                "type": one.media_type,
                "size": one.size,
                "sha256": one.digest,
                "by": name(one.attached_by),
            }
            for one in listed
        ],
        note=str(len(listed)),
    )


def moments(record: Record, tell: Tell) -> Section:
    """The rows that somebody marked as telling the story."""
    marked = [entry for entry in record.rows if hasattr(entry, "key_moment")]
    return Section(
        "moments",
        "Key moments",
        tuple(_line(entry, tell) for entry in marked),
        [entry.number for entry in marked],
        lacks="" if marked else "No key moment is marked.",
        note=str(len(marked)),
    )


def timeline(record: Record, tell: Tell) -> Section:
    """Every row, oldest first."""
    return Section(
        "timeline",
        "Timeline",
        tuple(_line(entry, tell) for entry in record.rows),
        [
            {
                "number": entry.number,
                "kind": entry.kind,
                "occurred_at": iso(entry.occurred_at),
                "recorded_at": iso(entry.recorded_at),
                "by": name(entry.actor),
                "role": entry.actor_role,
                "text": tell(entry),
                "is_key": hasattr(entry, "key_moment"),
            }
            for entry in record.rows
        ],
        note=str(record.total),
    )


def open_ends(incident: Incident, found: Sequence[Gap]) -> Section:
    """What still wants an answer: proposals, questions, needed tasks, and gaps in the record."""
    proposals = incident.decisions.filter(state=DecisionState.PROPOSED).values_list("question", flat=True)
    asked = incident.advice.filter(state=AdviceState.ASKED).values_list("question", flat=True)
    ends = [
        *(f"To decide: {plain(question)}" for question in proposals),
        *(f"Asked: {plain(question)}" for question in asked),
        *(gap.sentence for gap in found),
    ]
    return Section(
        "open",
        "Open ends",
        tuple(f"- {end}" for end in ends),
        ends,
        lacks=f"{len(ends)} to close." if ends else "",
        note=str(len(ends)),
    )


def _line(entry: TimelineEntry, tell: Tell) -> str:
    role = f" ({SIGNS[entry.actor_role].short})" if entry.actor_role in SIGNS else ""
    late = entry.recorded_at - entry.occurred_at > LATE
    written = f" (written down {clock(entry.recorded_at)})" if late else ""
    return f"- {clock(entry.occurred_at)} {name(entry.actor)}{role}: {plain(tell(entry))}{written}"


def _seconds(length: timedelta | None) -> int | None:
    return int(length.total_seconds()) if length is not None else None
