"""Addresses as they are stored, compared and shown. Whether one may be written to is `suppressions`' question."""

import re
from collections.abc import Iterable

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from notifications.models import ChannelName

#: What a mail server takes between angle brackets; quoted local parts and line ends are not among it.
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?\Z")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}\Z")
#: A chat is named by its hook; the address behind it is a secret that no message holds.
_HOOK = re.compile(r"hook:[a-z0-9]{12}\Z")


def normal(channel: str, address: object) -> str:
    """The one form of an address that rows hold and suppressions match: no spaces, mail in lower case,
    its domain in ASCII."""
    text = str(address).strip()
    if channel == ChannelName.EMAIL:
        return _ascii_domain(text.lower())
    if channel == ChannelName.SMS:
        return re.sub(r"[\s().-]", "", text)
    return text


def is_usable(channel: str, address: str) -> bool:
    """Whether a normal address has the shape that its channel needs."""
    if channel == ChannelName.EMAIL:
        return bool(_MAIL.match(address))
    if channel == ChannelName.SMS:
        return bool(_PHONE.match(address))
    if channel == ChannelName.CHAT:
        return bool(_HOOK.match(address))
    return address.startswith(("https://", "http://")) and address.isprintable()


def masked(channel: str, address: str) -> str:
    """Enough of an address to recognise it, not enough to use it: 'd•••@nordlys.example', '+1555•••0142'."""
    if channel == ChannelName.EMAIL:
        name, _, domain = address.rpartition("@")
        return f"{name[:1]}•••@{domain}"
    if channel == ChannelName.SMS:
        return f"{address[:5]}•••{address[-2:]}" if len(address) > 9 else "•••"
    if channel == ChannelName.CHAT:
        return address
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.split('/', 1)[0].rpartition('@')[2]}/•••"


def _ascii_domain(address: str) -> str:
    name, at, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{name}{at}{domain.encode('idna').decode()}"
    except UnicodeError:
        return address


def dialling_codes(begins: Iterable[str]) -> set[int]:
    """The country codes (ITU-T E.164) of numbers, from their first four signs: '+491' → 49. +1 is one of them."""
    found = set()
    for begin in begins:
        digits = begin.removeprefix("+")
        codes = (int(digits[:length]) for length in (1, 2, 3) if digits[:length].isdecimal())
        code = next((one for one in codes if one in COUNTRY_CODE_TO_REGION_CODE), None)
        if code is not None:
            found.add(code)
    return found
