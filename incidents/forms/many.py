"""Choosing several rows of a table in a form."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

#: No row has a longer number: a longer one overflows the integers of SQLite instead of finding nothing.
LONGEST_NUMBER = 18


class ManyField(forms.ModelMultipleChoiceField):
    """Several rows by their number; a number that no database could hold is no choice."""

    def clean(self, value: Any) -> Any:
        for one in value if isinstance(value, list | tuple) else ():
            if len(str(one)) > LONGEST_NUMBER:
                raise ValidationError(
                    self.error_messages["invalid_choice"], code="invalid_choice", params={"value": str(one)[:40]}
                )
        return super().clean(value)
