"""Keeps static files under names that carry their digest, with gzip twins.

whitenoise would also make Brotli twins and keep debuggers' maps: of the libraries' megabytes that takes
most of a minute, which the first start does not have. Public pages bring their own twins.
"""

from collections.abc import Callable
from re import Match

from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

#: Of what libraries bring along: maps for debuggers, and the second of two viewers of the API's schema.
NOT_SERVED = ["*.map", "redoc"]


class Storage(CompressedManifestStaticFilesStorage):
    """Hashed names, gzip twins, no maps."""

    def create_compressor(self, **options: object) -> Compressor:
        return super().create_compressor(**{**options, "use_brotli": False})

    def url_converter(
        self, name: str, hashed_files: dict[str, str], template: str | None = None
    ) -> Callable[[Match[str]], str]:
        convert = super().url_converter(name, hashed_files, template)

        def leave_maps(found: Match[str]) -> str:
            return found["matched"] if found["url"].rstrip().endswith(".map") else convert(found)

        return leave_maps
