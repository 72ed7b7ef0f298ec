"""Choosing who takes a seat, and what they are told when it is handed over."""

from collections.abc import Mapping, Sequence

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from incidents.response.candidates import Candidate
from incidents.response.handover import BRIEF, LONGEST_PART
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
    """The next holder and the brief; the brief may stay empty when seconds count.

    `at_once` is asked only where the holder may be replaced without waiting for an answer.
    """

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        people: Sequence[Candidate],
        brief: Mapping[str, str],
        may_pass_on_at_once: bool,
    ) -> None:
        super().__init__(data, initial=dict(brief))
        self.people = {str(one.user.pk): one.user for one in people}
        self.fields["to"] = forms.ChoiceField(
            label="To whom",
            error_messages={"required": "Choose who takes over."},
            choices=[
                ("", "Choose who takes over"),
                *((str(one.user.pk), f"{one.user}: {one.in_a_line}") for one in people),
            ],
        )
        for name in BRIEF:
            label, hint = _BRIEF_LABELS[name]
            self.fields[name] = forms.CharField(
                label=label,
                help_text=hint,
                required=False,
                max_length=LONGEST_PART,
                widget=forms.Textarea(attrs={"rows": 2}),
            )
        if may_pass_on_at_once:
            self.fields["at_once"] = forms.BooleanField(
                label="Pass it on at once: the holder is away and cannot wait for an answer", required=False
            )
        if may_pass_on_at_once or any(one.needs_reason for one in people):
            self.fields["reason"] = forms.CharField(
                label="Reason",
                required=False,
                max_length=200,
                help_text="Needed to pass it on at once, or for one person to command and lead the fix at SEV1.",
            )

    def chosen(self) -> User:
        return self.people[self.cleaned_data["to"]]

    def brief(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in BRIEF}
