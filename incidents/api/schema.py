"""The machine-readable description of the API: how one signs in, and that every operation may be refused."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from drf_spectacular.utils import Direction, OpenApiParameter
from rest_framework import serializers

from incidents.api.errors import ErrorSerializer

REFUSALS = ("401", "403", "404", "429")
REFUSALS_OF_WRITES = ("400", "409")
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """`Authorization: Bearer iop_…`."""

    target_class = "roles.tokens.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return build_bearer_security_scheme_object("Authorization", "Bearer", bearer_format="iop_…")


class Schema(AutoSchema):
    """Adds to each operation what all have in common: refusals, and the key that makes a write happen once."""

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, object]:
        answers = super()._get_response_bodies(direction)
        for code in REFUSALS + (REFUSALS_OF_WRITES if self.method in WRITES else ()):
            answers.setdefault(code, self._get_response_for_code(ErrorSerializer, code, direction=direction))
        return dict(sorted(answers.items()))

    def get_override_parameters(self) -> list[OpenApiParameter | serializers.Serializer | type[serializers.Serializer]]:
        stated = list(super().get_override_parameters())
        if self.method in WRITES:
            stated.append(
                OpenApiParameter(
                    "Idempotency-Key",
                    str,
                    OpenApiParameter.HEADER,
                    description="The same request under one key happens once; later ones get its answer, for a day.",
                )
            )
        return stated

    def get_tags(self) -> list[str]:
        """Under an incident, what it is about: 'roster', 'updates'; else the first word of the address."""
        words = [part for part in self.path.removeprefix("/api/v1").split("/") if part and not part.startswith("{")]
        return [words[1] if len(words) > 1 and words[0] == "incidents" else words[0]]
