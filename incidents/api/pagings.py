"""Calling people by API, and answering; who could be called; who is where; roles that are not needed."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.paging import whole, whole_list
from incidents.api.roster import ReasonSerializer
from incidents.api.strict import PersonField, StrictSerializer
from incidents.api.views import ApiView, IncidentView, IsResponder
from incidents.conflicts import Conflict
from incidents.models import Paging, RoleWaiver
from incidents.response import candidates, coverage, crew, paging
from roles.catalog import Role
from roles.models import Team

_ROLE = OpenApiParameter("role", enum=list(Role.values), description="One of the seven roles.")


class PagingSerializer(serializers.ModelSerializer):
    """One call of one person, and how they answered."""

    user = PersonField(read_only=True)
    name = serializers.CharField(source="user.__str__", read_only=True)
    paged_by = PersonField(read_only=True)

    class Meta:
        model = Paging
        fields = (
            "id", "user", "name", "role", "message", "state", "paged_by", "paged_at", "due_at", "answered_at",
            "answered_through", "after",
        )  # fmt: skip
        read_only_fields = fields


class CallSerializer(StrictSerializer):
    """Whom to call: a person, the best candidate for a role, or the best of a team."""

    user = PersonField(required=False)
    role = serializers.ChoiceField(Role.choices, required=False, help_text="What they are wanted as.")
    team = serializers.SlugRelatedField("slug", queryset=Team.objects.all(), required=False)
    schedule = serializers.CharField(required=False, help_text="There are no schedules yet.")
    message = serializers.CharField(max_length=paging.LONGEST_MESSAGE, allow_blank=True, default="")

    def validate(self, asked: dict[str, object]) -> dict[str, object]:
        if "user" in asked and "team" in asked:
            raise serializers.ValidationError("Name a user or a team, not both.")
        if not asked.keys() & {"user", "role", "team", "schedule"}:
            raise serializers.ValidationError("Name whom to page: a user, a role or a team.")
        return asked


class Pagings(IncidentView):
    @extend_schema(operation_id="paging_list", responses=PagingSerializer(many=True))
    def get(self, request: Request, key: str) -> Response:
        """All calls of the incident, the newest first."""
        return self.page_of(self.incident.pagings.select_related("user", "paged_by"), PagingSerializer)

    @extend_schema(operation_id="paging_page", request=CallSerializer, responses={201: PagingSerializer})
    def post(self, request: Request, key: str) -> Response:
        """Calls somebody; who is being called already is not called twice."""
        asked = self.read(CallSerializer)
        if "schedule" in asked:
            paging.authorize_paging(self.incident, by=self.caller)
            raise Conflict("There are no schedules yet: name a user, a role or a team.", needed=["user, role or team"])
        incident, message = self.incident, str(asked["message"])
        if "user" in asked:
            role = asked.get("role", "")
            call = paging.page(incident, asked["user"], by=self.caller, role=role, message=message)
        else:
            role, team = asked.get("role", Role.SME.value), asked.get("team")
            call = paging.page_best(incident, by=self.caller, role=role, team=team, message=message)
        return Response(PagingSerializer(call).data, status=status.HTTP_201_CREATED)


class CallView(IncidentView):
    """A view of one call."""

    def call(self, pk: int) -> Paging:
        found = get_object_or_404(self.incident.pagings.select_related("user", "paged_by"), pk=pk)
        found.incident = self.incident
        return found


class OnePaging(CallView):
    @extend_schema(operation_id="paging_withdraw", responses=PagingSerializer)
    def delete(self, request: Request, key: str, pk: int) -> Response:
        """Takes a call back that nobody has answered."""
        return Response(PagingSerializer(paging.withdraw(self.call(pk), by=self.caller)).data)


class Acknowledge(CallView):
    @extend_schema(operation_id="paging_acknowledge", request=None, responses=PagingSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Says "I am on it" to a call of oneself; may be repeated."""
        return Response(PagingSerializer(paging.acknowledge(self.call(pk), by=self.caller, through="api")).data)


