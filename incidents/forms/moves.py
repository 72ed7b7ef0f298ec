"""What a person types to put an incident's words right."""

from django import forms


class WordsForm(forms.Form):
    title = forms.CharField(label="Title", max_length=200)
    summary = forms.CharField(
        label="What is seen",
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Plain text, for everybody who joins.",
    )
