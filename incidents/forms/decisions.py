"""What people type about decisions."""

from datetime import timedelta

from django import forms

from incidents.response import deciding

#: How long strong objections are asked for: minutes → what the form calls it.
WINDOWS = {"2": "2 min", "5": "5 min", "10": "10 min", "30": "30 min", "": "no window"}
#: When a decision is looked at again: minutes from now.
LATER = {"": "not again", "15": "in 15 min", "30": "in 30 min", "60": "in 1 h", "240": "in 4 h"}
OPTION_ROWS = 3


class OutcomeForm(forms.Form):
    """What was decided, and why."""

    outcome = forms.CharField(max_length=deciding.LONGEST_OUTCOME)
    reason = forms.CharField(max_length=deciding.LONGEST_OUTCOME, required=False)
    revisit = forms.ChoiceField(choices=list(LATER.items()), required=False)
    version = forms.IntegerField(required=False)

    def revisit_in(self) -> timedelta | None:
        """How long until it is looked at again."""
        minutes = self.cleaned_data.get("revisit")
        return timedelta(minutes=int(minutes)) if minutes else None


class ProposalForm(forms.Form):
    """A question with up to three ways to go."""

    question = forms.CharField(max_length=deciding.LONGEST_QUESTION)
    window = forms.ChoiceField(choices=list(WINDOWS.items()), required=False)
    recommended = forms.TypedChoiceField(
        choices=[("", "none"), *((str(place), str(place + 1)) for place in range(OPTION_ROWS))],
        coerce=int,
        empty_value=None,
        required=False,
    )
    version = forms.IntegerField(required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for place in range(OPTION_ROWS):
            self.fields[f"option_{place}"] = forms.CharField(max_length=deciding.LONGEST_OPTION, required=False)
            self.fields[f"risk_{place}"] = forms.CharField(max_length=deciding.LONGEST_OPTION, required=False)

    def options(self) -> list[dict[str, str]]:
        """The ways to go that were filled in."""
        rows = ((self.cleaned_data[f"option_{n}"], self.cleaned_data[f"risk_{n}"]) for n in range(OPTION_ROWS))
        return [{"text": text, "risk": risk} for text, risk in rows if text]

    def length(self) -> timedelta | None:
        """How long the window is open."""
        minutes = self.cleaned_data.get("window")
        return timedelta(minutes=int(minutes)) if minutes else None
