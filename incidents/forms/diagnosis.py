"""What people type about causes, actions and checks; what makes sense is said by the work functions."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from incidents.forms.timeline import FilesField
from incidents.models import (
    ActionKind,
    Attachment,
    CheckKind,
    Confidence,
    Hypothesis,
    Incident,
    Risk,
    Service,
)
from incidents.response import action_words, diagnosis, verification
from roles.models import User


class PersonChoice(forms.ModelChoiceField):
    """A responder; nobody where nothing is chosen."""

    def __init__(self) -> None:
        super().__init__(User.objects.filter(is_active=True, is_staff=True), required=False)


class WorkForm(forms.Form):
    """A form of one incident. `typed()` gives what was sent, and nothing that was not."""

    def __init__(
        self, data: QueryDict, files: MultiValueDict[str, UploadedFile] | None = None, *, incident: Incident
    ) -> None:
        super().__init__(data, files)
        if "hypothesis" in self.fields:
            self.fields["hypothesis"].queryset = incident.hypotheses.all()  # type: ignore[attr-defined]
        if "attachment" in self.fields:
            self.fields["attachment"].queryset = incident.attachments.all()  # type: ignore[attr-defined]

    def typed(self) -> dict[str, Any]:
        """What was typed, by field; raises ValidationError with a sentence for each field that makes no sense."""
        if not self.is_valid():
            raise ValidationError(
                [f"{name.capitalize().replace('_', ' ')}: {texts[0]}" for name, texts in self.errors.items()]
            )
        return {name: value for name, value in self.cleaned_data.items() if name in self.data or name in self.files}


class HypothesisForm(WorkForm):
    title = forms.CharField(max_length=diagnosis.LONGEST_TITLE)
    detail = forms.CharField(max_length=diagnosis.LONGEST_TEXT, required=False)
    owner = PersonChoice()


class FindingForm(WorkForm):
    text = forms.CharField(max_length=diagnosis.LONGEST_TEXT)
    recommendation = forms.CharField(max_length=diagnosis.LONGEST_TEXT, required=False)
    confidence = forms.ChoiceField(choices=Confidence.choices, required=False, initial=Confidence.LIKELY)
    hypothesis = forms.ModelChoiceField(Hypothesis.objects.none(), required=False)
    service = forms.ModelChoiceField(Service.objects.all(), required=False)
    attachment = forms.ModelChoiceField(Attachment.objects.none(), required=False)
    occurred_at = forms.DateTimeField(required=False, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])

    uploads = FilesField(required=False)

    def clean_confidence(self) -> str:
        return self.cleaned_data["confidence"] or Confidence.LIKELY


class PlaceForm(WorkForm):
    """Which hypothesis a finding stands for."""

    hypothesis = forms.ModelChoiceField(Hypothesis.objects.none(), required=False)


class ActionForm(WorkForm):
    title = forms.CharField(max_length=action_words.LONGEST_TITLE)
    kind = forms.ChoiceField(choices=ActionKind.choices)
    risk = forms.ChoiceField(choices=Risk.choices)
    detail = forms.CharField(max_length=action_words.LONGEST_TEXT, required=False)
    undo = forms.CharField(max_length=action_words.LONGEST_TEXT, required=False)
    executor = PersonChoice()
    service = forms.ModelChoiceField(Service.objects.all(), required=False)
    hypothesis = forms.ModelChoiceField(Hypothesis.objects.none(), required=False)


class RewordForm(ActionForm):
    """As an action, of which only some is sent: what runs keeps its title."""

    effect = forms.CharField(max_length=action_words.LONGEST_WORDS, required=False)

    def __init__(self, data: QueryDict, *, incident: Incident) -> None:
        super().__init__(data, incident=incident)
        for name in ("title", "kind", "risk"):
            self.fields[name].required = name in data


class CheckForm(WorkForm):
    title = forms.CharField(max_length=verification.LONGEST_TITLE)
    kind = forms.ChoiceField(choices=CheckKind.choices)
    minutes = forms.IntegerField(min_value=0, max_value=verification.LONGEST_WAIT, required=False)
    tester = PersonChoice()

    def clean_minutes(self) -> int:
        return self.cleaned_data["minutes"] or 0
