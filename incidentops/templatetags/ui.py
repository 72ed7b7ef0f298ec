"""The design system's small parts as template tags: each takes a real object and returns accessible markup.

A built-in of every template (settings), so nothing needs loading. Nothing here asks the database, and
nothing carries inline style: colours come from `data-tone`, shapes from SVG attributes.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Protocol

from django import forms, template
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from incidentops.templatetags.times import countdown, due_tone
from incidents.models import Incident, Severity, State
from incidents.response import coverage
from incidents.views import entries, printed
from notifications.prose import to_html, to_text
from roles.catalog import SIGNS, Role
from roles.models import RoleAssignment, User
from statuspage.models import ComponentStatus

register = template.Library()

#: Severity → (tone, lit bars of four). SEV5 is mute with no bar lit.
SEVERITY_SIGNS = {
    Severity.SEV1: ("bad", 4),
    Severity.SEV2: ("partial", 3),
    Severity.SEV3: ("caution", 2),
    Severity.SEV4: ("mute", 1),
    Severity.SEV5: ("mute", 0),
}
#: How far along an incident is, in sevenths of the pie.
PROGRESS = {State.TRIAGE: 2, State.INVESTIGATING: 3, State.IDENTIFIED: 4, State.MONITORING: 5}
#: States in which nobody works on restoring service: (class, icon).
ENDED = {
    State.RESOLVED: ("resolved", "ok"),
    State.REVIEWING: ("reviewed", "book"),
    State.CLOSED: ("reviewed", "check"),
    State.CANCELLED: ("reviewed", "x"),
    State.MERGED: ("reviewed", "link"),
}
#: Component status → (tone, icon); the shape differs, so that colour is never alone.
STATUS_SIGNS = {
    ComponentStatus.OPERATIONAL: ("ok", "ok"),
    ComponentStatus.DEGRADED_PERFORMANCE: ("caution", "minus"),
    ComponentStatus.PARTIAL_OUTAGE: ("partial", "half"),
    ComponentStatus.MAJOR_OUTAGE: ("bad", "stop"),
    ComponentStatus.UNDER_MAINTENANCE: ("plan", "wrench"),
}
_OFF = mark_safe(' class="off"')


@register.simple_tag
@cache
def i(name: str, size: str = "") -> SafeString:
    """An icon of the sprite: `{% i "bell" %}`, `{% i "bell" "lg" %}`."""
    kind = f" i-{size}" if size else ""
    return format_html(
        '<svg class="i{}" aria-hidden="true"><use href="{}#i-{}"/></svg>', kind, static("icons.svg"), name
    )


@register.simple_tag
@cache
def logo() -> SafeString:
    """The product's mark: a ring of seven roles."""
    arcs = format_html_join("", '<path d="M{} {}A8.6 8.6 0 0 1 {} {}"/>', _ring(12, 8.6, gap=16))
    return format_html(
        '<svg viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="3.2">{}'
        '<circle cx="12" cy="12" r="2.6" fill="currentColor" stroke="none"/></svg>',
        arcs,
    )


@register.simple_tag
def av(user: User | None, size: str = "") -> SafeString:
    """Initials in the person's colour; an empty dashed ring for nobody."""
    if user is None:
        return format_html('<span class="av none{}" aria-hidden="true">?</span>', f" {size}" if size else "")
    kind = f" {size}" if size else ""
    return format_html('<span class="av{}" data-h="{}" aria-hidden="true">{}</span>', kind, user.hue, user.initials)


@register.simple_tag
def who(user: User | None, short: bool = False) -> SafeString:
    """Initials and name; the first name alone where there is little room."""
    name = "IncidentOps" if user is None else (user.first_name if short and user.first_name else str(user))
    return format_html('<span class="who">{}{}</span>', av(user), name)


@register.simple_tag
@cache
def role(name: str, short: bool = True) -> SafeString:
    """A role's icon and name, by its name in the catalogue."""
    sign = SIGNS[name]
    return format_html('<span class="role">{}{}</span>', i(sign.icon, "sm"), sign.short if short else Role(name).label)


@register.simple_tag
@cache
def role_icon(name: str, size: str = "") -> SafeString:
    """A role's icon alone."""
    return i(SIGNS[name].icon, size)


@register.filter
def role_name(name: str) -> str:
    """A role's short name: 'comms_lead' → 'Comms Lead'."""
    return SIGNS[name].short if name in SIGNS else ""


