"""Seats by API: who holds what, giving, taking, handing over, accepting and giving up."""

from collections.abc import Mapping

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.paging import whole, whole_list
from incidents.api.strict import PersonField, StrictSerializer
from incidents.api.views import IncidentView
from incidents.models import IncidentRole
from incidents.response import coverage, handover, staffing
from roles.catalog import Holding, Role


class SeatSerializer(serializers.ModelSerializer):
    """A role that somebody holds or is offered."""

    user = PersonField(read_only=True)
    name = serializers.CharField(source="user.__str__", read_only=True)
    state = serializers.CharField(read_only=True, help_text="held, offered or renounced")
    assigned_by = PersonField(read_only=True)
    brief = serializers.DictField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = IncidentRole
        fields = (
            "id",
            "role",
            "kind",
            "user",
            "name",
            "state",
            "may_approve",
            "assigned_by",
            "offered_at",
            "assumed_at",
            "renounced_at",
            "takes_over",
            "brief",
        )
        read_only_fields = fields


class AssignSerializer(StrictSerializer):
    """Whom to give which role."""

    role = serializers.ChoiceField(Role.choices)
    user = PersonField()
    kind = serializers.ChoiceField(Holding.choices, default=Holding.PRIMARY)
    reason = serializers.CharField(
        max_length=200, allow_blank=True, default="", help_text="Why one person commands and leads the fix at SEV1."
    )
    offer = serializers.BooleanField(default=False, help_text="Ask first: the seat is held once it is accepted.")


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}]})
class BriefField(serializers.Field):
    """What the next one must know: a text, or its five parts by name."""

    def to_internal_value(self, data: object) -> dict[str, str]:
        if isinstance(data, str):
            return {"situation": data[:5000]}
        if not isinstance(data, Mapping) or not all(isinstance(value, str) for value in data.values()):
            raise serializers.ValidationError("A brief is a text, or its parts by name.")
        if unknown := set(data) - set(handover.BRIEF):
            raise serializers.ValidationError(f"{', '.join(map(str, unknown))}: parts are {', '.join(handover.BRIEF)}.")
        return {str(name): value[:5000] for name, value in data.items()}

    def to_representation(self, value: object) -> object:
        return value


class HandOverSerializer(StrictSerializer):
    """Who shall take a seat over, and what they must know."""

    to = PersonField()
    brief = BriefField(default=dict)
    at_once = serializers.BooleanField(
        default=False, help_text="Without asking, for a holder who is away: for commander and administrators."
    )
    reason = serializers.CharField(max_length=200, allow_blank=True, default="", help_text="Why at once.")


class DelegateSerializer(StrictSerializer):
    may_approve = serializers.BooleanField(help_text="Whether this Communication Lead may approve updates.")


class ReasonSerializer(StrictSerializer):
    reason = serializers.CharField(max_length=200, allow_blank=True, default="")


class Roster(IncidentView):
    @extend_schema(operation_id="roster_list", responses=whole_list(SeatSerializer))
    def get(self, request: Request, key: str) -> Response:
        """All seats held or offered now, in the order of the roles."""
        slots = coverage.roster(self.incident)
        return whole(SeatSerializer([seat for slot in slots for seat in (*slot.holders, *slot.offers)], many=True).data)

    @extend_schema(
        operation_id="roster_assign", request=AssignSerializer, responses={200: SeatSerializer, 201: SeatSerializer}
    )
    def post(self, request: Request, key: str) -> Response:
        """Gives a role; 200 where that person holds it already. Who may not give roles may take a vacant one."""
        incident = self.incident
        asked = self.read(AssignSerializer)
        person, kind = asked["user"], asked["kind"]
        takes = person == self.caller and kind == Holding.PRIMARY and not asked["offer"]
        holds = any(seat.role == asked["role"] and seat.kind == kind for seat in incident.seats_held_by(self.caller))
        if takes and not holds and "incidents.assign_role" not in self.may:
            seat, is_new = staffing.take(incident, asked["role"], by=self.caller, reason=asked["reason"]), True
        elif takes and holds:
            seat, is_new = self._own(asked["role"]), False
        else:
            seat, is_new = staffing.assign(
                incident,
                asked["role"],
                person,
                by=self.caller,
                kind=kind,
                offer=asked["offer"],
                reason=asked["reason"],
            )
        return Response(SeatSerializer(seat).data, status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)

    def _own(self, role: str) -> IncidentRole:
        mine = IncidentRole.objects.held().filter(incident=self.incident)  # type: ignore[misc]
        return mine.get(role=role, user=self.caller, kind=Holding.PRIMARY)  # type: ignore[return-value]


class SeatView(IncidentView):
    """A view of one seat."""

    def seat(self, pk: int) -> IncidentRole:
        found = get_object_or_404(self.incident.seats.select_related("user", "assigned_by"), pk=pk)
        found.incident = self.incident
        return found


class Seat(SeatView):
    @extend_schema(operation_id="roster_delegate", request=DelegateSerializer, responses=SeatSerializer)
    def patch(self, request: Request, key: str, pk: int) -> Response:
        """Lets a Communication Lead approve updates, or takes that back."""
        seat = self.seat(pk)
        asked = self.read(DelegateSerializer)
        seat = staffing.delegate_approval(seat, by=self.caller, may_approve=bool(asked["may_approve"]))
        return Response(SeatSerializer(seat).data)

    @extend_schema(operation_id="roster_release", request=ReasonSerializer, responses=SeatSerializer)
    def delete(self, request: Request, key: str, pk: int) -> Response:
        """Gives a seat up, or takes an offer back."""
        seat = self.seat(pk)
        asked = self.read(ReasonSerializer)
        return Response(SeatSerializer(staffing.release(seat, by=self.caller, reason=str(asked["reason"]))).data)


class HandOver(SeatView):
    @extend_schema(operation_id="roster_hand_over", request=HandOverSerializer, responses=SeatSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Asks somebody to take a held seat over; answers with their seat, offered until they accept it."""
        seat = self.seat(pk)
        asked = self.read(HandOverSerializer)
        return Response(SeatSerializer(handover.hand_over(seat, by=self.caller, **asked)).data)


class Accept(SeatView):
    @extend_schema(operation_id="roster_accept", request=ReasonSerializer, responses=SeatSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Accepts an offer made to oneself; from then on the seat is held, and who handed it over has left."""
        seat = self.seat(pk)
        return Response(SeatSerializer(staffing.accept(seat, by=self.caller, **self.read(ReasonSerializer))).data)


class Decline(SeatView):
    @extend_schema(operation_id="roster_decline", request=ReasonSerializer, responses=SeatSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Says no to an offer made to oneself."""
        seat = self.seat(pk)
        return Response(SeatSerializer(staffing.decline(seat, by=self.caller, **self.read(ReasonSerializer))).data)
