"""The linter of words by API: a text checked, and the rules kept."""

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.paging import whole, whole_list
from incidents.api.strict import StrictSerializer
from incidents.api.views import ApiView, IsResponder
from incidents.communication import consistency, style_rules
from incidents.models import Audience, PublicStatus, Severity, StyleLevel, StyleRule


class TextSerializer(StrictSerializer):
    """A text that belongs to no incident."""

    audience = serializers.ChoiceField(Audience.choices, default=Audience.PUBLIC)
    page = serializers.SlugField(max_length=50, allow_blank=True, required=False)
    status = serializers.ChoiceField(PublicStatus.choices, allow_blank=True, required=False)
    severity = serializers.ChoiceField(Severity.choices, allow_blank=True, required=False)
    title = serializers.CharField(max_length=400, allow_blank=True, required=False)
    body = serializers.CharField(max_length=20_000)
    components = serializers.DictField(child=serializers.CharField(max_length=40), required=False)
    next_update_at = serializers.DateTimeField(allow_null=True, required=False)
    language = serializers.CharField(max_length=12, default="en")


class StyleFindingSerializer(serializers.Serializer):
    """What a rule says: `start` to `end` of `part` are the words, `fix` what would stand there instead."""

    rule = serializers.CharField()
    level = serializers.ChoiceField(StyleLevel.choices)
    part = serializers.ChoiceField(["title", "body"])
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    message = serializers.CharField()
    fix = serializers.CharField(allow_null=True, required=False)


class FindingsSerializer(serializers.Serializer):
    findings = StyleFindingSerializer(many=True)


class StyleRuleSerializer(serializers.ModelSerializer):
    """A rule of the organisation's own."""

    patterns = serializers.ListField(child=serializers.CharField(), read_only=True)
    audiences = serializers.ListField(child=serializers.CharField(), read_only=True)
    languages = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = StyleRule
        fields = ("id", "code", *style_rules.CHANGEABLE, "version")
        read_only_fields = fields


class ChangeStyleRuleSerializer(StrictSerializer):
    """What may change of a rule."""

    how = serializers.ChoiceField(StyleRule.How.choices, required=False)
    patterns = serializers.ListField(child=serializers.CharField(max_length=500), max_length=100, required=False)
    fix = serializers.CharField(max_length=200, allow_blank=True, required=False)
    message = serializers.CharField(max_length=300, required=False)
    level = serializers.ChoiceField(StyleLevel.choices, required=False)
    audiences = serializers.ListField(child=serializers.ChoiceField(Audience.choices), required=False)
    languages = serializers.ListField(child=serializers.CharField(max_length=12), max_length=50, required=False)
    is_active = serializers.BooleanField(required=False)
    version = serializers.IntegerField(min_value=1, required=False, help_text="409 if somebody changed it since.")


class AddStyleRuleSerializer(ChangeStyleRuleSerializer):
    """A rule to be made."""

    code = serializers.SlugField(max_length=50)
    patterns = serializers.ListField(child=serializers.CharField(max_length=500), max_length=100)
    message = serializers.CharField(max_length=300)


class CheckConsistency(ApiView):
    permission_classes = (IsResponder,)

    @extend_schema(operation_id="consistency_check", request=TextSerializer, responses=FindingsSerializer)
    def post(self, request: Request) -> Response:
        """What the rules say of a text; nothing is saved."""
        draft = consistency.from_request(self.read(TextSerializer), now=timezone.now())
        return Response(FindingsSerializer({"findings": consistency.findings(draft)}).data)


class StyleRules(ApiView):
    permission_classes = (IsResponder,)

    @extend_schema(operation_id="style_rules_list", responses=whole_list(StyleRuleSerializer))
    def get(self, request: Request) -> Response:
        """The organisation's own rules, those out of use included."""
        return whole(StyleRuleSerializer(StyleRule.objects.all(), many=True).data)

    @extend_schema(operation_id="style_rules_add", request=AddStyleRuleSerializer, responses={201: StyleRuleSerializer})
    def post(self, request: Request) -> Response:
        """Makes a rule; for those who may manage words."""
        about = self.read(AddStyleRuleSerializer)
        about.pop("version", None)
        return Response(StyleRuleSerializer(style_rules.add(by=self.caller, **about)).data, status.HTTP_201_CREATED)


class OneStyleRule(ApiView):
    permission_classes = (IsResponder,)

    @extend_schema(operation_id="style_rules_change", request=ChangeStyleRuleSerializer, responses=StyleRuleSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        """Changes a rule, or takes it out of use."""
        row = get_object_or_404(StyleRule, pk=pk)
        about = self.read(ChangeStyleRuleSerializer, partial=True)
        seen = about.pop("version", None)
        return Response(StyleRuleSerializer(style_rules.change(row, by=self.caller, seen_version=seen, **about)).data)

    @extend_schema(operation_id="style_rules_drop", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Takes a rule away for good."""
        style_rules.drop(get_object_or_404(StyleRule, pk=pk), by=self.caller)
        return Response(status=status.HTTP_204_NO_CONTENT)
