"""The instants of an incident's life, and the order in which they can only have happened."""

from collections.abc import Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils import timezone

#: Each stamp, what people call it, in the order of an incident's life.
ORDER: dict[str, str] = {
    "detected_at": "Detected",
    "declared_at": "Declared",
    "acknowledged_at": "Acknowledged",
    "identified_at": "Identified",
    "mitigated_at": "Mitigated",
    "resolved_at": "Resolved",
    "closed_at": "Closed",
}
#: Somebody may answer before the cause is known or after: between these two there is no order.
_UNORDERED = frozenset({("acknowledged_at", "identified_at")})


def refuse_disorder(stamps: Mapping[str, datetime | None], *, changed: frozenset[str]) -> None:
    """Raises ValidationError, by field, where a changed stamp lies in the future or out of order.

    What was in disorder before and is not touched is nobody's mistake now. People speak in seconds, so finer
    differences count for nothing.
    """
    known = [(name, at.replace(microsecond=0)) for name in ORDER if (at := stamps.get(name)) is not None]
    now = timezone.now()
    for name, at in known:
        if name in changed and at > now:
            raise ValidationError({name: f"{ORDER[name]} cannot lie in the future."})
    for n, (earlier, first) in enumerate(known):
        for later, then in known[n + 1 :]:
            if first <= then or (earlier, later) in _UNORDERED or not changed & {earlier, later}:
                continue
            wrong = later if later in changed else earlier
            raise ValidationError(
                {wrong: f"{ORDER[later]} ({then:%H:%M} UTC) cannot be before {ORDER[earlier]} ({first:%H:%M} UTC)."}
            )
