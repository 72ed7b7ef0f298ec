"""Which addresses must not be written to. `delivery` asks at send time, so what was queued before is stopped too."""

from collections.abc import Collection

from notifications import addresses
from notifications.models import Suppression


def suppress(
    channel: str, address: str, *, list_name: str = "", reason: str = Suppression.Reason.UNSUBSCRIBED
) -> Suppression:
    """Stops messages of one list, or with an empty `list_name` of every list; the first reason stays."""
    return Suppression.objects.get_or_create(
        channel=channel,
        address=addresses.normal(channel, address),
        list_name=list_name,
        defaults={"reason": reason},
    )[0]


def unsuppress(channel: str, address: str, *, list_name: str = "", reason: str | None = None) -> int:
    """Lets one list write again, if given only where it was stopped for `reason`; answers how many rows it lifted.

    Lifting one list's suppression leaves one for every list standing.
    """
    rows = Suppression.objects.filter(channel=channel, address=addresses.normal(channel, address), list_name=list_name)
    if reason is not None:
        rows = rows.filter(reason=reason)
    return rows.delete()[0]


def is_suppressed(channel: str, address: str, *, list_name: str = "") -> bool:
    """Whether a message of this list would be stopped now."""
    return (addresses.normal(channel, address), list_name) in found(channel, [address], lists=[list_name])


def found(channel: str, to: Collection[str], *, lists: Collection[str]) -> set[tuple[str, str]]:
    """The pairs (address, list) among `to` × `lists` that must not be written to; one query."""
    rows = Suppression.objects.filter(
        channel=channel, address__in={addresses.normal(channel, address) for address in to}, list_name__in={"", *lists}
    ).values_list("address", "list_name")
    stopped: set[tuple[str, str]] = set()
    for address, list_name in rows:
        stopped.update((address, name) for name in ([list_name] if list_name else {"", *lists}))
    return stopped
