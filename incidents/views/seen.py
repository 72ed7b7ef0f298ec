"""Which version of a row a form was made from."""

from roles.requests import SignedInRequest


def seen_version(request: SignedInRequest) -> int | None:
    """The number in the hidden field `version`; None where the form names none."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None
