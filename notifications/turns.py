"""Keeps the threads of one process from draining the same lane and channel side by side.

Many asks arrive while one drain is at work; it does the work of all of them. Between processes the
claims keep apart, here it is about threads that would only wait for each other.
"""

from collections import Counter
from collections.abc import Callable, Hashable
from threading import Lock

#: Two, so that one provider call that hangs does not hold up everything behind it.
AT_ONCE = 2
_lock = Lock()
_running: Counter[Hashable] = Counter()
_asked_again: set[Hashable] = set()


def run(key: Hashable, work: Callable[[], bool]) -> bool:
    """Does `work` unless enough threads are at it; then one of those goes round once more.

    `work` answers whether it got done; so does this (True as well where others are at it).
    """
    with _lock:
        if _running[key] >= AT_ONCE:
            _asked_again.add(key)
            return True
        _running[key] += 1
    try:
        while True:
            is_done = work()
            with _lock:
                if not is_done or key not in _asked_again:
                    _running[key] -= 1
                    return is_done
                _asked_again.discard(key)
    except BaseException:
        with _lock:
            _running[key] -= 1
        raise
