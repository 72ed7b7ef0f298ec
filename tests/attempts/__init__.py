"""Every action of the policy table as somebody would try it: on the pages, by the REST API, in the admin.

Each file gives, by action, the requests that need exactly this right. A new line in the table needs a line in
one of them; `tests/test_matrix.py` fails until it has one.
"""

from types import ModuleType

from tests.attempts import (
    command,
    composer,
    coordination,
    customers,
    diagnosis,
    finding,
    informing,
    inside,
    lifecycle,
    promises,
    record,
    rooms,
    scribe,
    seats,
    style,
    talking,
)
from tests.attempts.trying import Attempt, Stage

PARTS: dict[str, ModuleType] = {
    "lifecycle": lifecycle,
    "finding": finding,
    "seats": seats,
    "record": record,
    "scribe": scribe,
    "command": command,
    "diagnosis": diagnosis,
    "coordination": coordination,
    "composer": composer,
    "inside": inside,
    "customers": customers,
    "style": style,
    "informing": informing,
    "talking": talking,
    "promises": promises,
}
#: Those that prepare nothing of their own as well.
EVERY_PART: dict[str, ModuleType] = {"rooms": rooms, **PARTS}


def _joined(door: str) -> dict[str, list[Attempt]]:
    found: dict[str, list[Attempt]] = {}
    for part in EVERY_PART.values():
        for action, attempts in getattr(part, door).items():
            found.setdefault(action, []).extend(attempts)
    return found


ON_PAGES = _joined("ON_PAGES")
BY_API = _joined("BY_API")
IN_THE_ADMIN = _joined("IN_THE_ADMIN")

__all__ = ["BY_API", "EVERY_PART", "IN_THE_ADMIN", "ON_PAGES", "PARTS", "Attempt", "Stage"]
