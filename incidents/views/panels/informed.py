"""The panel of what went out: for each update of the last few, how many were told and how fast."""

from dataclasses import dataclass

from incidents.communication import informing
from incidents.models import Update, UpdateState
from incidents.views.desk import Desk

#: So many of the newest updates are shown.
MOST = 3


@dataclass(frozen=True)
class Out:
    """One update that is out, counted over its audiences and channels."""

    update: Update
    total: int
    sent: int
    queued: int
    missed: int
    t95: float | None


def shown(desk: Desk) -> dict[str, object]:
    """One query, and a few for each update shown."""
    rows = desk.incident.updates.filter(state=UpdateState.PUBLISHED).order_by("-published_at", "-pk")[:MOST]
    return {"sent_updates": [_out(update) for update in rows]}


def _out(update: Update) -> Out:
    told = [line.told for line in informing.proof(update)]
    times = [one.t95 for one in told]
    return Out(
        update,
        total=sum(one.total for one in told),
        sent=sum(one.sent for one in told),
        queued=sum(one.queued for one in told),
        missed=sum(one.missed for one in told),
        t95=max((one for one in times if one is not None), default=None) if None not in times else None,
    )
