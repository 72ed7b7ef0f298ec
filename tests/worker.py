"""What stands in for Celery in tests: tasks that were asked for are noted, and worked off on demand.

Asking goes through the product's own road (`transaction.on_commit`, then `.delay`), so a test that
forgets to ask finds nothing to work off.
"""

from dataclasses import dataclass, field

from celery import current_app
from django.db import connection

#: More than any journey needs; a task that asks for itself without end is a bug.
MOST_RUNS = 500


@dataclass(frozen=True)
class Asked:
    """A task as it was asked for. `is_later` tells that it was asked for with a delay."""

    name: str
    args: tuple[object, ...] = ()
    kwargs: dict[str, object] = field(default_factory=dict)
    is_later: bool = False


class Worker:
    """Notes what is asked of Celery, and does it when the test says so."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.announced: list[int] = []

    def note(self, name: str, args: object, kwargs: object, options: dict[str, object]) -> None:
        is_later = bool(options.get("countdown") or options.get("eta"))
        self.asked.append(Asked(name, tuple(args or ()), dict(kwargs or {}), is_later))  # type: ignore[call-overload]

    def commit(self) -> None:
        """Runs what waits for the commit that a test's own transaction never makes."""
        while connection.run_on_commit:
            waiting, connection.run_on_commit = connection.run_on_commit, []
            for _savepoints, callback, _is_robust in waiting:
                callback()

    def run(self, *, but: str = "") -> list[str]:
        """Commits and works off all that was asked for, and what that asks for in turn; names what was done.

        Tasks asked for with a delay stay where they are: time does not pass by itself in a test. So do those
        whose name holds `but`: a lane that stands still.
        """
        done: list[str] = []
        self.commit()
        while waiting := [asked for asked in self.asked if not _stays(asked, but)]:
            self.asked = [asked for asked in self.asked if _stays(asked, but)]
            for asked in dict.fromkeys(_hashable(one) for one in waiting):
                name, args, kwargs = asked
                current_app.tasks[name].run(*args, **dict(kwargs))
                done.append(name)
                self.commit()
                if len(done) > MOST_RUNS:
                    raise AssertionError(f"tasks ask for each other without end: {done[-5:]}")
        return done

    def tick(self) -> list[str]:
        """Lets the clock strike once in each package, then works off what it asked for."""
        current_app.loader.import_default_modules()
        for package in ("incidents", "statuspage", "notifications"):
            current_app.tasks[f"{package}.clock.tick"].run()
        return self.run()


def _stays(asked: Asked, but: str) -> bool:
    return asked.is_later or bool(but and but in asked.name)


def _hashable(asked: Asked) -> tuple[str, tuple[object, ...], tuple[tuple[str, object], ...]]:
    return asked.name, asked.args, tuple(sorted(asked.kwargs.items()))
