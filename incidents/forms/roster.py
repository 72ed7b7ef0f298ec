"""Choosing who takes a seat, and what they are told when it is handed over."""

from collections.abc import Sequence

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from incidents.response.candidates import Candidate
from incidents.response.staffing import BRIEF
from roles.catalog import Holding
from roles.models import User

_BRIEF_LABELS = {
    "situation": ("Situation", "What is going on, in two sentences."),
    "impact": ("Impact", "Who is affected, and how badly now."),
    "running_actions": ("Running actions", "What is being done, by whom."),
    "open_decisions": ("Open decisions", "What must be decided next."),
    "next_update": ("Next update", "What was promised, to whom, for when."),
}


class AssignForm(forms.Form):
    """Who takes the seat, and how."""

    user = forms.ModelChoiceField(queryset=User.objects.responders())
    kind = forms.ChoiceField(choices=Holding.choices, required=False)
    offer = forms.BooleanField(required=False)

    def chosen(self) -> User:
        """The person; ValidationError with a sentence where none of our responders was named."""
        person: User | None = self.cleaned_data.get("user")
        if person is None:
            raise ValidationError("Choose one of the responders.")
        return person


class HandOverForm(forms.Form):
    """The next holder and the brief; the brief may stay empty when seconds count."""

    def __init__(self, data: QueryDict | None = None, *, people: Sequence[Candidate]) -> None:
        super().__init__(data)
        self.people = {str(one.user.pk): one.user for one in people}
        self.fields["to"] = forms.ChoiceField(
            label="To whom",
            error_messages={"required": "Choose who takes over."},
            choices=[
                ("", "Choose who takes over"),
                *((str(one.user.pk), f"{one.user}{'' if one.is_qualified else ' (not qualified)'}") for one in people),
            ],
        )
        for name in BRIEF:
            label, hint = _BRIEF_LABELS[name]
            self.fields[name] = forms.CharField(
                label=label, help_text=hint, required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
            )

    def chosen(self) -> User:
        return self.people[self.cleaned_data["to"]]

    def brief(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in BRIEF}
