"""What a person writes into the timeline."""

from django import forms

from incidents.models import Kind
from incidents.models.entry import WRITTEN


class EntryForm(forms.Form):
    """An entry and, where it happened earlier, when (in UTC)."""

    body = forms.CharField(
        label="Add a timeline entry",
        max_length=20_000,
        error_messages={"required": "Write what happened, then add it."},
    )
    kind = forms.ChoiceField(choices=[(kind.value, kind.label) for kind in WRITTEN], required=False)
    occurred_at = forms.DateTimeField(required=False, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or Kind.NOTE
