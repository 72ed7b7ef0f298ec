"""Spans of time as people write them: '20 min', '4 h', '1 h 30 min', '3 days'."""

import re
from datetime import timedelta

from django import forms

from incidents.severity import in_words

_UNITS = {"min": 1, "m": 1, "h": 60, "hour": 60, "hours": 60, "d": 1440, "day": 1440, "days": 1440}
_PART = re.compile(r"(\d{1,6})\s*([a-z]*)\s*")


class SpanField(forms.Field):
    """A span; empty where nothing is due by the clock. A bare number is minutes."""

    def __init__(self, **kwargs: object) -> None:
        kwargs.setdefault("help_text", "As 20 min, 4 h or 3 days; empty: nothing is due.")
        super().__init__(required=False, **kwargs)  # type: ignore[arg-type]

    def prepare_value(self, value: object) -> object:
        if isinstance(value, timedelta):
            words = in_words(value)
            return "1 day" if words == "day" else words
        return value

    def to_python(self, value: object) -> timedelta | None:
        text = str(value or "").strip().lower()[:40]
        if not text:
            return None
        parts = _PART.findall(text)
        if "".join(_PART.sub("", text).split()) or not all(unit in _UNITS or not unit for _, unit in parts):
            raise forms.ValidationError("Write it as 20 min, 4 h or 3 days.")
        return timedelta(minutes=sum(int(number) * _UNITS.get(unit or "min", 1) for number, unit in parts))

    def has_changed(self, initial: object, data: object) -> bool:
        try:
            return self.to_python(data) != initial
        except forms.ValidationError:
            return True
