"""What a person types to declare an incident, and to put its words right later."""

from django import forms

from incidents.models import Service, Severity


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
    is_private = forms.BooleanField(label="Private, invited people only", required=False)
    is_drill = forms.BooleanField(label="This is a drill", required=False)
