"""Anything that can post JSON: one alert as an object, or several as a list, in our own plain words.

`{"title", "dedup_key"?, "status"?, "severity"?, "body"?, "service"?, "labels"?, "links"?, "starts_at"?, "ends_at"?}`;
the names that other tools use for the same are taken too.
"""

import hashlib

from incidents.detection import signal
from incidents.detection.signal import Signal, Unreadable

MOST_ALERTS = 1000
TITLES = ("title", "summary", "message", "name")
BODIES = ("body", "description", "details", "text")
KEYS = ("dedup_key", "key", "alias", "id", "fingerprint")
STATUS_WORDS = {
    "firing": "firing",
    "alerting": "firing",
    "triggered": "firing",
    "trigger": "firing",
    "open": "firing",
    "problem": "firing",
    "down": "firing",
    "resolved": "resolved",
    "resolve": "resolved",
    "ok": "resolved",
    "closed": "resolved",
    "recovered": "resolved",
    "up": "resolved",
    "acknowledged": "acknowledged",
    "suppressed": "suppressed",
    "test": "test",
}


def read(body: object) -> list[Signal]:
    """One signal for each alert of the body; raises Unreadable where it makes no sense."""
    if isinstance(body, dict):
        inner = body.get("alerts")
        alerts = inner if isinstance(inner, list) else [body]
    elif isinstance(body, list):
        alerts = body
    else:
        raise Unreadable("A generic alert is a JSON object, or a list of them.")
    if not alerts:
        raise Unreadable("The list holds no alert.")
    if len(alerts) > MOST_ALERTS:
        raise Unreadable(f"{len(alerts)} alerts in one post; at most {MOST_ALERTS}.")
    return [_signal(alert, number) for number, alert in enumerate(alerts, start=1)]


def _signal(alert: object, number: int) -> Signal:
    if not isinstance(alert, dict):
        raise Unreadable(f"Alert {number} is no JSON object.")
    title = signal.line(_first(alert, TITLES), longest=signal.LONGEST_TITLE)
    if not title:
        raise Unreadable(f"Alert {number} has no `title`.")
    word = signal.line(alert.get("status", "firing"), longest=40).lower()
    if word not in STATUS_WORDS:
        known = ", ".join(sorted(set(STATUS_WORDS.values())))
        raise Unreadable(f"Alert {number} has the status {word!r}; known are {known}.")
    labels = signal.pairs(alert.get("labels"))
    named = {name: signal.line(alert[name], longest=200) for name in signal.HINT_LABELS if name in alert}
    return Signal(
        dedup_key=_key(alert, title),
        status=STATUS_WORDS[word],
        title=title,
        severity=signal.severity(alert.get("severity") or labels.get("severity")),
        body=signal.text(_first(alert, BODIES), longest=signal.LONGEST_BODY),
        labels=labels,
        links={name: url for name, value in signal.pairs(alert.get("links")).items() if (url := signal.address(value))},
        component_hint=signal.hint(named) or signal.hint(labels),
        starts_at=signal.moment(alert.get("starts_at")),
        ends_at=signal.moment(alert.get("ends_at")),
    )


def _key(alert: dict[str, object], title: str) -> str:
    """The key that it names; else one made from the title, so that the same title is the same alert.
    A key too long to store is told apart by its digest instead of its beginning."""
    key = signal.line(_first(alert, KEYS), longest=10_000)
    if not key:
        return f"title:{hashlib.sha256(title.encode()).hexdigest()[:32]}"
    return key if len(key) <= signal.LONGEST_KEY else f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"


def _first(alert: dict[str, object], names: tuple[str, ...]) -> object:
    return next((alert[name] for name in names if alert.get(name) not in (None, "", [], {})), None)
