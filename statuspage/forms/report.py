"""What a visitor says that they see. Guards against robots are part of the form, as in subscribing."""

import time

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from notifications import links
from statuspage import subscriptions
from statuspage.forms.subscribe import LONGEST, QUICKEST
from statuspage.models import StatusPage


class ReportForm(forms.Form):
    """One field is needed. `website` is seen by robots only; `stamp` says when the form was made, and cannot be
    forged."""

    symptom = forms.CharField(max_length=300, error_messages={"required": "Say in a line what goes wrong."})
    details = forms.CharField(max_length=5000, required=False, widget=forms.Textarea)
    component = forms.ChoiceField(required=False)
    name = forms.CharField(max_length=150, required=False)
    email = forms.CharField(max_length=254, required=False)
    website = forms.CharField(required=False, widget=forms.HiddenInput)
    stamp = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, page: StatusPage) -> None:
        super().__init__(data)
        self.page = page
        parts = page.components.order_by("group__position", "position").values_list("slug", "name")
        self.fields["component"].choices = [("", "I do not know"), *parts]  # type: ignore[attr-defined]

    @property
    def is_robot(self) -> bool:
        """Whether the trap was filled in."""
        return bool(self.data.get("website", ""))

    def fresh_stamp(self) -> str:
        """What the form shown now carries."""
        return links.sign(f"report-form:{self.page.pk}", int(time.time()), timed=True)

    def clean_email(self) -> str:
        typed = str(self.cleaned_data["email"]).strip()
        return subscriptions.address_of("email", typed) if typed else ""

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        made = links.read(f"report-form:{self.page.pk}", str(values.get("stamp") or ""), max_age=LONGEST)
        if made is None or time.time() - int(made) < QUICKEST.total_seconds():
            raise ValidationError("Please send the form once more: this one was too old or too quick.")
        return values
