"""Message templates by API: the texts that people and moves start from."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.strict import PersonField, StrictSerializer
from incidents.api.views import ApiView, IsResponder
from incidents.communication import phrases
from incidents.models import Audience, MessageTemplate, PublicImpact, PublicStatus


class MessageTemplateSerializer(serializers.ModelSerializer):
    """A text to start from. Empty phase, impact or page: any."""

    edited_by = PersonField(read_only=True)

    class Meta:
        model = MessageTemplate
        fields = (
            "id",
            "name",
            "audience",
            "phase",
            "impact",
            "language",
            "page",
            "title",
            "body",
            "is_approved",
            "is_holding",
            "is_active",
            "version",
            "edited_by",
            "updated_at",
        )
        read_only_fields = fields


class _TemplateFields(StrictSerializer):
    phase = serializers.ChoiceField(PublicStatus.choices, allow_blank=True, required=False)
    impact = serializers.ChoiceField(PublicImpact.choices, allow_blank=True, required=False)
    language = serializers.CharField(max_length=12, required=False, help_text="BCP 47: en, de, pt-br.")
    page = serializers.SlugField(max_length=50, allow_blank=True, required=False)
    title = serializers.CharField(max_length=200, allow_blank=True, required=False)
    is_approved = serializers.BooleanField(required=False)
    is_holding = serializers.BooleanField(required=False)


class AddTemplateSerializer(_TemplateFields):
    """A template to be made."""

    name = serializers.CharField(max_length=100)
    audience = serializers.ChoiceField(Audience.choices, default=Audience.PUBLIC)
    body = serializers.CharField(max_length=phrases.LONGEST_BODY, help_text="Placeholders in braces: {components}.")


class ChangeTemplateSerializer(_TemplateFields):
    """What changes in a template; what is not said stays."""

    name = serializers.CharField(max_length=100, required=False)
    audience = serializers.ChoiceField(Audience.choices, required=False)
    body = serializers.CharField(max_length=phrases.LONGEST_BODY, required=False)
    is_active = serializers.BooleanField(required=False, help_text="false takes it out of use.")
    version = serializers.IntegerField(
        min_value=1, required=False, help_text="The version that the caller read; 409 if somebody saved since."
    )


class Templates(ApiView):
    permission_classes = (IsResponder,)

    @extend_schema(
        operation_id="message_templates_list",
        parameters=[
            OpenApiParameter("audience", str, enum=Audience.values),
            OpenApiParameter("phase", str, enum=PublicStatus.values),
            OpenApiParameter("language", str),
            OpenApiParameter("page", str),
        ],
        responses=MessageTemplateSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Templates, those out of use included, newest first."""
        wanted = {name: request.query_params.get(name) for name in ("audience", "phase", "language", "page")}
        rows = MessageTemplate.objects.filter(**{name: value for name, value in wanted.items() if value})
        return self.page_of(rows.select_related("edited_by"), MessageTemplateSerializer)

    @extend_schema(
        operation_id="message_templates_add",
        request=AddTemplateSerializer,
        responses={201: MessageTemplateSerializer},
    )
    def post(self, request: Request) -> Response:
        """Makes a template."""
        made = phrases.add_template(by=self.caller, **self.read(AddTemplateSerializer))
        return Response(MessageTemplateSerializer(made).data, status=status.HTTP_201_CREATED)


class OneTemplate(ApiView):
    permission_classes = (IsResponder,)

    @extend_schema(operation_id="message_templates_read", responses=MessageTemplateSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One template."""
        row = get_object_or_404(MessageTemplate.objects.select_related("edited_by"), pk=pk)
        return Response(MessageTemplateSerializer(row).data)

    @extend_schema(
        operation_id="message_templates_change",
        request=ChangeTemplateSerializer,
        responses=MessageTemplateSerializer,
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Changes a template, or takes it out of use."""
        changes = self.read(ChangeTemplateSerializer, partial=True)
        seen = changes.pop("version", None)
        row = get_object_or_404(MessageTemplate, pk=pk)
        changed = phrases.change_template(row, by=self.caller, seen_version=seen, **changes)
        return Response(MessageTemplateSerializer(changed).data)
