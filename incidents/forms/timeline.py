"""What a person writes into the timeline, and what they keep as evidence."""

from django import forms
from django.core.files.uploadedfile import UploadedFile

from incidents import attachments, shorthand
from incidents.models import Kind, Visibility
from incidents.models.entry import WRITTEN


class SeveralFiles(forms.ClearableFileInput):
    """A control that takes more than one file."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Files, each looked at by its content."""

    widget = SeveralFiles

    def clean(self, data: object, initial: object = None) -> list[UploadedFile]:  # type: ignore[override]
        several = data if isinstance(data, list | tuple) else [data]
        given = [file for file in several if isinstance(file, UploadedFile)]
        if not given and self.required:
            raise forms.ValidationError("Choose a file.")
        for file in given:
            attachments.check(file)
        return given


class EntryForm(forms.Form):
    """An entry, files beside it and, where it happened earlier, when (in UTC)."""

    body = forms.CharField(
        label="Add a timeline entry",
        max_length=20_000,
        error_messages={"required": "Write what happened, then add it."},
    )
    kind = forms.ChoiceField(choices=[(kind.value, kind.label) for kind in WRITTEN], required=False)
    occurred_at = forms.DateTimeField(required=False, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
    visibility = forms.ChoiceField(choices=Visibility.choices, required=False)
    files = FilesField(required=False)  # type: ignore[assignment]  # the metaclass takes it out of the class

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or Kind.NOTE

    def clean_visibility(self) -> str:
        return self.cleaned_data["visibility"] or Visibility.STAFF

    def is_shorthand(self) -> bool:
        """Whether the line itself says what it is and when: unless kind, time or files were chosen beside it."""
        given = self.cleaned_data
        is_plain = given["kind"] == Kind.NOTE and not given["occurred_at"] and not given["files"]
        return is_plain and shorthand.is_shorthand(given["body"])


class EvidenceForm(forms.Form):
    """Files alone, with a word on what they show."""

    files = FilesField()  # type: ignore[assignment]  # the metaclass takes it out of the class
    body = forms.CharField(max_length=2000, required=False)
    visibility = forms.ChoiceField(choices=Visibility.choices, required=False)

    def clean_visibility(self) -> str:
        return self.cleaned_data["visibility"] or Visibility.STAFF
