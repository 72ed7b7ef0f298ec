"""Sections of the report about the work: cause, decisions, actions, tasks."""

from collections.abc import Mapping

from incidents.models import ActionState, DecisionState, HypothesisState, Incident, Kind, Visibility
from incidents.response.report_parts import Record, Section, clock, iso, name, plain
from notifications.prose import to_text


def cause(incident: Incident, record: Record) -> Section:
    """What it was, what it was not, and what was seen."""
    listed = list(incident.hypotheses.select_related("owner"))
    findings = list(incident.findings.select_related("found_by", "hypothesis", "entry"))
    findings = [one for one in findings if record.is_in_room or one.entry.visibility == Visibility.STAFF]
    confirmed = [one for one in listed if one.state == HypothesisState.CONFIRMED]
    lines = [f"**{plain(one.title)}** {plain(one.verdict)}".strip() for one in confirmed]
    if lines:
        lines.append("")
    lines += [
        f"- {one.get_state_display()}: {plain(one.title)}{f' ({plain(one.verdict)})' if one.verdict else ''}"
        for one in listed
        if one not in confirmed
    ]
    lines += [
        f"- Finding, {one.get_confidence_display().lower()}: {plain(one.text)} ({one.found_by})" for one in findings
    ]
    return Section(
        "cause",
        "Cause and findings",
        tuple(lines),
        {
            "hypotheses": [
                {"title": one.title, "state": one.state, "verdict": one.verdict, "owner": name(one.owner)}
                for one in listed
            ],
            "findings": [
                {
                    "text": one.text,
                    "confidence": one.confidence,
                    "by": name(one.found_by),
                    "at": one.found_at.isoformat(),
                }
                for one in findings
            ],
        },
        lacks="" if confirmed else "No cause is confirmed.",
    )


def decisions(incident: Incident, record: Record) -> Section:
    """What was decided or asked, with the ways to go, the objections and the reason."""
    listed = list(
        incident.decisions.exclude(state=DecisionState.WITHDRAWN)
        .select_related("decided_by", "proposed_by")
        .prefetch_related("objections__user")
    )
    written = [entry for entry in record.rows if entry.kind == Kind.DECISION and not entry.data.get("decision")]
    lines: list[str] = []
    for one in listed:
        settled = one.state == DecisionState.DECIDED
        head = f"- {clock(one.decided_at or one.proposed_at)} {name(one.decided_by or one.proposed_by)}: "
        lines.append(f"{head}**{plain(one.outcome if settled else one.question)}**{'' if settled else ' (open)'}")
        if settled and one.question and one.question != one.outcome:
            lines.append(f"  - Asked: {plain(one.question)}")
        lines += [_option(way, is_recommended=place == one.recommended) for place, way in enumerate(one.options)]
        standing = [objection for objection in one.objections.all() if objection.withdrawn_at is None]
        lines += [f"  - Strong objection by {objection.user}: {plain(objection.text)}" for objection in standing]
        if one.reason:
            lines.append(f"  - Why: {plain(one.reason)}")
    lines += [f"- {clock(entry.occurred_at)} {name(entry.actor)}: {plain(to_text(entry.body))}" for entry in written]
    without = [one for one in listed if one.state == DecisionState.DECIDED and not one.reason]
    return Section(
        "decisions",
        "Decisions",
        tuple(lines),
        [
            {
                "question": one.question,
                "state": one.state,
                "options": one.options,
                "recommended": one.recommended,
                "outcome": one.outcome,
                "reason": one.reason,
                "by": name(one.decided_by),
                "at": iso(one.decided_at),
                "objections": [
                    {"by": objection.user.username, "text": objection.text}
                    for objection in one.objections.all()
                    if objection.withdrawn_at is None
                ],
            }
            for one in listed
        ]
        + [
            {
                "outcome": entry.body,
                "reason": entry.data.get("reason", ""),
                "by": name(entry.actor),
                "at": entry.occurred_at.isoformat(),
            }
            for entry in written
        ],
        lacks=f"{len(without)} without a reason." if without else "" if lines else "No decision is logged.",
        note=str(len(listed) + len(written)),
    )


def actions(incident: Incident) -> Section:
    """What was done to what we run, and what it changed."""
    listed = list(incident.actions.select_related("executor", "approved_by"))
    lines = [
        f"- {clock(one.started_at or one.proposed_at)} {one.get_kind_display()}, {one.get_state_display().lower()}: "
        f"{plain(one.title)}{f' ({one.executor})' if one.executor else ''}. "
        f"Effect: {plain(one.effect) if one.effect else 'not stated'}."
        for one in listed
    ]
    lacking = [one for one in listed if one.state == ActionState.DONE and not one.effect]
    return Section(
        "actions",
        "Actions and their effect",
        tuple(lines),
        [
            {
                "kind": one.kind,
                "title": one.title,
                "state": one.state,
                "effect": one.effect,
                "risk": one.risk,
                "undo": one.undo,
                "by": name(one.executor),
                "approved_by": name(one.approved_by),
                "started_at": iso(one.started_at),
                "ended_at": iso(one.ended_at),
            }
            for one in listed
        ],
        lacks=f"{len(lacking)} done without a stated effect." if lacking else "" if lines else "No action is recorded.",
        note=str(len(listed)),
    )


def tasks(incident: Incident) -> Section:
    """Who did what, or has it to do."""
    listed = list(incident.tasks.select_related("assignee"))
    lines = [
        f"- [{'x' if one.state == 'done' else ' '}] {plain(one.title)}, {one.assignee or 'without owner'}, "
        f"{one.get_state_display().lower()}{f', due {clock(one.due_at)}' if one.due_at and one.is_open else ''}"
        for one in listed
    ]
    unowned = [one for one in listed if one.is_open and one.assignee_id is None]
    return Section(
        "tasks",
        "Tasks",
        tuple(lines),
        [
            {
                "id": one.pk,
                "title": one.title,
                "state": one.state,
                "assignee": one.assignee.username if one.assignee else None,
                "due_at": iso(one.due_at),
                "ended_at": iso(one.ended_at),
            }
            for one in listed
        ],
        lacks=f"{len(unowned)} without an owner." if unowned else "",
        note=str(len(listed)),
    )


def _option(way: Mapping[str, str], *, is_recommended: bool) -> str:
    risk = f"; risk: {plain(way['risk'])}" if way.get("risk") else ""
    return f"  - Option{' (recommended)' if is_recommended else ''}: {plain(way['text'])}{risk}"
