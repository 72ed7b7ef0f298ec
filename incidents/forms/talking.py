"""Writing what support says."""

from django import forms

from incidents.communication.talking import LONGEST


def _field(label: str, help_text: str = "", rows: int = 2) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=LONGEST,
        required=False,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class PointsForm(forms.Form):
    """The inner part of the talking points; the words for customers are those of the page."""

    do_say = _field("Do say", "Beside the public text. One thing a line.")
    do_not_say = _field("Do not say yet", "One phrase a line; updates that hold one do not go out.")
    workaround = _field("Workaround")
    addendum = _field("For agents only", "Never for customers.")
    seen_number = forms.IntegerField(required=False, widget=forms.HiddenInput)
