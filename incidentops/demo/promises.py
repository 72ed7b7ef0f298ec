"""The part of the demo's night that shows: what insiders were told in time, and a text that came back with comments."""

from collections.abc import Callable
from datetime import datetime

from incidents import events
from incidents.communication import revisions, updates
from incidents.models import Audience, Incident, Service, Update
from roles.models import User


def tell(
    incident: Incident, staff: dict[str, User], services: dict[str, Service], ago: Callable[[float], datetime]
) -> None:
    """Adds to the major incident; `ago(m)` is m minutes before now."""
    jonas, amara, kenji = staff["jonas"], staff["amara"], staff["kenji"]
    _inside(
        incident,
        ago(31),
        ago(20.3),
        by=(jonas, amara, kenji),
        title="EU card payments: 38% declined",
        body="The rollout of checkout-api 4.117 is being taken back. Declines stand at 38%. Asia and the US are fine.",
    )
    _inside(
        incident,
        ago(20.3),
        ago(-9.7),
        by=(jonas, amara, kenji),
        title="EU card payments: cause under test",
        body="Taking 4.117 back changed nothing. The ledger pool in the EU is full; its limit is being compared.",
    )
    waiting = Update.objects.filter(incident=incident, state="submitted", audience=Audience.PUBLIC).first()
    if waiting is None:
        return
    # It came back once: the version before said more than was known.
    with events.dated(ago(1.9)):
        updates.send_back(
            waiting,
            by=amara,
            comment="Two words on who can try again, then it can go.",
            remarks=[revisions.Remark("Say that declined customers can try again.", 1)],
        )
    waiting.refresh_from_db()
    with events.dated(ago(1.6)):
        waiting = updates.edit(
            waiting,
            by=jonas,
            seen_version=waiting.version,
            body=f"{waiting.body} Nobody has to do anything else.",
        )
        for comment in waiting.comments.all():
            revisions.settle(comment, by=jonas)
        updates.submit(waiting, by=jonas)


def _inside(
    incident: Incident, at: datetime, next_at: datetime, *, by: tuple[User, User, User], title: str, body: str
) -> None:
    """One internal update, from draft to published."""
    author, approver, publisher = by
    with events.dated(at):
        update = updates.draft(
            incident, by=author, audience=Audience.INTERNAL, next_update_at=next_at, title=title, body=body
        )
        updates.submit(update, by=author)
        updates.approve(update, by=approver)
        updates.publish(update, by=publisher)
