"""Refusals that are nobody's mistake: the state forbids it, or somebody else was first."""

from collections.abc import Iterable, Mapping

from django.core.exceptions import ValidationError

from incidents.models import Incident
from incidents.models.versions import Versioned


class Conflict(ValidationError):  # noqa: N818 - it reads as what it is: two wishes that do not go together
    """The state forbids it. `needed` lists what would have to be true; the doors answer 409."""

    def __init__(self, message: str, *, needed: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.needed = list(needed)


class Overtaken(Conflict):
    """Somebody changed the same words after they were opened. Both versions are kept, for people to compare."""

    def __init__(self, message: str, *, mine: Mapping[str, object], theirs: Mapping[str, object], version: int) -> None:
        super().__init__(message, needed=["the newest version"])
        self.mine = {name: str(value) for name, value in mine.items()}
        self.theirs = {name: str(value) for name, value in theirs.items()}
        self.version = version


def refuse_overtaken(row: Versioned | Incident, seen_version: int | None, mine: Mapping[str, object]) -> None:
    """Raises Overtaken where `row`, read anew and locked by the caller, is not at the version that the person
    had before them, and says something else than they want (`mine`, by field). None says nothing was shown."""
    theirs = {name: getattr(row, name) for name in mine}
    if seen_version is None or row.version == seen_version or theirs == dict(mine):
        return
    raise Overtaken(
        "Somebody changed this after you opened it. Both versions are kept.",
        mine=mine,
        theirs=theirs,
        version=row.version,
    )
