"""Attempts at writing: keeping what is typed, filling in a template, previews, taking a text over."""

from types import SimpleNamespace

from incidents.models import MessageTemplate
from roles.policy import SYSTEM
from tests import make
from tests.attempts.trying import Attempt, Stage, ask, get, post


def prepare(stage: Stage) -> SimpleNamespace:
    """A draft that somebody writes, and a template; they are named `{s.composer.…}`."""
    return SimpleNamespace(
        draft=make.make_draft(stage.incident, by=SYSTEM),
        template=MessageTemplate.objects.filter(audience="public", page="", is_active=True).first(),
    )


_UPDATES = "/incidents/{s.incident.key}/updates/"

ON_PAGES: dict[str, list[Attempt]] = {
    "incidents.draft_update": [
        post(f"{_UPDATES}unsaved/", body="Cards fail.", audience="public"),
        post(f"{_UPDATES}unsaved/drop/"),
        ask(f"{_UPDATES}preview/", body="Cards fail.", audience="public"),
        ask(f"{_UPDATES}fill/", template="{s.composer.template.pk}", audience="public"),
        post(f"{_UPDATES}{{s.composer.draft.pk}}/take-over/"),
    ],
}
BY_API: dict[str, list[Attempt]] = {
    "incidents.view_incident": [get("/api/v1/incidents/{s.incident.key}/updates/{s.composer.draft.pk}/previews/")],
}
IN_THE_ADMIN: dict[str, list[Attempt]] = {}
