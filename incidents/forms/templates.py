"""A message template as a form, and the filters of their list."""

from collections.abc import Mapping

from django import forms
from django.http import QueryDict

from incidents.communication import languages, phrases
from incidents.models import Audience, MessageTemplate, PublicImpact, PublicStatus


class TemplateForm(forms.Form):
    """All that may be said of a template; placeholders are checked when it is kept."""

    name = forms.CharField(label="Name", max_length=100)
    audience = forms.ChoiceField(label="For", choices=Audience.choices)
    phase = forms.ChoiceField(label="Phase", required=False, choices=[("", "Any"), *PublicStatus.choices])
    impact = forms.ChoiceField(label="Impact", required=False, choices=[("", "Any"), *PublicImpact.choices])
    language = forms.CharField(label="Language", max_length=12, initial="en", help_text="A code: en, de, pt-br.")
    page = forms.SlugField(
        label="Page", required=False, max_length=50, help_text="Short name of a status page; empty: all."
    )
    title = forms.CharField(label="Title", required=False, max_length=200)
    body = forms.CharField(
        label="Text",
        max_length=phrases.LONGEST_BODY,
        widget=forms.Textarea(attrs={"rows": 7}),
    )
    is_approved = forms.BooleanField(label="Approved: may go out with a move, or as a holding message", required=False)
    is_holding = forms.BooleanField(label="Holding message: says that we are still at it", required=False)

    def __init__(self, data: QueryDict | None = None, *, template: MessageTemplate | None = None) -> None:
        given: Mapping[str, object] = (
            {name: getattr(template, name) for name in self.base_fields} if template is not None else {}
        )
        super().__init__(data, initial=dict(given))
        self.template = template


class FilterForm(forms.Form):
    """Which templates are listed."""

    audience = forms.ChoiceField(label="For", required=False, choices=[("", "Everybody"), *Audience.choices])
    phase = forms.ChoiceField(label="Phase", required=False, choices=[("", "All phases"), *PublicStatus.choices])
    language = forms.ChoiceField(
        label="Language",
        required=False,
        choices=[("", "All languages"), *((code, one.name) for code, one in languages.LANGUAGES.items())],
    )
    page = forms.SlugField(label="Page", required=False)
    unused = forms.BooleanField(label="Also those out of use", required=False)

    def rows(self) -> list[MessageTemplate]:
        """The templates that the filters let through."""
        self.is_valid()
        wanted = {name: self.cleaned_data.get(name) for name in ("audience", "phase", "language", "page")}
        rows = MessageTemplate.objects.filter(**{name: value for name, value in wanted.items() if value})
        if not self.cleaned_data.get("unused"):
            rows = rows.filter(is_active=True)
        return list(rows)
