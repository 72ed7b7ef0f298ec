"""A request as somebody would try it, with names of the stage in it; the files beside this one list them."""

import json
from dataclasses import dataclass, field
from types import SimpleNamespace

from django.http import HttpResponse
from django.test import Client

from incidents.models import Incident, IncidentRole, TimelineEntry, Update
from roles.models import User
from statuspage.models import StatusPage
from tests import make


@dataclass(frozen=True)
class Stage:
    """What the attempts are made on. Nobody of the cast has a seat on `vacant`."""

    incident: Incident
    vacant: Incident
    page: StatusPage
    someone: User
    seat: IncidentRole
    comms: IncidentRole
    note: TimelineEntry
    submitted: Update
    approved: Update
    administrator: Client
    parts: dict[str, SimpleNamespace] = field(default_factory=dict)

    def __getattr__(self, name: str) -> SimpleNamespace:
        """What a part has prepared: `{s.diagnosis.action.pk}`."""
        try:
            return self.__dict__["parts"][name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass(frozen=True)
class Attempt:
    """One request. Path and fields may name the stage (`{s.someone.pk}`), fields also who tries (`{who.username}`)."""

    method: str
    path: str
    fields: dict[str, str] = field(default_factory=dict)
    is_json: bool = False
    is_asking: bool = False  # a post that only reads: a text checked, a preview

    @property
    def writes(self) -> bool:
        return self.method != "GET" and not self.is_asking

    def by(self, who: User, client: Client, stage: Stage) -> HttpResponse:
        """Sends it from the client in which `who` is signed in."""
        path = self.path.format(s=stage)
        filled = {name: value.format(s=stage, who=who) for name, value in self.fields.items()}
        if self.method == "GET":
            return client.get(path)
        if self.is_json:
            return client.generic(self.method, path, json.dumps(filled), content_type="application/json")
        return client.post(path, filled)


@dataclass(frozen=True)
class Forged(Attempt):
    """The whole form of an admin page, as an administrator sees it, with `fields` changed, sent by anybody."""

    def by(self, who: User, client: Client, stage: Stage) -> HttpResponse:
        path = self.path.format(s=stage)
        changed = {name: value.format(s=stage, who=who) for name, value in self.fields.items()}
        return client.post(path, make.form_of(stage.administrator.get(path)) | changed)


def get(path: str) -> Attempt:
    """Reads."""
    return Attempt("GET", path)


def post(path: str, **fields: str) -> Attempt:
    """Sends a form."""
    return Attempt("POST", path, fields)


def ask(path: str, **fields: str) -> Attempt:
    """Sends a form that changes nothing and is answered with something to read."""
    return Attempt("POST", path, fields, is_asking=True)


def send(method: str, path: str, **fields: str) -> Attempt:
    """Sends JSON."""
    return Attempt(method, path, fields, is_json=True)
