"""How incidents are sorted, by API: types, questions, tags, and the fields that sort one incident."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import taxonomy
from incidents.api.paging import whole, whole_list
from incidents.api.strict import StrictSerializer
from incidents.api.views import ApiView, IsResponder
from incidents.models import CustomField, IncidentType, Service, Tag

_FILTERS = {
    "q": "Words that it holds, the last one perhaps only begun, or a key.",
    "state": "One state, or several with commas; `active` for all in which somebody works on it.",
    "severity": "One severity, or several with commas.",
    "kind": "One kind, or several with commas.",
    "type": "The slug of an incident type.",
    "tag": "A tag.",
    "service": "The slug of a service.",
    "since": "Opened on this day (UTC) or later.",
    "until": "Opened on this day (UTC) or before.",
    "mine": "`true`: those on which the caller holds a seat.",
    "private": "`true`: private ones only.",
}


def filter_parameters() -> list[OpenApiParameter]:
    """The filters of the list of incidents, for its description."""
    known = [OpenApiParameter(name, str, description=words) for name, words in _FILTERS.items()]
    own = "`field-<slug>=<answer>`: by an answer to one of the organisation's own questions; any number of them."
    return [*known, OpenApiParameter("field-", str, description=own)]


class SortingSerializer(StrictSerializer):
    """What sorts an incident; what is not said stays."""

    type = serializers.SlugRelatedField(
        slug_field="slug", queryset=IncidentType.objects.filter(is_active=True), required=False, allow_null=True
    )
    tags = serializers.ListField(child=serializers.CharField(max_length=60), max_length=50, required=False)
    services = serializers.SlugRelatedField(
        slug_field="slug", many=True, queryset=Service.objects.all(), required=False
    )
    fields = serializers.DictField(  # type: ignore[assignment]  # the metaclass takes it out of the class
        child=serializers.JSONField(allow_null=True),
        required=False,
        help_text="Answers by the slug of their question; null or an empty text takes one back.",
    )
    sorting_version = serializers.IntegerField(
        required=False, help_text="409 with both versions if somebody sorted it otherwise since this row's number."
    )


def taken_from(changes: dict[str, Any]) -> dict[str, Any]:
    """Takes what sorts out of what was read, as `classification.classify` wants it."""
    names = {"type": "type", "tags": "tags", "services": "services", "fields": "answers"}
    taken = {names[name]: changes.pop(name) for name in names if name in changes}
    seen = changes.pop("sorting_version", None)
    return {**taken, "seen_version": seen} if taken else {}


class TypeSerializer(serializers.ModelSerializer):
    """A type of incident."""

    class Meta:
        model = IncidentType
        fields = ("slug", "name", "description", "is_private", "is_active", "position")
        read_only_fields = fields


class AddTypeSerializer(StrictSerializer):
    """A type to be made."""

    name = serializers.CharField(max_length=60)
    description = serializers.CharField(max_length=200, allow_blank=True, default="")
    is_private = serializers.BooleanField(default=False)
    position = serializers.IntegerField(min_value=0, max_value=32_000, default=0)


class ChangeTypeSerializer(StrictSerializer):
    """What may change of a type."""

    name = serializers.CharField(max_length=60, required=False)
    description = serializers.CharField(max_length=200, allow_blank=True, required=False)
    is_private = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False)
    position = serializers.IntegerField(min_value=0, max_value=32_000, required=False)


class FieldSerializer(serializers.ModelSerializer):
    """A question of the organisation's own."""

    types = serializers.SlugRelatedField(  # type: ignore[var-annotated]
        slug_field="slug", many=True, read_only=True
    )

    class Meta:
        model = CustomField
        fields = ("slug", "label", "kind", "choices", "help_text", "types", "needed_to", "is_active", "position")
        read_only_fields = fields


