"""Moments and lengths as templates print them: clocks that run, times of day in UTC, lengths in words.

A built-in of every template (settings), beside `ui`. Nothing here asks the database.
"""

from datetime import UTC, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

#: A promise turns amber when this share of its time is left.
SOON = 0.2


@register.simple_tag
def elapsed(since: datetime, until: datetime | None = None) -> SafeString:
    """A clock that counts up from `since`; it stands still where `until` is given."""
    if until is not None:
        return format_html('<time datetime="{}">{}</time>', since.isoformat(), in_clock(until - since))
    return format_html(
        '<time data-elapsed datetime="{}">{}</time>', since.isoformat(), in_clock(timezone.now() - since)
    )


@register.simple_tag
def countdown(moment: datetime) -> SafeString:
    """A clock that counts down to `moment`, and below zero when it is late."""
    left = moment - timezone.now()
    late = mark_safe(' class="late"') if left < timedelta() else ""
    return format_html('<time data-due datetime="{}"{}>{}</time>', moment.isoformat(), late, in_clock(left))


@register.simple_tag(name="due_tone")
def due_tone(moment: datetime, every: timedelta | None = None) -> str:
    """'bad' when late, 'caution' when a fifth of the time is left, else empty."""
    left = moment - timezone.now()
    if left < timedelta():
        return "bad"
    return "caution" if left < SOON * (every or timedelta(minutes=30)) else ""


@register.simple_tag
def at(moment: datetime | None, form: str = "time") -> SafeString:
    """A moment in UTC: 'time' 02:14, 'short' 23 Nov 02:14, 'long' 23 Nov 2025, 02:14 UTC."""
    if moment is None:
        return SafeString("")
    moment = moment.astimezone(UTC)
    shown = {
        "time": f"{moment:%H:%M}",
        "short": f"{moment.day} {moment:%b %H:%M}",
        "long": f"{moment.day} {moment:%b %Y, %H:%M} UTC",
    }[form]
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(), shown)


@register.filter
def in_clock(length: timedelta) -> str:
    """'44:12', '2:05:40', '-01:10' — as app.js writes it, so that the text does not jump when it takes over."""
    seconds = int(length.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    hours, rest = divmod(seconds, 3600)
    if hours >= 48:
        return f"{sign}{hours // 24} d {hours % 24} h"
    minutes, seconds = divmod(rest, 60)
    return f"{sign}{hours}:{minutes:02}:{seconds:02}" if hours else f"{sign}{minutes:02}:{seconds:02}"


@register.filter
def in_words(length: timedelta | None) -> str:
    """'44 min', '2 h 5 min', '3 days' — a length as a person says it."""
    if length is None:
        return ""
    minutes = max(int(length.total_seconds()) // 60, 0)
    if minutes < 1:
        return "under a minute"
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} days"
