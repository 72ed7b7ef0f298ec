"""What a person chooses to sort an incident."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from incidents import classification
from incidents.models import CustomField, Incident, IncidentType, Service
from incidents.taxonomy import catalogue

#: Before the slug of a question.
ANSWER = "answer-"
_INPUTS = {CustomField.Kind.DATE: "date", CustomField.Kind.LINK: "url", CustomField.Kind.NUMBER: "text"}


class SortingForm(forms.Form):
    """Type, tags, services, and the questions that are asked of the type: of the one chosen, once it is sent."""

    type = forms.ModelChoiceField(
        queryset=IncidentType.objects.none(), to_field_name="slug", required=False, empty_label="No type"
    )
    tags = forms.CharField(required=False, max_length=600, help_text="Words, with commas between them.")
    services = forms.ModelMultipleChoiceField(
        label="What is affected?",
        queryset=Service.objects.all(),
        to_field_name="slug",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None, *, incident: Incident) -> None:
        super().__init__(data, initial=_present(incident))
        on_offer = [kind.pk for kind in catalogue().types_on_offer()]
        present = [incident.type_id] if incident.type_id else []
        self.fields["type"].queryset = IncidentType.objects.filter(  # type: ignore[attr-defined]
            pk__in=[*on_offer, *present]
        )
        chosen = next((kind.pk for kind in catalogue().types if data and kind.slug == data.get("type")), None)
        self.questions = {
            f"{ANSWER}{row.slug}": row for row in catalogue().fields_of(chosen if data else incident.type_id)
        }
        for name, row in self.questions.items():
            self.fields[name] = _asking(row)
            self.initial[name] = _as_typed(incident.answers.get(row.slug))

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        for name, row in self.questions.items():
            try:
                given[name] = classification.answer_of(row, given.get(name))
            except ValidationError as problem:
                self.add_error(name, problem)
        return given

    @property
    def answers(self) -> list[forms.BoundField]:
        return [self[name] for name in self.questions]

    @property
    def sorting(self) -> dict[str, Any]:
        """What `classification.classify` is told."""
        given = self.cleaned_data
        return {
            "type": given["type"],
            "tags": given["tags"].split(","),
            "services": given["services"],
            "answers": {row.slug: given[name] for name, row in self.questions.items()},
            "seen_version": given["version"],
        }


def _present(incident: Incident) -> dict[str, Any]:
    return {
        "type": incident.type.slug if incident.type else "",
        "tags": ", ".join(incident.tags.values_list("name", flat=True)),
        "services": [service.slug for service in incident.services.all()],
        "version": classification.version_of(incident),
    }


def _asking(row: CustomField) -> forms.Field:
    """A field for a question; what is answered is checked by `classification`, so it only takes text."""
    widget: forms.Widget = forms.TextInput(attrs={"type": _INPUTS.get(CustomField.Kind(row.kind), "text")})
    if row.kind in {CustomField.Kind.CHOICE, CustomField.Kind.YES_NO}:
        options = ["yes", "no"] if row.kind == CustomField.Kind.YES_NO else row.choices
        widget = forms.Select(choices=[("", "Not answered"), *((one, one) for one in options)])
    needed = f"Needed to {row.needed_to} it." if row.needed_to else ""
    return forms.CharField(
        label=row.label,
        required=False,
        max_length=classification.LONGEST_ANSWER,
        widget=widget,
        help_text=" ".join(filter(None, [row.help_text, needed])),
    )


def _as_typed(answer: object) -> str:
    return "" if answer is None else classification.in_words(answer)
