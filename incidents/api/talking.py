"""What support says, by API."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.paging import whole, whole_list
from incidents.api.strict import PersonField, StrictSerializer
from incidents.api.views import IncidentView
from incidents.communication import talking
from incidents.models import TalkingPoints


class PointsSerializer(serializers.ModelSerializer):
    """One version. `public_text` is what customers hear; the rest is for agents."""

    author = PersonField(read_only=True)
    approved_by = PersonField(read_only=True)
    update = serializers.IntegerField(  # type: ignore[assignment]  # a column of this name
        source="update_id", read_only=True, allow_null=True
    )

    class Meta:
        model = TalkingPoints
        fields = (
            "number",
            "update",
            "public_text",
            *talking.INNER,
            "next_update_at",
            "author",
            "created_at",
            "approved_by",
            "approved_at",
            "withdrawn_at",
        )
        read_only_fields = fields


class WritePointsSerializer(StrictSerializer):
    """The inner part of a new version."""

    addendum = serializers.CharField(max_length=talking.LONGEST, allow_blank=True, default="")
    do_say = serializers.CharField(max_length=talking.LONGEST, allow_blank=True, default="")
    do_not_say = serializers.CharField(max_length=talking.LONGEST, allow_blank=True, default="")
    workaround = serializers.CharField(max_length=talking.LONGEST, allow_blank=True, default="")
    seen_number = serializers.IntegerField(min_value=1, required=False, help_text="409 if somebody wrote one since.")


class ReadByView(serializers.Serializer):
    """Who has read the newest version."""

    read = serializers.ListField(child=serializers.CharField())
    unread = serializers.ListField(child=serializers.CharField())


class Points(IncidentView):
    @extend_schema(operation_id="talking_points_list", responses=whole_list(PointsSerializer))
    def get(self, request: Request, key: str) -> Response:
        """All versions, the newest first."""
        rows = self.incident.talking_points.select_related("author", "approved_by")
        return whole(PointsSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="talking_points_write", request=WritePointsSerializer, responses={201: PointsSerializer}
    )
    def post(self, request: Request, key: str) -> Response:
        """Writes a new version, to be approved."""
        incident = self.incident
        points = talking.write(incident, by=self.caller, **self.read(WritePointsSerializer))
        return Response(PointsSerializer(points).data, status=status.HTTP_201_CREATED)


class PointsView(IncidentView):
    """A view of one version."""

    def points(self, number: int) -> TalkingPoints:
        found = get_object_or_404(self.incident.talking_points, number=number)
        found.incident = self.incident
        return found


class ApprovePoints(PointsView):
    @extend_schema(operation_id="talking_points_approve", request=None, responses=PointsSerializer)
    def post(self, request: Request, key: str, number: int) -> Response:
        """Has support say it from now on; at SEV1 and SEV2 not one's own words."""
        return Response(PointsSerializer(talking.approve(self.points(number), by=self.caller)).data)


class WithdrawPoints(PointsView):
    @extend_schema(operation_id="talking_points_withdraw", request=None, responses=PointsSerializer)
    def post(self, request: Request, key: str, number: int) -> Response:
        """Takes back a version that waits for approval."""
        points = self.points(number)
        talking.withdraw(points, by=self.caller)
        points.refresh_from_db()
        return Response(PointsSerializer(points).data)


class ReadPoints(PointsView):
    @extend_schema(operation_id="talking_points_reading", responses=ReadByView)
    def get(self, request: Request, key: str, number: int) -> Response:
        """Who of the frontline has read it, and who has not."""
        seen = talking.reading(self.points(number))
        names = {"read": [one.username for one in seen.read], "unread": [one.username for one in seen.unread]}
        return Response(ReadByView(names).data)

    @extend_schema(operation_id="talking_points_read", request=None, responses=PointsSerializer)
    def post(self, request: Request, key: str, number: int) -> Response:
        """Says that the caller has read it."""
        points = self.points(number)
        talking.read(points, by=self.caller)
        return Response(PointsSerializer(points).data)


class NudgePoints(PointsView):
    @extend_schema(operation_id="talking_points_nudge", request=None, responses=PointsSerializer)
    def post(self, request: Request, key: str, number: int) -> Response:
        """Reminds those who have not read it."""
        points = self.points(number)
        talking.nudge(points, by=self.caller)
        return Response(PointsSerializer(points).data)
