"""The base of all Celery tasks: asking for one never makes a person wait twice for a silent broker.

Every row that a task would work on is found by the sweeps as well, so a task that could not be asked
for is late, not lost.
"""

import logging
import time
from typing import Any

import celery
import redis
from django.conf import settings
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

#: After a failure nobody asks again for so long: one click may record several facts, and each would
#: wait for the same silent broker.
SILENCE_S = 30.0


class PatientTask(celery.Task):
    """A task that, in web processes and commands, logs a broker's failure to take it instead of raising it."""

    abstract = True
    _silent_until = 0.0

    def apply_async(self, *args: Any, **kwargs: Any) -> Any:
        if settings.PROCESS not in {"", "web"}:
            return super().apply_async(*args, **kwargs)
        if time.monotonic() < PatientTask._silent_until:
            return None
        try:
            return super().apply_async(*args, **kwargs)
        except (OperationalError, redis.RedisError, OSError) as problem:
            PatientTask._silent_until = time.monotonic() + SILENCE_S
            # Where nothing runs yet, a command asks in vain, and that is no news.
            log.log(
                logging.WARNING if settings.PROCESS else logging.DEBUG,
                "the broker does not answer (%s): %s waits for the sweep",
                problem,
                self.name,
            )
            return None
