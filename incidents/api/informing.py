"""Proof of informing by API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.updates import UpdateView
from incidents.communication import informing
from incidents.communication.informing import Line
from incidents.models import Update


class ProofLineSerializer(serializers.Serializer):
    """One audience on one channel: messages by what became of them, and seconds to half and to 95 % of them."""

    audience = serializers.CharField()
    channel = serializers.CharField(source="told.channel")
    total = serializers.IntegerField(source="told.total")
    queued = serializers.IntegerField(source="told.queued")
    sent = serializers.IntegerField(source="told.sent")
    delivered = serializers.IntegerField(source="told.delivered")
    failed = serializers.IntegerField(source="told.failed")
    bounced = serializers.IntegerField(source="told.bounced")
    unknown = serializers.IntegerField(source="told.unknown")
    suppressed = serializers.IntegerField(source="told.suppressed")
    cancelled = serializers.IntegerField(source="told.cancelled")
    missed = serializers.IntegerField(source="told.missed")
    t50 = serializers.FloatField(source="told.t50", allow_null=True)
    t95 = serializers.FloatField(source="told.t95", allow_null=True)


class ProofSerializer(serializers.Serializer):
    """The proof of one update."""

    results = ProofLineSerializer(many=True)


class ResentSerializer(serializers.Serializer):
    resent = serializers.IntegerField(help_text="How many are told once more.")


def _answer(update: Update) -> Response:
    lines: list[Line] = informing.proof(update)
    return Response(ProofSerializer({"results": lines}).data)


class Proof(UpdateView):
    @extend_schema(operation_id="updates_proof", responses=ProofSerializer)
    def get(self, request: Request, key: str, pk: int) -> Response:
        """Per audience and channel: who was told of it, and how fast."""
        return _answer(self.update(pk))


class Resend(UpdateView):
    @extend_schema(operation_id="updates_resend", request=None, responses=ResentSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Tells those once more who missed it, and nobody else."""
        return Response({"resent": informing.resend(self.update(pk), by=self.caller)})
