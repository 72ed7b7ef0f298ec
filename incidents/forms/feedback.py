"""Forms of feedback: what support writes down, what a survey asks, and the summary afterwards."""

from django import forms

from incidents.communication.feedback import LONGEST_WORDS, QUESTIONS
from incidents.communication.summaries import CAUSES, LONGEST_PART
from incidents.models import CustomerAccount

_HELPED = [("", "Says nothing of it"), ("yes", "We told them well"), ("no", "We did not")]


class CaptureForm(forms.Form):
    """What a customer said of us."""

    words = forms.CharField(
        label="What they said", max_length=LONGEST_WORDS, widget=forms.Textarea(attrs={"rows": 2}), required=True
    )
    said_by = forms.CharField(label="Who", max_length=150, required=False)
    helped = forms.ChoiceField(label="How we told them", choices=_HELPED, required=False)

    def values(self) -> dict[str, object]:
        """What `feedback.capture` takes; a name that is an account's becomes it."""
        data = self.cleaned_data
        account = (
            CustomerAccount.objects.filter(name__iexact=data["said_by"].strip()).first() if data["said_by"] else None
        )
        helped = {"yes": True, "no": False}.get(data["helped"])
        return {"words": data["words"], "said_by": data["said_by"], "helped": helped, "account": account}


class SurveyForm(forms.Form):
    """Three questions, a score, and room for words."""

    score = forms.TypedChoiceField(
        label="How well did we keep you informed?",
        choices=[(1, "1, badly"), (2, "2"), (3, "3"), (4, "4"), (5, "5, very well")],
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a number from 1 to 5."},
    )
    words = forms.CharField(
        label="Anything that you want to tell us",
        max_length=LONGEST_WORDS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for name, asks in QUESTIONS.items():
            self.fields[name] = forms.ChoiceField(
                label=asks, required=False, choices=[("", "No answer"), ("yes", "Yes"), ("no", "No")]
            )
        self.order_fields(["score", *QUESTIONS, "words"])

    def answers(self) -> dict[str, bool]:
        """The questions that were answered."""
        return {name: self.cleaned_data[name] == "yes" for name in QUESTIONS if self.cleaned_data.get(name)}


class SummaryForm(forms.Form):
    """What happened, why, and what changes, for readers who were affected."""

    impact = forms.CharField(
        label="What happened",
        max_length=LONGEST_PART,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Who was affected, and how, in plain words.",
    )
    cause = forms.CharField(
        label="Why", max_length=100, widget=forms.TextInput(attrs={"list": "causes"}), help_text="The kind of cause."
    )
    changes = forms.CharField(label="What we change", max_length=LONGEST_PART, widget=forms.Textarea(attrs={"rows": 3}))

    causes = CAUSES
