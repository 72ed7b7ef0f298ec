"""Customers by API: who they are, what they were promised, when their reports signal, and macros."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.strict import StrictSerializer
from incidents.api.views import ApiView, IsResponder
from incidents.communication import answers, customers
from incidents.models import CustomerAccount, CustomerTier, Macro, Severity, SignalRule
from roles.policy import authorize


class TierField(serializers.SlugRelatedField):
    """A tier by its slug."""

    def __init__(self, **kwargs: object) -> None:
        if not kwargs.get("read_only"):
            kwargs.setdefault("queryset", CustomerTier.objects.all())
        super().__init__(slug_field="slug", **kwargs)  # type: ignore[arg-type]


class CustomerTierSerializer(serializers.ModelSerializer):
    """A tier; spans in ISO-like `HH:MM:SS`, null where nothing was promised."""

    class Meta:
        model = CustomerTier
        fields = ("id", *customers.FIELDS[CustomerTier], "version")
        read_only_fields = fields


class CustomerAccountSerializer(serializers.ModelSerializer):
    """A customer."""

    tier = TierField(read_only=True)

    class Meta:
        model = CustomerAccount
        fields = ("id", *customers.FIELDS[CustomerAccount], "version")
        read_only_fields = fields


class SignalRuleSerializer(serializers.ModelSerializer):
    """A rule by which reports suggest a severity, or a public post."""

    tier = TierField(read_only=True)

    class Meta:
        model = SignalRule
        fields = ("id", *customers.FIELDS[SignalRule], "version")
        read_only_fields = fields


class MacroSerializer(serializers.ModelSerializer):
    """An answer ready to send."""

    class Meta:
        model = Macro
        fields = ("id", *answers.FIELDS, "version")
        read_only_fields = fields


class _Seen(StrictSerializer):
    version = serializers.IntegerField(required=False, help_text="What the caller saw; 409 with both if it changed.")


class WriteTierSerializer(_Seen):
    slug = serializers.SlugField(max_length=50, required=False)
    name = serializers.CharField(max_length=100, required=False)
    rank = serializers.IntegerField(min_value=0, max_value=32_000, required=False)
    weight = serializers.IntegerField(min_value=0, max_value=32_000, required=False)
    answer_within = serializers.DurationField(allow_null=True, required=False)
    acknowledge_within = serializers.DurationField(allow_null=True, required=False)


class WriteAccountSerializer(_Seen):
    name = serializers.CharField(max_length=150, required=False)
    tier = TierField(allow_null=True, required=False)
    is_vip = serializers.BooleanField(required=False)
    email = serializers.EmailField(allow_blank=True, required=False)
    domain = serializers.CharField(max_length=150, allow_blank=True, required=False)
    reference = serializers.CharField(max_length=100, allow_blank=True, required=False)


class WriteRuleSerializer(_Seen):
    name = serializers.CharField(max_length=100, required=False)
    reports = serializers.IntegerField(min_value=1, max_value=1_000_000, allow_null=True, required=False)
    accounts = serializers.IntegerField(min_value=1, max_value=1_000_000, allow_null=True, required=False)
    needs_vip = serializers.BooleanField(required=False)
    tier = TierField(allow_null=True, required=False)
    within = serializers.DurationField(required=False)
    suggests_severity = serializers.ChoiceField(Severity.choices, allow_blank=True, required=False)
    suggests_public_post = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False)


class WriteMacroSerializer(_Seen):
    name = serializers.CharField(max_length=100, required=False)
    body = serializers.CharField(max_length=answers.LONGEST_BODY, required=False)
    tier = serializers.SlugField(max_length=50, allow_blank=True, required=False)
    language = serializers.CharField(max_length=12, required=False)
    for_follow_up = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False)


class Keeping(ApiView):
    """A list of rows that those keep who manage our words."""

    permission_classes = (IsResponder,)
    newest = ("-id",)

    def kept(self, row: Any, reader: type[serializers.BaseSerializer], *, partial: bool = False) -> Any:
        """The row as the request's body has it."""
        asked = self.read(reader, partial=partial)
        seen = asked.pop("version", None)
        keep = answers.keep_macro if isinstance(row, Macro) else customers.keep
        return keep(row, by=self.caller, seen_version=seen, **asked)


