"""What a published page brings along: one sheet, the icons and the fonts, so that its folder alone is whole.

Read once per process from the static files, under names that hold their content's digest.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.contrib.staticfiles import finders

#: In the order in which they are laid over each other.
SHEETS = ("tokens", "base", "components", "forms", "public")
FONTS = ("ahn-latin.woff2", "ahn-latin-ext.woff2", "ahm-latin.woff2")
_IMPORT = re.compile(r'@import url\("[^"]*"\);\n?')
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True)
class Assets:
    """Paths inside the generation, and the files themselves."""

    sheet: str
    icons: str
    font: str
    favicon: str
    files: dict[str, bytes]


@lru_cache(maxsize=1)
def bundle() -> Assets:
    """The assets as this release of the product has them."""
    fonts = {name: _found(f"fonts/{name}") for name in FONTS}
    named = {name: _named(name, body) for name, body in fonts.items()}
    sheet = "\n".join(_found(f"css/{name}.css").decode() for name in SHEETS)
    sheet = _COMMENT.sub("", _IMPORT.sub("", sheet))
    for name, path in named.items():
        sheet = sheet.replace(f"../fonts/{name}", path.rpartition("/")[2])
    sheet = re.sub(r"\n\s+", "\n", sheet)
    icons, favicon = _found("icons.svg"), _found("favicon.svg")
    files = {named[name]: body for name, body in fonts.items()}
    sheet_path, icons_path = _named("public.css", sheet.encode()), _named("icons.svg", icons)
    favicon_path = _named("favicon.svg", favicon)
    files |= {sheet_path: sheet.encode(), icons_path: icons, favicon_path: favicon}
    return Assets(sheet_path, icons_path, named[FONTS[0]], favicon_path, files)


def _named(name: str, body: bytes) -> str:
    stem, _, ending = name.rpartition(".")
    return f"assets/{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{ending}"


def _found(name: str) -> bytes:
    path = finders.find(name)
    if path is None:
        raise FileNotFoundError(f"Static file {name} is missing.")
    return Path(path).read_bytes()
