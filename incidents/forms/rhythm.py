"""How often one audience hears, and the holding message of one page."""

from django import forms
from django.http import QueryDict

from incidents.forms.spans import SpanField
from incidents.models import Audience, HoldingRule, MessageTemplate, Severity, UpdatePolicy
from incidents.rhythm import SPANS

LABELS = {
    "first_within": "First text within",
    "scope_within": "Who is affected, after the first",
    "every": "Then every",
    "later_after": "Long after",
    "later_every": "Then every, at the longest",
}


class PolicyForm(forms.Form):
    """The spans of one policy, in words."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, policy: UpdatePolicy) -> None:
        self.policy = policy
        initial = {name: getattr(policy, name) for name in (*SPANS, "version")}
        super().__init__(data, initial=initial, auto_id=f"id_{policy.pk}_%s")
        for name in SPANS:
            self.fields[name] = SpanField(label=LABELS[name], help_text="")


class HoldingForm(forms.Form):
    """What goes out by itself on one page, when, and whether it may."""

    template = forms.ModelChoiceField(
        label="Text", queryset=MessageTemplate.objects.none(), empty_label="Choose a holding message"
    )
    silence = SpanField(label="So long after the promised time", help_text="As 10 min or 1 h.")
    severities = forms.MultipleChoiceField(
        label="For", choices=Severity.choices, widget=forms.CheckboxSelectMultiple, required=False
    )
    is_on = forms.BooleanField(label="It may go out by itself", required=False)
    version = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, page: str, rule: HoldingRule | None) -> None:
        self.page, self.rule = page, rule
        initial: dict[str, object] = {"severities": ["SEV1", "SEV2"]}
        if rule is not None:
            initial = {name: getattr(rule, name) for name in ("template", "silence", "severities", "is_on", "version")}
        super().__init__(data, initial=initial, auto_id=f"id_{page}_%s")
        fitting = MessageTemplate.objects.filter(is_holding=True, audience=Audience.PUBLIC, page__in=["", page])
        self.fields["template"].queryset = fitting  # type: ignore[attr-defined]
