"""The texts that moves of an incident put on a page: placeholders from a fixed list, and no language.

A template is plain text in which `{title}` and a few more names are replaced, once. There is nothing
to call, no attribute to walk and no condition, so what somebody writes into a template stays text.
"""

import re
from collections.abc import Mapping

from django.core.exceptions import ValidationError

from incidents.models import PublicStatus

#: What a text may name, and what stands there when it goes out.
PLACEHOLDERS: dict[str, str] = {
    "title": "the public title of the incident",
    "components": "the affected components, or the name of the page",
    "status": "Investigating, Identified, Monitoring or Resolved",
    "next_update": 'the sentence "Next update by 02:47 UTC.", or nothing where none is promised',
    "page": "the name of the page",
}
_PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")
_SPACES = re.compile(r" {2,}")

#: What a new page starts with: status → (title, body).
DEFAULTS: dict[str, tuple[str, str]] = {
    PublicStatus.INVESTIGATING: (
        "Problem with {components}",
        "We are investigating a problem with {components}. {next_update}",
    ),
    PublicStatus.IDENTIFIED: (
        "{title}",
        "We know what causes the problem with {components} and are working to restore it. {next_update}",
    ),
    PublicStatus.MONITORING: (
        "{title}",
        "{components} should work again. We are watching closely to be sure. {next_update}",
    ),
    PublicStatus.RESOLVED: (
        "{title}",
        "The problem with {components} is over and everything works normally again. We are sorry for the trouble.",
    ),
}


def check(text: str) -> None:
    """Raises ValidationError naming the first placeholder that does not exist."""
    for name in _PLACEHOLDER.findall(text):
        if name not in PLACEHOLDERS:
            known = ", ".join(f"{{{known}}}" for known in PLACEHOLDERS)
            raise ValidationError(f"{{{name}}} is no placeholder; there are {known}.")


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders replaced; what is put in is not looked through again."""
    filled = _PLACEHOLDER.sub(lambda match: values.get(match.group(1), match.group(0)), text)
    return _capital(_SPACES.sub(" ", filled).strip())


def listed(names: list[str]) -> str:
    """'Card payments', 'Card payments and Payouts', 'Card payments, Payouts and 3 more'."""
    if len(names) > 3:
        return f"{', '.join(names[:2])} and {len(names) - 2} more"
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
