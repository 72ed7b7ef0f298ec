"""The filters of the list of incidents."""

from django import forms

from incidents.models import IncidentKind, Severity, State


class FilterForm(forms.Form):
    """All optional; an unknown value filters nothing and is named."""

    q = forms.CharField(label="Search", required=False, max_length=100)
    state = forms.ChoiceField(required=False, choices=[("", "Any state"), ("active", "All active"), *State.choices])
    severity = forms.ChoiceField(required=False, choices=[("", "Any severity"), *Severity.choices])
    kind = forms.ChoiceField(required=False, choices=[("", "Any kind"), *IncidentKind.choices])
    mine = forms.BooleanField(label="I hold a seat", required=False)
    before = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
