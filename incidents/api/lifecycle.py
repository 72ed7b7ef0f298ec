"""What belongs to the life of an incident, by API: severities, access, links, corrected times."""

from datetime import timedelta
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import access, links, severity, times
from incidents.api.incidents import IncidentSerializer
from incidents.api.paging import whole, whole_list
from incidents.api.strict import PersonField, StrictSerializer
from incidents.api.views import ApiView, IncidentView
from incidents.models import Incident, IncidentLink, LinkKind, ReviewNeed, SeverityRule
from incidents.severity import LONGEST_SPAN, SPANS
from incidents.stamps import ORDER
from roles.catalog import Role

MOST_MINUTES = int(LONGEST_SPAN.total_seconds() // 60)


class MinutesField(serializers.IntegerField):
    """A span of time in whole minutes."""

    def to_representation(self, value: Any) -> Any:
        return int(value.total_seconds() // 60)

    def to_internal_value(self, data: Any) -> Any:
        minutes = super().to_internal_value(data)
        if not 1 <= minutes <= MOST_MINUTES:
            raise serializers.ValidationError(f"Between 1 and {MOST_MINUTES:,} minutes.")
        return timedelta(minutes=minutes)


def _in_minutes(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds() // 60)


def _minutes(**kwargs: Any) -> dict[str, serializers.Field]:
    return {f"{name}_minutes": MinutesField(source=name, allow_null=True, **kwargs) for name in SPANS}


class SeverityRuleSerializer(serializers.ModelSerializer):
    """A severity and what follows from it. Spans are in minutes; null where nothing is due by the clock.

    How often whom is told is repeated from the update policies, which alone change it.
    """

    required_roles = serializers.ListField(child=serializers.ChoiceField(Role.choices))
    terms = serializers.SerializerMethodField(help_text="The same in a sentence.")
    first_post_minutes = serializers.SerializerMethodField()
    update_every_minutes = serializers.SerializerMethodField()
    update_every_later_minutes = serializers.SerializerMethodField()
    executive_every_minutes = serializers.SerializerMethodField()

    class Meta:
        model = SeverityRule
        fields = (
            "severity",
            "meaning",
            "terms",
            "required_roles",
            "needs_approval",
            "needs_four_eyes",
            "needs_cleared_actions",
            "review",
            "public_impact",
            "first_post_minutes",
            "update_every_minutes",
            "update_every_later_minutes",
            "executive_every_minutes",
            "version",
        )
        read_only_fields = fields

    def get_fields(self) -> dict[str, serializers.Field]:
        return super().get_fields() | _minutes(read_only=True)

    def get_terms(self, row: SeverityRule) -> str:
        return severity.terms(row.severity)

    def get_first_post_minutes(self, row: SeverityRule) -> int | None:
        return _in_minutes(severity.rule(row.severity).first_post)

    def get_update_every_minutes(self, row: SeverityRule) -> int | None:
        return _in_minutes(severity.rule(row.severity).update_every)

    def get_update_every_later_minutes(self, row: SeverityRule) -> int | None:
        return _in_minutes(severity.rule(row.severity).update_every_later)

    def get_executive_every_minutes(self, row: SeverityRule) -> int | None:
        return _in_minutes(severity.rule(row.severity).executive_every)


class ChangeRuleSerializer(StrictSerializer):
    """What changes of a severity; what is not said stays."""

    meaning = serializers.CharField(max_length=200, required=False)
    required_roles = serializers.ListField(child=serializers.ChoiceField(Role.choices), required=False)
    needs_approval = serializers.BooleanField(required=False)
    needs_four_eyes = serializers.BooleanField(required=False)
    needs_cleared_actions = serializers.BooleanField(required=False)
    review = serializers.ChoiceField(ReviewNeed.choices, required=False)
    public_impact = serializers.CharField(max_length=16, allow_blank=True, required=False)
    version = serializers.IntegerField(required=False, help_text="What the caller saw; 409 with both if it changed.")

    def get_fields(self) -> dict[str, serializers.Field]:
        return super().get_fields() | _minutes(required=False)


class Severities(ApiView):
    @extend_schema(operation_id="severities_list", responses=whole_list(SeverityRuleSerializer))
    def get(self, request: Request) -> Response:
        """The five severities, the worst first."""
        return whole(SeverityRuleSerializer(SeverityRule.objects.all(), many=True).data)


class OneSeverity(ApiView):
    @extend_schema(operation_id="severities_change", request=ChangeRuleSerializer, responses=SeverityRuleSerializer)
    def patch(self, request: Request, name: str) -> Response:
        """Changes what follows from it, for open incidents too."""
        row = get_object_or_404(SeverityRule, severity=name)
        asked = self.read(ChangeRuleSerializer, partial=True)
        seen = asked.pop("version", None)
        changed = severity.change(row.severity, by=self.caller, seen_version=seen, **asked)
        return Response(SeverityRuleSerializer(changed).data)


class SightSerializer(serializers.Serializer):
    """One person who sees a private incident, and why."""

    user = serializers.CharField(source="user.username")
    name = serializers.CharField(source="user.__str__")
    why = serializers.CharField(help_text="The role that they hold or are offered, or Invited.")
    is_invited = serializers.BooleanField()


class AccessSerializer(serializers.Serializer):
    """Who may know of an incident. One that is not private is seen by every responder as well."""

    is_private = serializers.BooleanField()
    people = SightSerializer(many=True)


class ChangeAccessSerializer(StrictSerializer):
    """Makes it private or open, and invites somebody."""

    is_private = serializers.BooleanField(required=False)
    invite = PersonField(required=False)
    reason = serializers.CharField(max_length=500, allow_blank=True, default="")


def _access_of(incident: Incident) -> Response:
    shown = {"is_private": incident.is_private, "people": access.who_sees(incident)}
    return Response(AccessSerializer(shown).data)


class Access(IncidentView):
    @extend_schema(operation_id="access_read", responses=AccessSerializer)
    def get(self, request: Request, key: str) -> Response:
        """Who sees it by a seat or an invitation."""
        return _access_of(self.incident)

    @extend_schema(operation_id="access_change", request=ChangeAccessSerializer, responses=AccessSerializer)
    def post(self, request: Request, key: str) -> Response:
        """Makes it private or open, or invites somebody; answers with who sees it now."""
        incident = self.incident
        asked = self.read(ChangeAccessSerializer)
        if not {"is_private", "invite"} & asked.keys():
            raise ValidationError({"is_private": ["Say whether it is private, or whom to invite."]})
        if "invite" in asked:
            access.invite(incident, asked["invite"], by=self.caller)
        if "is_private" in asked:
            change = access.make_private if asked["is_private"] else access.make_public
            change(incident, by=self.caller, reason=asked["reason"])
        return _access_of(incident)


class Invitation(IncidentView):
    @extend_schema(operation_id="access_uninvite", responses=AccessSerializer)
    def delete(self, request: Request, key: str, username: str) -> Response:
        """Takes an invitation back."""
        incident = self.incident
        person = next((one.user for one in access.who_sees(incident) if one.user.username == username), None)
        if person is None:
            raise Http404
        access.uninvite(incident, person, by=self.caller)
        return _access_of(incident)


class LinkedSerializer(serializers.Serializer):
    """A link as this incident shows it."""

    id = serializers.IntegerField(source="link.pk")
    kind = serializers.ChoiceField(LinkKind.choices, source="link.kind")
    says = serializers.CharField(help_text="How this incident relates to the other: related to, cause of …")
    key = serializers.CharField(source="other.key")
    title = serializers.CharField(source="other.title")
    state = serializers.CharField(source="other.state")


class LinkSerializer(StrictSerializer):
    other = serializers.CharField(max_length=20, help_text="Key of the other incident.")
    kind = serializers.ChoiceField(LinkKind.choices, default=LinkKind.RELATED)


class Links(IncidentView):
    @extend_schema(operation_id="links_list", responses=whole_list(LinkedSerializer))
    def get(self, request: Request, key: str) -> Response:
        """The incidents that it is linked to, from either side, as far as the caller may see them."""
        return whole(LinkedSerializer(links.ties_of(self.incident, self.caller), many=True).data)

    @extend_schema(operation_id="links_make", request=LinkSerializer, responses={201: LinkedSerializer})
    def post(self, request: Request, key: str) -> Response:
        """Links it to another one."""
        incident = self.incident
        asked = self.read(LinkSerializer)
        other = get_object_or_404(Incident.objects.visible_to(self.caller), key=asked["other"])
        made = links.link(incident, other, by=self.caller, kind=asked["kind"])
        tie = next(tie for tie in links.ties_of(incident, self.caller) if tie.link.pk == made.pk)
        return Response(LinkedSerializer(tie).data, status=status.HTTP_201_CREATED)


class OneLink(IncidentView):
    @extend_schema(operation_id="links_take_back", responses=LinkedSerializer)
    def delete(self, request: Request, key: str, pk: int) -> Response:
        """Takes a link back, from either side."""
        incident = self.incident
        tie = next((tie for tie in links.ties_of(incident, self.caller) if tie.link.pk == pk), None)
        if tie is None:
            raise Http404
        shown = LinkedSerializer(tie).data
        links.unlink(
            IncidentLink.objects.select_related("incident", "other").get(pk=pk), seen_from=incident, by=self.caller
        )
        return Response(shown)


class TimesSerializer(StrictSerializer):
    """Stamps as they were in truth."""

    reason = serializers.CharField(max_length=2000)
    version = serializers.IntegerField(required=False, help_text="The version of the incident that the caller saw.")

    def get_fields(self) -> dict[str, serializers.Field]:
        return super().get_fields() | {name: serializers.DateTimeField(required=False) for name in ORDER}


class Times(IncidentView):
    @extend_schema(operation_id="times_correct", request=TimesSerializer, responses=IncidentSerializer)
    def patch(self, request: Request, key: str) -> Response:
        """Corrects stamps; the timeline keeps what stood there before."""
        incident = self.incident
        asked = self.read(TimesSerializer)
        reason, seen = asked.pop("reason"), asked.pop("version", None)
        times.correct(incident, by=self.caller, reason=reason, seen_version=seen, **asked)
        return Response(IncidentSerializer(incident).data)