@register.simple_tag
@cache
def sev(severity: str, kind: str = "") -> SafeString:
    """A severity with its signal bars. `kind` is 'big' or 'quiet'."""
    tone, lit = SEVERITY_SIGNS[Severity(severity)]
    bars = format_html_join(
        "",
        '<rect x="{}" y="{}" width="2.4" height="{}" rx=".8"{}/>',
        (
            (round(n * 3.4, 1), round(6 - n * 2.4, 1), round(n * 2.4 + 3.2, 1), _OFF if n >= lit else "")
            for n in range(4)
        ),
    )
    return format_html(
        '<span class="sev{}" data-tone="{}"><svg viewBox="0 -1.6 12.8 12" aria-hidden="true">{}</svg>{}</span>',
        f" {kind}" if kind else "",
        tone,
        bars,
        severity,
    )


@register.simple_tag
def sev_tone(severity: str) -> str:
    """The tone of a severity, for things that take its colour."""
    return SEVERITY_SIGNS[Severity(severity)][0]


@register.simple_tag
@cache
def pie(step: int, of: int = 7) -> SafeString:
    """A pie that fills as the incident advances."""
    arc = round(2 * math.pi * 2.6 * step / of, 2)
    return format_html(
        '<svg class="pie" viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="6.8"/><circle cx="8" cy="8" '
        'r="2.6" transform="rotate(-90 8 8)" stroke-dasharray="{} 99" stroke-width="5.2"/></svg>',
        arc,
    )


@register.simple_tag
@cache
def state_sign(name: str) -> SafeString:
    """The sign of a state alone: a pie while it is worked on, an icon when it is over."""
    known = State(name)
    return pie(PROGRESS[known]) if known in PROGRESS else i(ENDED[known][1])


@register.simple_tag
@cache
def state(name: str) -> SafeString:
    """An incident's state, sign and word."""
    known = State(name)
    kind = f" {ENDED[known][0]}" if known in ENDED else ""
    return format_html('<span class="state{}">{}{}</span>', kind, state_sign(name), known.label)


@register.simple_tag
def st(status: str, label: str = "") -> SafeString:
    """A component's status; 'No data' where it is not known."""
    if status not in STATUS_SIGNS:
        return format_html('<span class="st" data-tone="mute">{}{}</span>', i("help"), label or "No data")
    known = ComponentStatus(status)
    tone, icon = STATUS_SIGNS[known]
    return format_html('<span class="st" data-tone="{}">{}{}</span>', tone, i(icon), label or known.label)


@register.simple_tag
def st_tone(status: str) -> str:
    """The tone of a component's status, for banners and bars."""
    return STATUS_SIGNS[ComponentStatus(status)][0] if status in STATUS_SIGNS else "mute"


@register.simple_tag
def st_icon(status: str, size: str = "") -> SafeString:
    """The icon of a component's status alone."""
    return i(STATUS_SIGNS[ComponentStatus(status)][1] if status in STATUS_SIGNS else "help", size)


#: An alert's severity in its own words → tone.
ALERT_TONES = {"critical": "bad", "error": "partial", "warning": "caution", "info": "mute"}


@register.simple_tag
def alert_tone(severity: str) -> str:
    """The tone of an alert: critical, error, warning, info; mute where it says something else."""
    return ALERT_TONES.get(severity, "mute")


@register.simple_tag
def crew(incident: Incident) -> SafeString:
    """The seven-segment ring of an incident: filled, asked for, a gap where the severity needs the role, or off:
    not asked for, or said to be not needed."""
    kinds, filled, missing = [], 0, []
    for slot in coverage.roster(incident):
        if not slot.is_vacant:
            kinds.append("")
            filled += 1
        elif slot.offers or slot.calls:
            kinds.append("paged")
        elif slot.is_gap:
            kinds.append("gap")
            missing.append(SIGNS[slot.role].short)
        else:
            kinds.append("off")
    paths = format_html_join(
        "",
        '<path class="{}" d="M{} {}A13 13 0 0 1 {} {}"/>',
        ((kind, *arc) for kind, arc in zip(kinds, _ring(16, 13, gap=11), strict=True)),
    )
    label = f"{filled} of {filled + len(missing)} roles filled"
    if missing:
        label += f", missing: {', '.join(missing)}"
    return format_html(
        '<svg class="crew" viewBox="0 0 32 32" role="img" aria-label="{}">{}'
        '<text x="16" y="19.6" aria-hidden="true">{}</text></svg>',
        label,
        paths,
        filled,
    )


class Day(Protocol):
    """One day of an uptime bar. A quiet day has an empty tone."""

    on: date
    tone: str
    text: str
    url: str


@register.simple_tag
def uptime(name: str, percent: str, days: Iterable[Day]) -> SafeString:
    """Bars of one component, oldest day first; only days with something to tell are links.

    `percent` is the figure as shown ('99.98'). A day's url may be empty: then it is marked, not linked.
    """
    listed = list(days)
    count = sum(1 for day in listed if day.tone and day.tone not in {"ok", "plan", "mute"})
    words = "no days with incidents" if not count else f"{count} day{'s' if count > 1 else ''} with incidents"
    return format_html(
        '<div class="uptime" role="group" aria-label="{}: {}% uptime over {} days, {}">{}</div>',
        name,
        percent,
        len(listed),
        words,
        # Every bar is escaped by itself; a page has thousands of them.
        mark_safe("".join(_bar(day) for day in listed)),  # noqa: S308
    )


