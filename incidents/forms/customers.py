"""What is typed about customers: their reports, escalations, follow-ups, and who they are."""

from typing import Any

from django import forms

from incidents.communication import answers, customers
from incidents.forms.spans import SpanField
from incidents.models import (
    AnsweredThrough,
    CustomerAccount,
    CustomerReport,
    CustomerTier,
    Incident,
    Macro,
    Service,
    SignalRule,
)


class ReportForm(forms.Form):
    """A report as support writes it down: one field is needed."""

    account_name = forms.CharField(label="Customer", max_length=150, required=False)
    channel = forms.ChoiceField(label="Channel", choices=CustomerReport.Channel.choices, required=False)
    symptom = forms.CharField(
        label="What they see or ask", max_length=300, error_messages={"required": "say what they see or ask."}
    )
    count = forms.IntegerField(label="How many said so", min_value=1, max_value=100_000, required=False)
    contact = forms.CharField(label="E-mail or number to answer to", max_length=254, required=False)
    ticket = forms.CharField(label="Ticket", max_length=200, required=False)
    about = forms.CharField(label="About", max_length=100, required=False)
    is_about_money = forms.BooleanField(label="About money", required=False)
    verbatim = forms.CharField(
        label="Their words", max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def given(self) -> dict[str, Any]:
        """What `customer_reports.record` takes."""
        values = dict(self.cleaned_data)
        kind, _, slug = values.pop("about").partition(":")
        values["service"] = Service.objects.filter(slug=slug).first() if kind == "service" else None
        values["component"] = slug if kind == "component" else ""
        values["count"] = values["count"] or 1
        values["channel"] = values["channel"] or CustomerReport.Channel.PHONE
        return values


class CorrectionForm(ReportForm):
    """A report to be put right, filled in with what stands there."""

    def __init__(self, data: Any = None, *, report: CustomerReport, incident: Incident) -> None:
        about = f"service:{report.service.slug}" if report.service else ""
        about = f"component:{report.component}" if report.component else about
        initial = {name: getattr(report, name) for name in self.base_fields if name != "about"}
        super().__init__(data, initial={**initial, "about": about})
        choices = [("", "the incident"), *((f"service:{one.slug}", one.name) for one in incident.services.all())]
        if about and about not in dict(choices):
            choices.append((about, about.partition(":")[2]))
        self.fields["about"].widget = forms.Select(choices=choices)


class ReplyForm(forms.Form):
    """Which words, and how they reach the customer."""

    macro = forms.ModelChoiceField(
        queryset=Macro.objects.filter(is_active=True, for_follow_up=False), required=False, empty_label=None
    )
    through = forms.ChoiceField(choices=AnsweredThrough.choices)


class AllForm(forms.Form):
    """Which question is answered for all who ask it, up to the report that the person saw last."""

    kind = forms.ChoiceField(choices=[("symptom", "symptom"), ("component", "component")])
    value = forms.CharField(max_length=400)
    last = forms.IntegerField()
    macro = forms.ModelChoiceField(queryset=Macro.objects.filter(is_active=True, for_follow_up=False), required=False)


class EscalationForm(forms.Form):
    title = forms.CharField(max_length=200, error_messages={"required": "say what they need."})
    reason = forms.CharField(max_length=5000, required=False)
    urgency = forms.CharField(max_length=8)
    owner_role = forms.CharField(max_length=24)
    account_name = forms.CharField(max_length=150, required=False)
    report = forms.ModelChoiceField(queryset=CustomerReport.objects.none(), required=False)

    def __init__(self, data: Any, *, incident: Incident) -> None:
        super().__init__(data)
        self.fields["report"].queryset = incident.customer_reports.all()  # type: ignore[attr-defined]


# --- who they are -----------------------------------------------------------------------------


class Keeping(forms.ModelForm):
    """A row that several people may edit: the form names the version that it shows."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def changes(self) -> dict[str, Any]:
        """What was typed, as the work functions take it."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}

    def _post_clean(self) -> None:
        """The work functions check and write; here nothing is put onto the row."""


class TierForm(Keeping):
    answer_within = SpanField(label="Answered within")
    acknowledge_within = SpanField(label="An escalation acknowledged within")

    class Meta:
        model = CustomerTier
        fields = customers.FIELDS[CustomerTier]


class AccountForm(Keeping):
    class Meta:
        model = CustomerAccount
        fields = customers.FIELDS[CustomerAccount]


class SignalRuleForm(Keeping):
    within = SpanField(label="Within")

    class Meta:
        model = SignalRule
        fields = customers.FIELDS[SignalRule]

    def clean_within(self) -> object:
        if self.cleaned_data["within"] is None:
            raise forms.ValidationError("Say within which time.")
        return self.cleaned_data["within"]


class MacroForm(Keeping):
    class Meta:
        model = Macro
        fields = answers.FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = ", ".join(f"{{{name}}}" for name in answers.PLACEHOLDERS)
        self.fields["body"].help_text = f"May name {known}."


class ImportForm(forms.Form):
    """A list of customers, as a file or as text."""

    file = forms.FileField(label="A CSV file", required=False)
    text = forms.CharField(
        label="or its lines", required=False, max_length=2_000_000, widget=forms.Textarea(attrs={"rows": 6})
    )

    def list_as_text(self) -> str:
        """What is imported; the file comes before the text."""
        file = self.cleaned_data["file"]
        if file is None:
            return str(self.cleaned_data["text"])
        raw = file.read(2_000_001)
        if len(raw) > 2_000_000:
            raise forms.ValidationError("The file is larger than 2 MB: cut it in parts.")
        return str(raw.decode("utf-8-sig", errors="replace"))
