"""Writing an update: what is said, of which state, which components it sets, and what is promised."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone

from incidents import readings
from incidents.communication import audiences, languages
from incidents.communication.audiences import Place, PlaceComponent, places_of
from incidents.communication.updates import LONGEST_BODY
from incidents.models import Audience, Incident, PublicStatus, State, Update, UpdateState
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
_KEPT = ("page", "status", "title", "body", "notify", "next_update_at", "language")


def proposal(incident: Incident, audience: str) -> dict[str, object]:
    """What a new text starts from: the status that fits the state, and the next promise by severity."""
    every = rule(incident.severity).update_every
    next_at = timezone.now() + every if every and incident.is_active else None
    said = readings.newest_published(one for one in readings.of(incident).updates if one.audience == audience)
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
    language: str
    also_for: list[str]
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
        max_length=LONGEST_BODY,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "required": "An update needs a text.",
            "max_length": f"An update has at most {LONGEST_BODY:,} characters; this has %(show_value)s.",
        },
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
        initial: Mapping[str, object] | None = None,
        typed: Mapping[str, object] | None = None,
    ) -> None:
        """`typed` is what the person had typed and not saved, by the names of the fields; it goes over the rest."""
        self.update, self.incident = update, incident
        self.typed = dict(typed or {})
        kept = {name: getattr(update, name) for name in _KEPT} if update else {"language": "en", **(initial or {})}
        if typed is not None:
            kept |= {**self.typed, "notify": "notify" in self.typed}
        self.chosen = self._chosen(data, audience)
        self.audience = update.audience if update else (self.chosen[0] if self.chosen else audience)
        self.is_public = self.audience == Audience.PUBLIC
        self.may_be_public = update is None or self.is_public
        self.places: list[Place] = places_of(incident, Audience.PUBLIC) if self.may_be_public else []
        super().__init__(data, initial=kept)
        self.fields["page"] = forms.ChoiceField(
            required=False, choices=[(place.slug, place.name) for place in self.places]
        )
        self.fields["language"] = forms.ChoiceField(
            label="Language", required=False, choices=_languages(str(kept.get("language") or "en"))
        )
        self.skips_approval = not audiences.needs_approval(update or self._text())
        self._add_components(update)

    def _chosen(self, data: QueryDict | None, audience: str) -> list[str]:
        """Whom the text is for, in the order in which audiences are always named."""
        own = [self.update.audience, *self.update.also_for] if self.update else [audience]
        if data is not None and "audience" in data:
            own = [*data.getlist("audience"), *([self.update.audience] if self.update else [])]
        elif data is None and "audience" in self.typed:
            found = self.typed["audience"]
            own = [*(found if isinstance(found, list) else [str(found)]), *(own if self.update else [])]
        return [one.value for one in Audience if one in own and one in settings.UPDATE_AUDIENCES]

    def _text(self) -> Update:
        """What approval is asked of before anything is written."""
        page = self.places[0].slug if self.places and self.is_public else ""
        others = [name for name in self.chosen if name != self.audience]
        return Update(incident=self.incident, audience=self.audience, page=page, also_for=others)

    def _add_components(self, update: Update | None) -> None:
        set_before = update.components if update else {}
        for place in self.places:
            for component in place.components:
                name = f"c:{place.slug}:{component.slug}"
                wanted = set_before.get(component.slug, component.proposed if update is None else KEEP)
                wanted = str(self.typed.get(name, wanted)) if self.typed else wanted
                self.fields[name] = forms.ChoiceField(
                    label=component.name,
                    required=False,
                    choices=[(KEEP, "Leave as it is"), *place.statuses],
                    initial=wanted if wanted != component.status else KEEP,
                )

    @property
    def gone(self) -> list[str]:
        """Components that the text names and its page does not have any more; saving leaves them out."""
        if self.update is None or not self.update.components:
            return []
        known = {one.slug for place in self.places if place.slug == self.update.page for one in place.components}
        return sorted(set(self.update.components) - known)

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
        if not self.chosen:
            raise ValidationError("Choose whom this is for.")
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
        said = Said(
            title=data["title"],
            body=data["body"],
            next_update_at=data["next_update_at"],
            language=data.get("language") or "en",
            also_for=[name for name in self.chosen if name != self.audience],
        )
        if self.is_public:
            said["page"] = data["page"]
            said["status"] = data["status"]
            said["notify"] = data["notify"]
            said["components"] = self._components(data["page"])
        return said

    def sketch(self) -> Update:
        """What stands in the form as an update that nobody has saved, as far as it can be read; not to be saved."""
        self.is_valid()
        data, given = self.cleaned_data, self.data
        page = data.get("page") or (self.places[0].slug if self.places and self.is_public else "")
        return Update(
            pk=self.update.pk if self.update else None,
            incident=self.incident,
            audience=self.audience,
            also_for=[name for name in self.chosen if name != self.audience],
            page=page,
            title=str(data.get("title") or given.get("title", ""))[:200].strip(),
            body=str(data.get("body") or given.get("body", ""))[:LONGEST_BODY].strip(),
            status=data.get("status") or "",
            language=data.get("language") or "en",
            components=self._components(page),
            next_update_at=data.get("next_update_at"),
            notify=bool(data.get("notify")),
            state=self.update.state if self.update else UpdateState.DRAFT,
        )

    def _components(self, page: str) -> dict[str, str]:
        prefix = f"c:{page}:"
        return {
            name.removeprefix(prefix): str(value)
            for name, value in self.cleaned_data.items()
            if name.startswith(prefix) and value
        }


def _languages(current: str) -> list[tuple[str, str]]:
    known = [(code, language.name) for code, language in languages.LANGUAGES.items()]
    return known if any(code == current for code, _ in known) else [*known, (current, current)]
