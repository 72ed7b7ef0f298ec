"""What a person types to declare an incident, and to put its words right later."""

from typing import Any

from django import forms

from incidents.models import Incident, IncidentKind, IncidentType, Service, Severity, State
from roles.models import User

#: Stamps of an incident that is written down afterwards: field → label.
THEN = {
    "declared_at": "Began, or was declared (UTC)",
    "mitigated_at": "Impact ended (UTC)",
    "resolved_at": "Proven over (UTC)",
}


class MomentInput(forms.DateTimeInput):
    """A moment as browsers pick it; it is read as UTC."""

    input_type = "datetime-local"
    format = "%Y-%m-%dT%H:%M"


class DeclareForm(forms.Form):
    """One required field; everything else has a default and can be changed later."""

    title = forms.CharField(
        label="What is going wrong?",
        max_length=200,
        error_messages={"required": "Say in one line what is going wrong."},
    )
    severity = forms.ChoiceField(choices=Severity.choices, initial=Severity.SEV2)
    services = forms.ModelMultipleChoiceField(
        label="What is affected?", queryset=Service.objects.all(), to_field_name="slug", required=False
    )
    summary = forms.CharField(label="What is seen", required=False, max_length=5000, widget=forms.Textarea)
    type = forms.ModelChoiceField(
        label="Type", queryset=IncidentType.objects.filter(is_active=True), to_field_name="slug", required=False
    )
    kind = forms.ChoiceField(choices=IncidentKind.choices, initial=IncidentKind.REAL, required=False)
    is_private = forms.BooleanField(label="Private, invited people only", required=False)
    recurrence_of = forms.ModelChoiceField(
        queryset=Incident.objects.none(), to_field_name="key", required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["recurrence_of"].queryset = Incident.objects.visible_to(user)  # type: ignore[attr-defined]
        for name, label in THEN.items():
            self.fields[name] = forms.DateTimeField(
                label=label, required=False, widget=MomentInput(), input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
            )

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or IncidentKind.REAL

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        if self.is_written_down and "declared_at" in given and not given["declared_at"]:
            self.add_error("declared_at", "Say when it began.")
        return given

    @property
    def is_written_down(self) -> bool:
        """Whether it is over and only added later."""
        return self.cleaned_data.get("kind") == IncidentKind.BACKFILLED

    @property
    def times(self) -> list[forms.BoundField]:
        return [self[name] for name in THEN]

    def opening(self, *, state: str) -> dict[str, Any]:
        """What `lifecycle.open_incident` is told."""
        names = ("title", "summary", "severity", "services", "kind", "is_private", "type")
        opened_in = State.TRIAGE if state == State.TRIAGE else State.INVESTIGATING
        return {name: self.cleaned_data[name] for name in names} | {"state": opened_in}

    def writing_down(self) -> dict[str, Any]:
        """What `lifecycle.write_down` is told."""
        names = ("title", "summary", "severity", "services", "is_private", "type")
        times = {name: at for name in THEN if (at := self.cleaned_data[name])}
        return {name: self.cleaned_data[name] for name in names} | times
