"""From bytes to plain JSON values, within bounds; no kind of source is known here."""

import json
from typing import NoReturn

from incidents.detection.signal import Unreadable

#: Deeper nesting than any tool sends.
DEEPEST = 40


def parse(body: bytes) -> object:
    """The values of a JSON body; raises Unreadable with a sentence that says what is amiss, and where."""
    if not body.strip():
        raise Unreadable("The body is empty; it should be JSON.")
    try:
        found = json.loads(body, parse_constant=_refuse)
    except UnicodeDecodeError as problem:
        raise Unreadable("The body is not text in UTF-8.") from problem
    except json.JSONDecodeError as problem:
        where = f"line {problem.lineno}, column {problem.colno}"
        raise Unreadable(f"The body is no JSON: {problem.msg} at {where}.") from problem
    except RecursionError as problem:
        raise Unreadable(f"The body is nested deeper than {DEEPEST} levels.") from problem
    except ValueError as problem:
        raise Unreadable("The body holds a number that is none, or is too long.") from problem
    if _is_deeper_than(found, DEEPEST):
        raise Unreadable(f"The body is nested deeper than {DEEPEST} levels.")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _is_deeper_than(value: object, limit: int) -> bool:
    """Level by level, without recursion: what is nested too deep must not be walked deep."""
    level = [value]
    for _ in range(limit):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return [inner for inner in value.values() if isinstance(inner, dict | list)]
    if isinstance(value, list):
        return [inner for inner in value if isinstance(inner, dict | list)]
    return []
