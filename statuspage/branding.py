"""A page's own colours, as the one small sheet that is laid over the design's tokens."""

import re

from django.core.exceptions import ValidationError

from statuspage.models import StatusPage

_COLOUR = re.compile(r"#[0-9a-f]{6}\Z")
_LIGHT, _DARK = "#ffffff", "#14191f"
FALLBACK = "#15244b"


def check(colour: str) -> None:
    """Raises ValidationError unless it is exactly #rrggbb: nothing else ever reaches a sheet."""
    if not _COLOUR.match(colour):
        raise ValidationError("A colour is written as #rrggbb, in lower case.")


def colours(page: StatusPage) -> dict[str, str]:
    """The page's colour and what can be read on it, for e-mails: {"brand", "brand_on"}."""
    brand = page.brand_colour if _COLOUR.match(page.brand_colour) else FALLBACK
    return {"brand": brand, "brand_on": on(brand)}


def sheet(page: StatusPage) -> str:
    """brand.css of one page."""
    brand, brand_on = colours(page).values()
    spark = page.spark_colour if _COLOUR.match(page.spark_colour) else brand_on
    return f":root {{ --brand: {brand}; --brand-on: {brand_on}; --brand-spark: {spark}; }}\n"


def on(colour: str) -> str:
    """White or near black, whichever can be read better on `colour`."""
    light = _luminance(colour)
    return _LIGHT if 1.05 / (light + 0.05) >= (light + 0.05) / (_luminance(_DARK) + 0.05) else _DARK


def _luminance(colour: str) -> float:
    """Relative luminance, as WCAG reckons it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
