"""Who looks, what somebody missed, and the signed record, by API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import exporting, looks
from incidents.api.paging import whole, whole_list
from incidents.api.strict import PersonField, StrictSerializer
from incidents.api.timeline import EntrySerializer
from incidents.api.views import IncidentView
from incidents.models import Look, Severity, State, Task
from incidents.response import standing


class LookSerializer(serializers.ModelSerializer):
    """Somebody's last look at the room."""

    user = PersonField(read_only=True)

    class Meta:
        model = Look
        fields = ("user", "number", "looked_at")
        read_only_fields = fields


class LookedSerializer(StrictSerializer):
    number = serializers.IntegerField(
        min_value=0, max_value=10**9, default=0, help_text="The newest timeline row that was shown."
    )


class LineSerializer(serializers.Serializer):
    """One thing as a person says it."""

    text = serializers.CharField()
    who = serializers.CharField(source="who.username", allow_null=True, default=None)
    at = serializers.DateTimeField(allow_null=True)
    tag = serializers.CharField(allow_blank=True)


class WhereSerializer(serializers.Serializer):
    """Cause, now, next."""

    cause = LineSerializer(allow_null=True)
    now = LineSerializer(allow_null=True)
    next = LineSerializer(many=True)


class OpenTaskSerializer(serializers.ModelSerializer):
    """A task that still wants doing."""

    assignee = PersonField(read_only=True)
    is_overdue = serializers.BooleanField(read_only=True)

    class Meta:
        model = Task
        fields = ("id", "title", "assignee", "due_at", "is_overdue")
        read_only_fields = fields


class SaidSerializer(serializers.Serializer):
    """What the public was told last."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    status = serializers.CharField()
    body = serializers.CharField()
    published_at = serializers.DateTimeField(allow_null=True)


class CatchUpSerializer(serializers.Serializer):
    """All that somebody who comes late needs."""

    key = serializers.CharField(source="incident.key")
    title = serializers.CharField(source="incident.title")
    state = serializers.ChoiceField(State.choices, source="incident.state")
    severity = serializers.ChoiceField(Severity.choices, source="incident.severity")
    impact = serializers.CharField(source="incident.summary")
    opened_at = serializers.DateTimeField(source="incident.opened_at")
    lasted_seconds = serializers.SerializerMethodField()
    where = WhereSerializer()
    decisions = LineSerializer(many=True)
    tasks = OpenTaskSerializer(many=True)
    moments = EntrySerializer(many=True)
    are_marked = serializers.BooleanField(help_text="Whether people chose the moments; else they are the loudest rows.")
    questions = LineSerializer(many=True)
    said = SaidSerializer(allow_null=True)

    def get_lasted_seconds(self, known: standing.CatchUp) -> int:
        return int(known.incident.age.total_seconds())


class SignatureSerializer(serializers.Serializer):
    """Over the record in its canonical form: keys sorted, no blanks, UTF-8."""

    algorithm = serializers.CharField()
    public_key = serializers.CharField(help_text="Base64 of the raw key.")
    signature = serializers.CharField(help_text="Base64.")


class ExportSerializer(serializers.Serializer):
    """The record of an incident, signed; docs/timeline.md says how to check it."""

    record = serializers.DictField()
    signed = SignatureSerializer()


class Looks(IncidentView):
    @extend_schema(operation_id="looks_list", responses=whole_list(LookSerializer))
    def get(self, request: Request, key: str) -> Response:
        """Who is in the room now, and how far each has read."""
        present = Look.objects.present().filter(incident=self.incident).select_related("user")
        return whole(LookSerializer(present.order_by("-looked_at", "pk"), many=True).data)

    @extend_schema(operation_id="looks_say", request=LookedSerializer, responses=LookSerializer)
    def post(self, request: Request, key: str) -> Response:
        """Says that the caller is in the room and has read so far; counts for a minute."""
        looks.look(self.incident, by=self.caller, **self.read(LookedSerializer))
        mine = Look.objects.select_related("user").get(incident=self.incident, user=self.caller)
        return Response(LookSerializer(mine).data)


class CatchUp(IncidentView):
    @extend_schema(operation_id="incidents_catch_up", responses=CatchUpSerializer)
    def get(self, request: Request, key: str) -> Response:
        """Where it stands, what was decided, what is open, and what the public was told."""
        return Response(CatchUpSerializer(standing.catch_up(self.incident, self.caller)).data)


class Export(IncidentView):
    @extend_schema(operation_id="timeline_export", responses=ExportSerializer)
    def get(self, request: Request, key: str) -> Response:
        """Every row that the caller may read, with digests, signed."""
        return Response(exporting.export(self.incident, by=self.caller))
