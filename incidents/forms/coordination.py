"""What is typed to lead the experts' work: workstreams, reports, questions and answers."""

from datetime import timedelta
from typing import Any

from django import forms

from incidents.forms.many import ManyField
from incidents.models import Action, Confidence, Hypothesis, Incident, Service, Workstream
from incidents.response import advice, coordination
from roles.models import User

#: How long an expert has, and how long a workstream may take, as they are offered: minutes → words.
WAITS = {5: "5 min", 10: "10 min", 20: "20 min", 60: "1 h"}
TIMEBOXES = {15: "15 min", 30: "30 min", 60: "1 h", 120: "2 h"}


class TimeForm(forms.Form):
    """How long something may take from now."""

    minutes = forms.IntegerField(min_value=1, max_value=24 * 60, required=False)

    def timebox(self) -> timedelta | None:
        """None for as long as it takes."""
        minutes = self.cleaned_data["minutes"]
        return timedelta(minutes=minutes) if minutes else None


class StreamForm(TimeForm):
    """A workstream; `version` is the one that the person had before them."""

    name = forms.CharField(max_length=coordination.LONGEST_NAME, error_messages={"required": "say what is worked on."})
    goal = forms.CharField(max_length=coordination.LONGEST_GOAL, required=False)
    lead = forms.ModelChoiceField(queryset=User.objects.responders(), required=False)
    members = ManyField(queryset=User.objects.responders(), required=False)
    version = forms.IntegerField(required=False)


class CanForm(forms.Form):
    """Three short fields, of which one is needed."""

    conditions = forms.CharField(
        label="Conditions",
        help_text="What you see.",
        max_length=coordination.LONGEST_FIELD,
        error_messages={"required": "Say what you see, then send it."},
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": True, "enterkeyhint": "next"}),
    )
    actions = forms.CharField(
        label="Actions",
        help_text="What you do about it.",
        max_length=coordination.LONGEST_FIELD,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "enterkeyhint": "next"}),
    )
    needs = forms.CharField(
        label="Needs",
        help_text="What you lack. Leave it empty if nothing.",
        max_length=coordination.LONGEST_FIELD,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "enterkeyhint": "send"}),
    )


class AskForm(TimeForm):
    """A question to an expert. Without a name the first who owns the service is asked."""

    question = forms.CharField(max_length=advice.LONGEST_QUESTION, error_messages={"required": "write it, then ask."})
    context = forms.CharField(max_length=advice.LONGEST_ANSWER, required=False)
    asked = forms.ModelChoiceField(queryset=User.objects.responders(), required=False)
    is_urgent = forms.BooleanField(required=False)
    service = forms.ModelChoiceField(queryset=Service.objects.all(), required=False)
    hypothesis = forms.ModelChoiceField(queryset=Hypothesis.objects.none(), required=False)
    action = forms.ModelChoiceField(queryset=Action.objects.none(), required=False)

    def __init__(self, *args: object, incident: Incident, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["hypothesis"].queryset = incident.hypotheses.all()  # type: ignore[attr-defined]
        self.fields["action"].queryset = incident.actions.all()  # type: ignore[attr-defined]

    def asked_for(self) -> dict[str, Any]:
        """What `advice.ask` takes."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "minutes"}
        return given | {"wait": self.timebox() or advice.WAIT}


class AnswerForm(forms.Form):
    text = forms.CharField(max_length=advice.LONGEST_ANSWER, error_messages={"required": "write it, then send it."})
    confidence = forms.ChoiceField(choices=Confidence.choices, required=False)

    def clean_confidence(self) -> str:
        return self.cleaned_data["confidence"] or Confidence.LIKELY


class HandOnForm(forms.Form):
    to = forms.ModelChoiceField(queryset=User.objects.responders(), error_messages={"required": "choose who knows it."})


def stream_of(incident: Incident, number: object) -> Workstream | None:
    """The open workstream that an address or a form names; None for none of this incident."""
    text = str(number or "")
    if not (text.isdecimal() and len(text) < 10):
        return None
    return incident.workstreams.filter(pk=int(text), ended_at=None).first()
