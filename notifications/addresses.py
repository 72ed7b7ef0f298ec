"""Addresses as they are stored, compared and shown. Whether one may be written to is `suppressions`' question."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from notifications.models import ChannelName

_PHONE = re.compile(r"\+[1-9][0-9]{6,14}\Z")


def normal(channel: str, address: object) -> str:
    """The one form of an address that rows hold and suppressions match: no spaces, mail in lower case."""
    text = str(address).strip()
    if channel == ChannelName.EMAIL:
        return text.lower()
    if channel == ChannelName.SMS:
        return re.sub(r"[\s().-]", "", text)
    return text


def is_usable(channel: str, address: str) -> bool:
    """Whether a normal address has the shape that its channel needs."""
    if channel == ChannelName.EMAIL:
        try:
            validate_email(address)
        except ValidationError:
            return False
        return address.isascii()
    if channel == ChannelName.SMS:
        return bool(_PHONE.match(address))
    return address.startswith(("https://", "http://"))


def masked(channel: str, address: str) -> str:
    """Enough of an address to recognise it, not enough to use it: 'd•••@nordlys.example', '+1555•••0142'."""
    if channel == ChannelName.EMAIL:
        name, _, domain = address.rpartition("@")
        return f"{name[:1]}•••@{domain}"
    if channel == ChannelName.SMS:
        return f"{address[:5]}•••{address[-2:]}" if len(address) > 9 else "•••"
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.split('/', 1)[0].rpartition('@')[2]}/•••"
