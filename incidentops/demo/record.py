"""The part of the demo's night that shows: evidence, key moments, a correction, names, and what was read."""

import math
from collections.abc import Callable
from datetime import datetime

from django.core.files.uploadedfile import SimpleUploadedFile

from incidentops.demo.pictures import graph
from incidents import attachments, events, timeline
from incidents.models import Incident, Kind, Look, Service
from roles.models import User

DIFF = """diff --git a/eu/pool.ini b/eu/pool.ini
--- a/eu/pool.ini
+++ b/eu/pool.ini
@@ -11,3 +11,3 @@
 pool_mode = transaction
-max_client_conn = 1200
+max_client_conn = 120
 query_wait_timeout = 15
"""
DECLINES = "minute,declined_percent\n02:05,0.8\n02:09,11.4\n02:15,38.0\n02:45,37.6\n02:50,14.2\n02:53,2.1\n"
TRACE = "02:31:07 checkout-api acquire timeout after 15.000 s, pool eu-ledger, waiting 412, active 120, idle 0\n" * 6


def tell(
    incident: Incident, staff: dict[str, User], services: dict[str, Service], ago: Callable[[float], datetime]
) -> None:
    """Adds to the major incident; `ago(m)` is m minutes before now."""
    amara, priya, tomas, elif_ = staff["amara"], staff["priya"], staff["tomas"], staff["elif"]
    waits = [4 + 3 * math.sin(minute / 3) for minute in range(20)] + [90 - 2 * math.cos(minute) for minute in range(60)]
    waits += [90 * 0.78**minute + 5 for minute in range(30)]
    _attach(incident, ago(30), priya, "Declines by minute, from the gateway.", "declines-eu.csv", DECLINES.encode())
    _attach(incident, ago(22), tomas, "Every checkout waits for a connection.", "checkout-api-0231.log", TRACE.encode())
    _attach(incident, ago(13.5), priya, "The rollout that cut the limit.", "config-rollout-8841.diff", DIFF.encode())
    with events.dated(ago(34)):
        heard = timeline.add_entry(
            incident, by=elif_, kind=Kind.QUOTE, body="“First declines at 02:19, says the gateway.” @priya, is that so?"
        )
    with events.dated(ago(33)):
        timeline.supersede(
            heard, by=elif_, body="“First declines at 02:09, says the gateway.” @priya confirms it from the graph."
        )
    with events.dated(ago(18)):
        timeline.add_entry(
            incident,
            by=amara,
            body="Two merchants ask for names. Nothing on single customers leaves this room; @comms_lead answers them.",
            visibility="room",
        )
    _mark(incident, elif_)
    _have_read(incident, staff)
    _attach(incident, ago(0.9), tomas, "Pool wait since the new limit.", "pool-wait-0230-0255.png", graph(waits))
    with events.dated(ago(0.6)):
        timeline.add_entry(incident, by=priya, kind=Kind.FINDING, body="`eu-west-1c` drained, wait queue at 3. @amara")
    with events.dated(ago(0.4)):
        timeline.add_entry(
            incident, by=elif_, kind=Kind.NOW, body="Limit restored on 2 of 3 nodes, draining the third."
        )


def _attach(incident: Incident, at: datetime, by: User, body: str, name: str, content: bytes) -> None:
    with events.dated(at):
        attachments.attach(incident, by=by, uploads=[SimpleUploadedFile(name, content)], body=body)


def _mark(incident: Incident, by: User) -> None:
    """What tells the story of the night: declared, the cause seen, the decision."""
    told = incident.entries.filter(superseded_by=None).order_by("number")
    moments = [
        told.filter(kind=Kind.MOVED).first(),
        told.filter(kind=Kind.FINDING).first(),
        told.filter(kind=Kind.MOVED).last(),
        told.filter(kind=Kind.DECISION).last(),
    ]
    for entry in dict.fromkeys(filter(None, moments)):
        timeline.mark(entry, by=by)


def _have_read(incident: Incident, staff: dict[str, User]) -> None:
    """All of them have read up to here: what comes next is new to whoever opens the room."""
    last = incident.entries.order_by("-number").values_list("number", flat=True)[0]
    Look.objects.bulk_create(
        Look(incident=incident, user=staff[name], number=last)
        for name in ("amara", "jonas", "priya", "tomas", "elif", "kenji")
    )