_QUIET_DAY = mark_safe("<i></i>")


def _bar(day: Day) -> SafeString:
    if not day.tone or day.tone == "ok":
        return _QUIET_DAY
    on = f"{day.on.day} {day.on:%b}"
    tip = format_html('<span class="tip" aria-hidden="true"><b>{}</b>{}</span>', on, day.text)
    if not day.url:
        return format_html('<i data-tone="{}">{}<span class="sr">{}: {}</span></i>', day.tone, tip, on, day.text)
    return format_html('<a href="{}" data-tone="{}" aria-label="{}: {}">{}</a>', day.url, day.tone, on, day.text, tip)


@register.simple_tag
def meter(value: float, of: float = 100, tone: str = "", label: str = "") -> SafeString:
    """A bar that says how much of something is used."""
    colour = format_html(' data-tone="{}"', tone) if tone else ""
    return format_html(
        '<progress value="{}" max="{}"{} aria-label="{}"></progress>', value, of, colour, label or f"{value} of {of}"
    )


@register.simple_tag
def spark(values: Iterable[float], tone: str = "", width: int = 96, height: int = 24) -> SafeString:
    """A small line of at least two values, filled below."""
    points = [float(value) for value in values]
    if len(points) < 2:
        return SafeString("")
    low, span = min(points), (max(points) - min(points)) or 1
    step = width / (len(points) - 1)
    path = "M" + "L".join(
        f"{round(n * step, 1)} {round(height - 2 - (value - low) / span * (height - 4), 1)}"
        for n, value in enumerate(points)
    )
    colour = format_html(' data-tone="{}"', tone) if tone else ""
    return format_html(
        '<svg class="spark"{} viewBox="0 0 {w} {h}" preserveAspectRatio="none" aria-hidden="true">'
        '<path class="area" d="{path}L{w} {h}L0 {h}Z"/><path class="line" d="{path}"/></svg>',
        colour,
        w=width,
        h=height,
        path=path,
    )


@register.simple_tag
def due(moment: datetime, every: timedelta | None = None) -> SafeString:
    """A promise with its countdown, in the tone of how much time is left of `every`."""
    tone = due_tone(moment, every)
    kind = " over" if tone == "bad" else ""
    return format_html(
        '<span class="due{}"{}>{}{}</span>',
        kind,
        format_html(' data-tone="{}"', tone) if tone else "",
        i("clock", "sm"),
        countdown(moment),
    )


@register.simple_tag(takes_context=True)
def entry(context: Context, row: entries.Row) -> SafeString:
    """A row of the timeline, with what the reader may do with it."""
    return printed.entry(
        row,
        key=context["incident"].key,
        may=context.get("may") or frozenset(),
        kind=context.get("kind") or "",
        token=format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', context["csrf_token"]),
    )


@register.filter
def prose(text: str) -> SafeString:
    """What people wrote in Markdown, as safe HTML."""
    return to_html(text)


@register.filter
def plain(text: str) -> str:
    """What people wrote in Markdown, as plain text on one line."""
    return " ".join(to_text(text).split())


@register.filter
def seen_by(holders: Sequence[RoleAssignment], reader: User) -> RoleAssignment | None:
    """Whom a slot of the roster names where several share the seat: the reader themselves, else who came first."""
    # Situation draws one piece for all who have nothing to do with it: nobody in particular has no number.
    own = getattr(reader, "pk", None)
    return next((seat for seat in holders if seat.user_id == own), holders[0] if holders else None)


@register.filter
def styled(field: forms.BoundField) -> SafeString:
    """A form field's widget in the design's dress."""
    return field.as_widget(attrs={"class": f"{field.field.widget.attrs.get('class', '')} input".strip()})


def _ring(centre: float, radius: float, *, gap: float) -> list[tuple[float, float, float, float]]:
    """Start and end points of seven arcs with `gap` degrees between them, the first at the top."""
    arcs = []
    for n in range(7):
        start = math.radians(-90 + n * 360 / 7 + gap / 2)
        end = math.radians(-90 + (n + 1) * 360 / 7 - gap / 2)
        arcs.append(
            (
                round(centre + radius * math.cos(start), 2),
                round(centre + radius * math.sin(start), 2),
                round(centre + radius * math.cos(end), 2),
                round(centre + radius * math.sin(end), 2),
            )
        )
    return arcs
