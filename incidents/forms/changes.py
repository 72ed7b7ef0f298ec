"""Writing a change of what we run down by hand, and the filters of their list."""

from django import forms

from incidents.forms.many import ManyField
from incidents.models import ChangeEvent, Service
from incidents.response import changes

#: How far the list reaches back: name → words.
SPANS = {"6h": "Last 6 hours", "24h": "Last 24 hours", "7d": "Last 7 days", "": "Any time"}


class ChangeForm(forms.Form):
    """One change. Times are UTC; without one it was made now."""

    title = forms.CharField(
        label="What was changed",
        max_length=changes.LONGEST["title"],
        error_messages={"required": "Say what was changed, in one line."},
    )
    kind = forms.ChoiceField(label="Kind", choices=ChangeEvent.Kind.choices)
    services = ManyField(
        label="Services", queryset=Service.objects.all(), required=False, widget=forms.CheckboxSelectMultiple
    )
    happened_at = forms.DateTimeField(
        label="When, in UTC",
        required=False,
        help_text="Now, where you leave it empty.",
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    author = forms.CharField(label="By whom", max_length=changes.LONGEST["author"], required=False)
    url = forms.CharField(
        label="Link",
        max_length=changes.LONGEST["url"],
        required=False,
        help_text="To the diff, the run, the ticket.",
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )
    summary = forms.CharField(
        label="More", max_length=changes.LONGEST["summary"], required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class ChangeFilterForm(forms.Form):
    """All optional; an unknown value filters nothing."""

    service = forms.ModelChoiceField(queryset=Service.objects.all(), to_field_name="slug", required=False)
    kind = forms.ChoiceField(choices=[("", "Any kind"), *ChangeEvent.Kind.choices], required=False)
    since = forms.ChoiceField(choices=list(SPANS.items()), required=False)
