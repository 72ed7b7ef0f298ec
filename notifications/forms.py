"""What a person may ask of the list of messages."""

from django import forms

from notifications.models import ChannelName, Lane, State


class FilterForm(forms.Form):
    """All fields may stay empty; `before` is the id under which the page starts."""

    q = forms.CharField(label="Search", required=False, max_length=200)
    state = forms.ChoiceField(label="State", required=False, choices=[("", "Any state"), *State.choices])
    channel = forms.ChoiceField(label="Channel", required=False, choices=[("", "Any channel"), *ChannelName.choices])
    lane = forms.ChoiceField(label="Lane", required=False, choices=[("", "Any lane"), *Lane.choices])
    topic = forms.CharField(label="Topic", required=False, max_length=120)
    before = forms.IntegerField(required=False, min_value=1)
