"""The filters of the list of incidents: of the page, of the API and of saved views alike."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.db.models.fields.json import KeyTransform
from django.http import QueryDict

from incidents import classification, search
from incidents.models import ACTIVE, CustomField, IncidentKind, IncidentRole, Service, Severity, State
from incidents.models.incident import IncidentQuerySet
from incidents.saved_views import QUESTION
from incidents.taxonomy import catalogue
from roles.models import User

#: Orders of the list, each backed by an index: name → what it says and how it sorts.
ORDERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "newest": ("Newest first", ("-opened_at", "-pk")),
    "oldest": ("Oldest first", ("opened_at", "pk")),
}


def _widget(row: CustomField) -> forms.Widget:
    """A list to choose from where the answers are known."""
    known = {CustomField.Kind.CHOICE: row.choices, CustomField.Kind.YES_NO: ["yes", "no"]}.get(
        CustomField.Kind(row.kind)
    )
    return forms.Select(choices=[("", "Any"), *((one, one) for one in known)]) if known else forms.TextInput()


class SeveralInput(forms.Select):
    """One value or several: `a=1&a=2` says the same as `a=1,2`."""

    def value_from_datadict(self, data: Mapping[str, Any], files: object, name: str) -> list[str]:
        given = data.getlist(name) if isinstance(data, QueryDict) else [data.get(name, "")]
        return [value for one in given for value in one.split(",") if value]


class SeveralField(forms.Field):
    """Values of a list; those that are none are named."""

    widget = SeveralInput

    def __init__(self, *, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.choices = choices

    def clean(self, value: list[str]) -> list[str]:
        known = [name for name, _ in self.choices]
        if unknown := [one for one in value if one not in known]:
            named = ", ".join(one[:40] for one in unknown)
            raise ValidationError(f"{named} is none; they are {', '.join(name for name in known if name)}.")
        return list(value)


class FilterForm(forms.Form):
    """All optional; an unknown value filters nothing and is named."""

    q = forms.CharField(label="Search", required=False, max_length=200, strip=True)
    state = SeveralField(label="State", choices=[("", "Any state"), ("active", "All active"), *State.choices])
    severity = SeveralField(label="Severity", choices=[("", "Any severity"), *Severity.choices])
    kind = SeveralField(label="Kind", choices=[("", "Any kind"), *IncidentKind.choices])
    type = forms.CharField(label="Type", required=False, max_length=60)
    tag = forms.CharField(label="Tag", required=False, max_length=40)
    service = forms.CharField(label="Service", required=False, max_length=50)
    since = forms.DateField(label="Opened since", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="Opened until", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    mine = forms.BooleanField(label="I hold a seat", required=False)
    private = forms.BooleanField(label="Private", required=False)
    sort = forms.ChoiceField(
        label="Order", required=False, choices=[(name, label) for name, (label, _) in ORDERS.items()]
    )

    def __init__(self, data: QueryDict) -> None:
        clean = QueryDict(mutable=True)
        for name, values in data.lists():
            clean.setlist(name, [value.replace("\x00", "") for value in values])
        super().__init__(clean)
        self.questions = {f"{QUESTION}{row.slug}": row for row in catalogue().fields if row.is_active}
        for name, row in self.questions.items():
            self.fields[name] = forms.CharField(label=row.label, required=False, max_length=200, widget=_widget(row))
        self.is_valid()  # each field by itself: what is wrong in one takes nothing from the others

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        for name, row in self.questions.items():
            try:
                given[name] = classification.answer_of(row, given.get(name))
            except ValidationError as problem:
                self.add_error(name, problem)
        return given

    @property
    def wanted(self) -> dict[str, Any]:
        """What is asked for and makes sense."""
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "", [], False)} | {
            name: value for name, value in self.cleaned_data.items() if name in self.questions and value is False
        }

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is set; an order is none."""
        return bool(self.wanted.keys() - {"sort"})

    @property
    def extras(self) -> list[forms.BoundField]:
        """The filters that are asked more seldom, as fields."""
        return [self[name] for name in ("tag", "since", "until", *self.questions)]

    @property
    def services(self) -> list[tuple[str, str]]:
        return list(Service.objects.values_list("slug", "name"))

    @property
    def types(self) -> list[tuple[str, str]]:
        return [(kind.slug, kind.name) for kind in catalogue().types]

    @property
    def order(self) -> str:
        return str(self.wanted.get("sort", "newest"))

    def rows(self, user: User) -> IncidentQuerySet:
        """The incidents that `user` may know of and that fit, in the order asked for."""
        rows = search.find(self.wanted.get("q", ""), user)
        for condition in self._conditions(user):
            rows = rows.filter(condition)
        for number, (name, row) in enumerate(self.questions.items()):
            if name in self.wanted:
                answer = f"answer_{number}"
                rows = rows.alias(**{answer: KeyTransform(row.slug, "answers")}).filter(**{answer: self.wanted[name]})
        return rows.order_by(*ORDERS[self.order][1])

    def _conditions(self, user: User) -> Iterator[Q]:
        wanted = self.wanted
        if states := wanted.get("state"):
            yield Q(state__in={one for name in states for one in (ACTIVE if name == "active" else [name])})
        for name in ("severity", "kind"):
            if name in wanted:
                yield Q(**{f"{name}__in": wanted[name]})
        for name, path in (("type", "type__slug"), ("tag", "tags__name"), ("service", "services__slug")):
            if name in wanted:
                yield Q(**{path: wanted[name].lower()})
        if "since" in wanted:
            yield Q(opened_at__gte=datetime.combine(wanted["since"], time(), UTC))
        if "until" in wanted:
            yield Q(opened_at__lt=datetime.combine(wanted["until"], time(), UTC) + timedelta(days=1))
        if "mine" in wanted:
            yield Q(pk__in=IncidentRole.objects.held().filter(user=user).values("incident"))
        if "private" in wanted:
            yield Q(is_private=True)
