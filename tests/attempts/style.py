"""Attempts at checking a text while it is written."""

from types import SimpleNamespace

from tests.attempts.trying import Attempt, Stage, ask


def prepare(stage: Stage) -> SimpleNamespace:
    """Nothing more than the stage."""
    return SimpleNamespace()


ON_PAGES: dict[str, list[Attempt]] = {
    "incidents.draft_update": [
        ask("/incidents/{s.incident.key}/updates/check/", body="Cards fail.", audience="public")
    ],
}
BY_API: dict[str, list[Attempt]] = {}
IN_THE_ADMIN: dict[str, list[Attempt]] = {}
