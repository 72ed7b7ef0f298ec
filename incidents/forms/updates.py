"""Writing an update: what is said, of which state, which components it sets, and what is promised."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

from django import forms
from django.http import QueryDict
from django.utils import timezone

from incidents.communication import audiences
from incidents.communication.audiences import Place, PlaceComponent, places_of
from incidents.models import Audience, Incident, PublicStatus, State, Update
from incidents.severity import rule

#: What the public is told of a state; others say nothing new.
_STATUS_OF = {
    State.TRIAGE: PublicStatus.INVESTIGATING,
    State.INVESTIGATING: PublicStatus.INVESTIGATING,
    State.IDENTIFIED: PublicStatus.IDENTIFIED,
    State.MONITORING: PublicStatus.MONITORING,
}
_MOMENT = "%Y-%m-%dT%H:%M"
KEEP = ""
#: What the form of a pending text starts from.
_KEPT = ("page", "status", "title", "body", "notify", "next_update_at")


def proposal(incident: Incident, audience: str) -> dict[str, object]:
    """What a new text starts from: the status that fits the state, and the next promise by severity."""
    every = rule(incident.severity).update_every
    next_at = timezone.now() + every if every and incident.is_active else None
    said = incident.updates.filter(audience=audience, state="published").order_by("-published_at").first()
    return {
        "status": _STATUS_OF.get(State(incident.state), PublicStatus.RESOLVED) if audience == Audience.PUBLIC else "",
        "title": said.title if said else "",
        "next_update_at": _on_the_minute(next_at) if next_at else None,
        "notify": True,
    }


def _on_the_minute(moment: datetime) -> datetime:
    """The next full five minutes: a promise is a time that people can say."""
    late = timedelta(minutes=moment.minute % 5, seconds=moment.second, microseconds=moment.microsecond)
    return moment - late + timedelta(minutes=5) if late else moment


@dataclass(frozen=True)
class Row:
    """One component of a page and the field that says what it shall show."""

    component: PlaceComponent
    field: forms.BoundField

    @property
    def is_concerned(self) -> bool:
        return bool(self.component.is_concerned or self.field.value())


@dataclass(frozen=True)
class Table:
    """The components of one page."""

    place: Place
    concerned: list[Row]
    others: list[Row]


class Said(TypedDict, total=False):
    """What somebody wrote, as `updates` takes it; only public texts have the last four."""

    title: str
    body: str
    next_update_at: datetime | None
    page: str
    status: str
    notify: bool
    components: dict[str, str]


class UpdateForm(forms.Form):
    """A new text, or a pending one being changed. Components come as one field each."""

    status = forms.ChoiceField(
        label="Say the state is", required=False, choices=[("", "Say nothing of the state"), *PublicStatus.choices]
    )
    title = forms.CharField(label="Title", required=False, max_length=200)
    body = forms.CharField(
        label="Message",
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "An update needs a text."},
    )
    next_update_at = forms.DateTimeField(
        label="Next update by (UTC)",
        required=False,
        input_formats=[_MOMENT, "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_MOMENT),
        error_messages={"invalid": "Write the time as 2025-11-23 03:15, in UTC."},
    )
    notify = forms.BooleanField(label="Notify subscribers", required=False)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        incident: Incident,
        update: Update | None = None,
        audience: str = Audience.PUBLIC,
        initial: dict[str, object] | None = None,
    ) -> None:
        self.update = update
        self.audience = update.audience if update else audience
        self.places: list[Place] = places_of(incident, self.audience)
        if update is not None:
            initial = {name: getattr(update, name) for name in _KEPT}
        super().__init__(data, initial=initial)
        self.fields["page"] = forms.ChoiceField(
            required=False, choices=[(place.slug, place.name) for place in self.places]
        )
        self.is_public = self.audience == Audience.PUBLIC
        text = update or Update(
            incident=incident, audience=self.audience, page=self.places[0].slug if self.places else ""
        )
        self.skips_approval = not audiences.needs_approval(text)
        set_before = update.components if update else {}
        for place in self.places:
            for component in place.components:
                wanted = set_before.get(component.slug, component.proposed if update is None else KEEP)
                self.fields[f"c:{place.slug}:{component.slug}"] = forms.ChoiceField(
                    label=component.name,
                    required=False,
                    choices=[(KEEP, "Leave as it is"), *place.statuses],
                    initial=wanted if wanted != component.status else KEEP,
                )

    @property
    def is_one_page(self) -> bool:
        return len(self.places) == 1

    @property
    def tables(self) -> list[Table]:
        """Per page: its component fields with what the page shows now, those concerned apart."""
        tables = []
        for place in self.places:
            rows = [Row(component, self[f"c:{place.slug}:{component.slug}"]) for component in place.components]
            concerned = [row for row in rows if row.is_concerned]
            tables.append(Table(place, concerned, [row for row in rows if not row.is_concerned]))
        return tables

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        if not self.is_public:
            return data
        data["page"] = data.get("page") or (self.places[0].slug if self.is_one_page else "")
        if not data["page"]:
            self.add_error("page", "Choose the page that says this.")
        if not data.get("status"):
            self.add_error("status", "Say what state the incident is in.")
        return data

    def changes(self) -> Said:
        """What `updates.draft` and `updates.edit` take."""
        data = self.cleaned_data
        said = Said(title=data["title"], body=data["body"], next_update_at=data["next_update_at"])
        if self.is_public:
            prefix = f"c:{data['page']}:"
            said["page"] = data["page"]
            said["status"] = data["status"]
            said["notify"] = data["notify"]
            said["components"] = {
                name.removeprefix(prefix): value for name, value in data.items() if name.startswith(prefix) and value
            }
        return said