class ChangeFieldSerializer(StrictSerializer):
    """What may change of a question."""

    label = serializers.CharField(  # type: ignore[assignment]  # a column of this name
        max_length=80, required=False
    )
    choices = serializers.ListField(child=serializers.CharField(max_length=100), max_length=100, required=False)
    help_text = serializers.CharField(  # type: ignore[assignment]  # a column of this name
        max_length=200, allow_blank=True, required=False
    )
    types = serializers.SlugRelatedField(
        slug_field="slug", many=True, queryset=IncidentType.objects.all(), required=False, help_text="None: all."
    )
    needed_to = serializers.ChoiceField(taxonomy.HELD_UP, allow_blank=True, required=False)
    is_active = serializers.BooleanField(required=False)
    position = serializers.IntegerField(min_value=0, max_value=32_000, required=False)


class AddFieldSerializer(ChangeFieldSerializer):
    """A question to be asked."""

    label = serializers.CharField(max_length=80)  # type: ignore[assignment]
    kind = serializers.ChoiceField(CustomField.Kind.choices, default=CustomField.Kind.TEXT)


class TagSerializer(serializers.ModelSerializer):
    """A tag."""

    class Meta:
        model = Tag
        fields = ("name",)
        read_only_fields = fields


class IncidentTypes(ApiView):
    permission_classes = (IsResponder,)

    @extend_schema(operation_id="incident_types_list", responses=whole_list(TypeSerializer))
    def get(self, request: Request) -> Response:
        """All types, in their order, those out of use included."""
        return whole(TypeSerializer(IncidentType.objects.all(), many=True).data)

    @extend_schema(operation_id="incident_types_add", request=AddTypeSerializer, responses={201: TypeSerializer})
    def post(self, request: Request) -> Response:
        """Makes a type; for those who may manage the rules."""
        made = taxonomy.add_type(by=self.caller, **self.read(AddTypeSerializer))
        return Response(TypeSerializer(made).data, status=status.HTTP_201_CREATED)


class OneIncidentType(ApiView):
    permission_classes = (IsResponder,)

    @extend_schema(operation_id="incident_types_change", request=ChangeTypeSerializer, responses=TypeSerializer)
    def patch(self, request: Request, slug: str) -> Response:
        """Changes a type, or takes it out of use; its slug stays."""
        row = get_object_or_404(IncidentType, slug=slug)
        changed = taxonomy.change_type(row, by=self.caller, **self.read(ChangeTypeSerializer, partial=True))
        return Response(TypeSerializer(changed).data)


class CustomFields(ApiView):
    permission_classes = (IsResponder,)

    @extend_schema(operation_id="custom_fields_list", responses=whole_list(FieldSerializer))
    def get(self, request: Request) -> Response:
        """All questions, in their order, those out of use included."""
        return whole(FieldSerializer(CustomField.objects.prefetch_related("types"), many=True).data)

    @extend_schema(operation_id="custom_fields_add", request=AddFieldSerializer, responses={201: FieldSerializer})
    def post(self, request: Request) -> Response:
        """Makes a question; for those who may manage the rules."""
        made = taxonomy.add_field(by=self.caller, **self.read(AddFieldSerializer))
        return Response(FieldSerializer(made).data, status=status.HTTP_201_CREATED)


class OneCustomField(ApiView):
    permission_classes = (IsResponder,)

    @extend_schema(operation_id="custom_fields_change", request=ChangeFieldSerializer, responses=FieldSerializer)
    def patch(self, request: Request, slug: str) -> Response:
        """Changes a question, or takes it out of use; its slug and kind stay."""
        row = get_object_or_404(CustomField, slug=slug)
        changed = taxonomy.change_field(row, by=self.caller, **self.read(ChangeFieldSerializer, partial=True))
        return Response(FieldSerializer(changed).data)


class Tags(ApiView):
    permission_classes = (IsResponder,)

    @extend_schema(operation_id="tags_list", responses=whole_list(TagSerializer))
    def get(self, request: Request) -> Response:
        """The tags in use on incidents that the caller may know of."""
        return whole(TagSerializer(taxonomy.tags_visible_to(self.caller), many=True).data)