class DeclineCall(CallView):
    @extend_schema(operation_id="paging_decline", request=ReasonSerializer, responses=PagingSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Says "I cannot" to a call of oneself: the next candidate is called."""
        call = self.call(pk)
        return Response(PagingSerializer(paging.decline(call, by=self.caller, **self.read(ReasonSerializer))).data)


class CandidateSerializer(serializers.Serializer):
    """Somebody who could take a role, with the reasons."""

    user = serializers.CharField(source="user.username", read_only=True)
    name = serializers.CharField(source="user.__str__", read_only=True)
    is_qualified = serializers.BooleanField(read_only=True)
    training = serializers.CharField(read_only=True)
    last_ran_days = serializers.IntegerField(read_only=True, allow_null=True)
    local_time = serializers.DateTimeField(source="local", read_only=True, default_timezone=None)
    is_night = serializers.BooleanField(read_only=True)
    load = serializers.IntegerField(read_only=True, help_text="Seats and open tasks over all active incidents.")
    carries = serializers.CharField(source="carries.words", read_only=True)
    owns = serializers.ListField(child=serializers.CharField(), read_only=True)
    holds_here = serializers.ListField(child=serializers.CharField(), read_only=True)
    offers_help = serializers.BooleanField(source="is_helping", read_only=True)
    is_let_in = serializers.BooleanField(read_only=True, help_text="Sees the private incident by the seat alone.")


class Candidates(IncidentView):
    @extend_schema(operation_id="candidates", parameters=[_ROLE], responses=whole_list(CandidateSerializer))
    def get(self, request: Request, key: str) -> Response:
        """Who could take a role (`?role=`, else the expert's), the best first."""
        incident = self.incident
        if not (self.caller.is_staff or self.caller.is_superuser):
            raise PermissionDenied("This is for responders.")
        found = candidates.for_role(incident, _asked_role(request) or Role.SME)
        return whole(CandidateSerializer(found, many=True).data)


class MemberSerializer(serializers.Serializer):
    """One responder, with what they hold across the active incidents that the caller may see."""

    user = serializers.CharField(source="user.username", read_only=True)
    name = serializers.CharField(source="user.__str__", read_only=True)
    local_time = serializers.DateTimeField(source="local", read_only=True, default_timezone=None)
    is_night = serializers.BooleanField(read_only=True)
    is_free = serializers.BooleanField(read_only=True)
    is_called = serializers.BooleanField(read_only=True)
    carries = serializers.CharField(source="carries.words", read_only=True)
    seats = serializers.SerializerMethodField()
    qualified_for = serializers.ListField(child=serializers.ChoiceField(Role.choices), read_only=True)

    def get_seats(self, member: crew.Member) -> list[dict[str, str]]:
        return [{"incident": seat.incident.key, "role": seat.role, "kind": seat.kind} for seat in member.seats]


class Responders(ApiView):
    permission_classes = (IsResponder,)

    @extend_schema(operation_id="responders", parameters=[_ROLE], responses=whole_list(MemberSerializer))
    def get(self, request: Request) -> Response:
        """Everybody who responds, the free and awake first; with `?role=`, those qualified for it."""
        found = crew.everybody(self.caller, role=_asked_role(request))
        return whole(MemberSerializer(found, many=True).data)


class WaiverSerializer(serializers.ModelSerializer):
    """A role that is not needed here, and why."""

    waived_by = PersonField(read_only=True)

    class Meta:
        model = RoleWaiver
        fields = ("id", "role", "reason", "waived_by", "waived_at", "withdrawn_at")
        read_only_fields = fields


class WaiveSerializer(StrictSerializer):
    role = serializers.ChoiceField(Role.choices)
    reason = serializers.CharField(max_length=300)


class Waivers(IncidentView):
    @extend_schema(operation_id="waivers_list", responses=whole_list(WaiverSerializer))
    def get(self, request: Request, key: str) -> Response:
        """Roles that are not needed here now."""
        rows = self.incident.waivers.filter(withdrawn_at=None).select_related("waived_by")
        return whole(WaiverSerializer(rows, many=True).data)

    @extend_schema(operation_id="waivers_waive", request=WaiveSerializer, responses={201: WaiverSerializer})
    def post(self, request: Request, key: str) -> Response:
        """Says that a role which the severity asks for is not needed here."""
        asked = self.read(WaiveSerializer)
        waiver = coverage.waive_role(self.incident, asked["role"], by=self.caller, reason=asked["reason"])
        return Response(WaiverSerializer(waiver).data, status=status.HTTP_201_CREATED)


class OneWaiver(IncidentView):
    @extend_schema(operation_id="waivers_withdraw", responses=WaiverSerializer)
    def delete(self, request: Request, key: str, pk: int) -> Response:
        """The role is needed after all."""
        waiver = get_object_or_404(self.incident.waivers.select_related("waived_by"), pk=pk)
        waiver.incident = self.incident
        return Response(WaiverSerializer(coverage.withdraw(waiver, by=self.caller)).data)


def _asked_role(request: Request) -> str:
    role = request.query_params.get("role", "")
    if role and role not in Role.values:
        raise ValidationError(f"{role} is no role; the seven are {', '.join(Role.values)}.")
    return role
