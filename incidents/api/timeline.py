"""The timeline by API: read newest first, written to, corrected, marked; and the same rows as a live stream."""

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import timeline
from incidents.api.errors import NOT_FOUND
from incidents.api.strict import PersonField, StrictSerializer
from incidents.api.views import IncidentView
from incidents.models import Kind, TimelineEntry, Visibility
from incidents.models.entry import WRITTEN
from incidents.views import stream
from roles import tokens

WRITTEN_KINDS = [(kind.value, kind.label) for kind in WRITTEN]


class EntrySerializer(serializers.ModelSerializer):
    """One row. `number` counts within the incident and is the `id:` of the live stream."""

    actor = PersonField(read_only=True)
    group = serializers.CharField(read_only=True, help_text="status, decision, action, finding, comms or system")
    is_key_moment = serializers.SerializerMethodField()

    class Meta:
        model = TimelineEntry
        fields = (
            "id",
            "number",
            "kind",
            "group",
            "body",
            "data",
            "actor",
            "actor_role",
            "occurred_at",
            "recorded_at",
            "supersedes",
            "visibility",
            "is_key_moment",
            "digest",
        )
        read_only_fields = fields

    def get_is_key_moment(self, entry: TimelineEntry) -> bool:
        return hasattr(entry, "key_moment")


class WriteSerializer(StrictSerializer):
    """An entry as a person writes it."""

    kind = serializers.ChoiceField(WRITTEN_KINDS, default=Kind.NOTE.value)
    body = serializers.CharField(max_length=timeline.LONGEST_ENTRY)
    occurred_at = serializers.DateTimeField(required=False, help_text="When it happened, if not now.")
    visibility = serializers.ChoiceField(
        Visibility.choices, default=Visibility.STAFF.value, help_text="`room` is for the response team alone."
    )


class CorrectSerializer(StrictSerializer):
    body = serializers.CharField(max_length=timeline.LONGEST_ENTRY)


class Entries(IncidentView):
    newest = ("-number",)

    @extend_schema(
        operation_id="timeline_list",
        parameters=[OpenApiParameter("kind", str, enum=Kind.values, description="Rows of one kind only.")],
        responses=EntrySerializer(many=True),
    )
    def get(self, request: Request, key: str) -> Response:
        """The timeline, newest first."""
        rows = self.incident.entries.readable_by(self.caller, self.incident).select_related("actor", "key_moment")
        if kind := request.query_params.get("kind"):
            if kind not in Kind.values:
                raise serializers.ValidationError({"kind": [f"{kind[:40]} is no kind of row."]})
            rows = rows.filter(kind=kind)
        return self.page_of(rows, EntrySerializer)

    @extend_schema(operation_id="timeline_write", request=WriteSerializer, responses={201: EntrySerializer})
    def post(self, request: Request, key: str) -> Response:
        """Writes a note, decision, action or finding."""
        incident = self.incident
        entry = timeline.add_entry(incident, by=self.caller, **self.read(WriteSerializer))
        return Response(EntrySerializer(entry).data, status=status.HTTP_201_CREATED)


class Supersede(IncidentView):
    @extend_schema(operation_id="timeline_supersede", request=CorrectSerializer, responses={201: EntrySerializer})
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Corrects a written entry by a new one; the old text is kept."""
        entry = entry_of(self, pk)
        corrected = timeline.supersede(entry, by=self.caller, body=str(self.read(CorrectSerializer)["body"]))
        return Response(EntrySerializer(corrected).data, status=status.HTTP_201_CREATED)


class KeyMoment(IncidentView):
    @extend_schema(operation_id="timeline_mark", request=None, responses=EntrySerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Marks an entry as a key moment, one that tells the story."""
        entry = entry_of(self, pk)
        timeline.mark(entry, by=self.caller)
        return Response(EntrySerializer(entry_of(self, pk)).data)

    @extend_schema(operation_id="timeline_unmark", request=None, responses=EntrySerializer)
    def delete(self, request: Request, key: str, pk: int) -> Response:
        """Takes the mark away."""
        entry = entry_of(self, pk)
        timeline.unmark(entry, by=self.caller)
        return Response(EntrySerializer(entry_of(self, pk)).data)


def entry_of(view: IncidentView, pk: int) -> TimelineEntry:
    """The row, if the caller may read it; 404 otherwise."""
    rows = view.incident.entries.readable_by(view.caller, view.incident)
    entry: TimelineEntry = get_object_or_404(rows.select_related("actor", "key_moment"), pk=pk)
    entry.incident = view.incident
    return entry


@login_not_required
@require_safe
async def live(request: HttpRequest, key: str) -> HttpResponseBase:
    """Server-sent events, one per new row; resumes from Last-Event-ID. By token, or by session."""
    claim = stream.claim_of(request, key, takes_tokens=True)
    if await sync_to_async(claim.person)() is None:
        refusal = JsonResponse({"detail": "Sign in, or send a token.", "code": "not_signed_in"}, status=401)
        refusal["WWW-Authenticate"] = tokens.SCHEME
        return refusal
    try:
        return await stream.answer(request, claim)
    except Http404:
        return JsonResponse({"detail": NOT_FOUND, "code": "not_found"}, status=404)
