"""What a person types to filter alerts, and to make a source of them."""

from django import forms

from incidents.detection.intake import CHOICES
from incidents.models import AlertSource, Service, Severity


class AlertFilterForm(forms.Form):
    """Which alerts to show; empty means all."""

    q = forms.CharField(label="Search", required=False, max_length=200)
    source = forms.ModelChoiceField(AlertSource.objects.all(), required=False, empty_label="All sources")
    service = forms.ModelChoiceField(
        Service.objects.all(), required=False, empty_label="All services", to_field_name="slug"
    )


class SourceForm(forms.Form):
    """A new source; what it makes no sense of is said by the work function, per field."""

    kind = forms.ChoiceField(label="Kind", choices=CHOICES)
    name = forms.CharField(label="Name", max_length=100, help_text="Where an alert is said to come from.")
    severity = forms.ChoiceField(
        label="Severity where an alert names none",
        choices=[("", "SEV3, unless set here"), *Severity.choices],
        required=False,
    )
    opens_incidents = forms.BooleanField(label="Opens incidents in triage", required=False, initial=True)
