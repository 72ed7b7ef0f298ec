"""Forms of the rules of style."""

from django import forms

from incidents.models import Audience, StyleLevel, StyleRule


class LinesField(forms.CharField):
    """Several short texts, one a line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def to_python(self, value: object) -> list[str]:  # type: ignore[override]
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]

    def prepare_value(self, value: object) -> object:
        return "\n".join(value) if isinstance(value, list) else value

    def validate(self, value: list[str]) -> None:  # type: ignore[override]
        if self.required and not value:
            raise forms.ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: object) -> None:
        """Each line is checked by the work function."""


class StyleRuleForm(forms.Form):
    """A rule of the organisation's own."""

    code = forms.SlugField(label="Name", max_length=50, help_text="Short, like no-vendor-names.")
    how = forms.ChoiceField(label="What it looks for", choices=StyleRule.How.choices)
    patterns = LinesField(label="Words, or one pattern", help_text="One a line.")
    fix = forms.CharField(label="Say instead", max_length=200, required=False)
    message = forms.CharField(label="Why", max_length=300, help_text="A sentence that the writer reads.")
    level = forms.ChoiceField(label="How strictly", choices=StyleLevel.choices)
    audiences = forms.MultipleChoiceField(
        label="For",
        choices=Audience.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None: all.",
    )


class TryForm(forms.Form):
    """A text to be tried against the rules, belonging to no incident."""

    text = forms.CharField(
        label="Try a text", max_length=20_000, widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    audience = forms.ChoiceField(label="For", choices=Audience.choices, required=False)
