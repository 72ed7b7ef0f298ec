"""What all serializers that read a request share: nothing is taken that was not asked for."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from incidents.detection.parsing import parse
from incidents.detection.signal import Unreadable
from roles.models import User


class StrictSerializer(serializers.Serializer):
    """Refuses a field that it does not know, by name, instead of passing over it: a misspelt field or a
    forged one is an error, not a surprise."""

    def to_internal_value(self, data: object) -> dict[str, object]:
        if isinstance(data, Mapping):
            known = {name for name, field in self.fields.items() if not field.read_only}
            if unknown := [str(name) for name in data if name not in known]:
                raise serializers.ValidationError({name: ["This field cannot be set here."] for name in unknown})
        found: dict[str, object] = super().to_internal_value(data)
        return found


class BoundedJSONParser(JSONParser):
    """JSON that is not nested without end; the size is bounded by Django before."""

    def parse(self, stream: object, media_type: str | None = None, parser_context: object = None) -> Any:
        body = stream.read()  # type: ignore[attr-defined]
        try:
            return parse(body)
        except Unreadable as problem:
            raise ParseError(str(problem)) from problem


class PersonField(serializers.SlugRelatedField):
    """A person by user name."""

    def __init__(self, **kwargs: object) -> None:
        if not kwargs.get("read_only"):
            kwargs.setdefault("queryset", User.objects.filter(is_active=True))
        super().__init__(slug_field="username", **kwargs)  # type: ignore[arg-type]
        self.error_messages["does_not_exist"] = "Nobody here is called {value}."