class CustomerTiers(Keeping):
    @extend_schema(operation_id="customer_tiers_list", responses=CustomerTierSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The tiers, newest first."""
        return self.page_of(CustomerTier.objects.all(), CustomerTierSerializer)

    @extend_schema(
        operation_id="customer_tiers_add", request=WriteTierSerializer, responses={201: CustomerTierSerializer}
    )
    def post(self, request: Request) -> Response:
        """Makes a tier."""
        made = self.kept(CustomerTier(), WriteTierSerializer)
        return Response(CustomerTierSerializer(made).data, status=status.HTTP_201_CREATED)


class OneCustomerTier(Keeping):
    @extend_schema(operation_id="customer_tiers_change", request=WriteTierSerializer, responses=CustomerTierSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        """Changes a tier."""
        row = get_object_or_404(CustomerTier, pk=pk)
        return Response(CustomerTierSerializer(self.kept(row, WriteTierSerializer, partial=True)).data)


class CustomerAccounts(Keeping):
    @extend_schema(operation_id="customer_accounts_list", responses=CustomerAccountSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The customers, newest first; for those who manage our words."""
        authorize(self.caller, "incidents.manage_words")
        return self.page_of(CustomerAccount.objects.select_related("tier"), CustomerAccountSerializer)

    @extend_schema(
        operation_id="customer_accounts_add", request=WriteAccountSerializer, responses={201: CustomerAccountSerializer}
    )
    def post(self, request: Request) -> Response:
        """Makes a customer known."""
        made = self.kept(CustomerAccount(), WriteAccountSerializer)
        return Response(CustomerAccountSerializer(made).data, status=status.HTTP_201_CREATED)


class OneCustomerAccount(Keeping):
    @extend_schema(
        operation_id="customer_accounts_change", request=WriteAccountSerializer, responses=CustomerAccountSerializer
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Changes a customer."""
        authorize(self.caller, "incidents.manage_words")
        row = get_object_or_404(CustomerAccount, pk=pk)
        return Response(CustomerAccountSerializer(self.kept(row, WriteAccountSerializer, partial=True)).data)

    @extend_schema(operation_id="customer_accounts_erase", request=None, responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Erases a customer: reports and follow-ups keep what was seen, and name nobody."""
        authorize(self.caller, "incidents.manage_words")
        customers.erase_account(get_object_or_404(CustomerAccount, pk=pk), by=self.caller)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SignalRules(Keeping):
    @extend_schema(operation_id="signal_rules_list", responses=SignalRuleSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The rules, newest first."""
        return self.page_of(SignalRule.objects.select_related("tier"), SignalRuleSerializer)

    @extend_schema(operation_id="signal_rules_add", request=WriteRuleSerializer, responses={201: SignalRuleSerializer})
    def post(self, request: Request) -> Response:
        """Makes a rule."""
        made = self.kept(SignalRule(), WriteRuleSerializer)
        return Response(SignalRuleSerializer(made).data, status=status.HTTP_201_CREATED)


class OneSignalRule(Keeping):
    @extend_schema(operation_id="signal_rules_change", request=WriteRuleSerializer, responses=SignalRuleSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        """Changes a rule, or takes it out of use."""
        row = get_object_or_404(SignalRule, pk=pk)
        return Response(SignalRuleSerializer(self.kept(row, WriteRuleSerializer, partial=True)).data)


class Macros(Keeping):
    @extend_schema(operation_id="macros_list", responses=MacroSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The macros, newest first."""
        return self.page_of(Macro.objects.all(), MacroSerializer)

    @extend_schema(operation_id="macros_add", request=WriteMacroSerializer, responses={201: MacroSerializer})
    def post(self, request: Request) -> Response:
        """Makes a macro; a placeholder that does not exist is refused."""
        made = self.kept(Macro(), WriteMacroSerializer)
        return Response(MacroSerializer(made).data, status=status.HTTP_201_CREATED)


class OneMacro(Keeping):
    @extend_schema(operation_id="macros_change", request=WriteMacroSerializer, responses=MacroSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        """Changes a macro, or takes it out of use."""
        row = get_object_or_404(Macro, pk=pk)
        return Response(MacroSerializer(self.kept(row, WriteMacroSerializer, partial=True)).data)
