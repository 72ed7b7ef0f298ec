"""Feedback and the summary afterwards, by API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.strict import PersonField, StrictSerializer
from incidents.api.updates import UpdateSerializer
from incidents.api.views import IncidentView
from incidents.communication import feedback, summaries
from incidents.models import Feedback


class FeedbackSerializer(serializers.ModelSerializer):
    """What somebody said of how we told them."""

    update = serializers.IntegerField(  # type: ignore[assignment]  # a column of this name
        source="update_id", read_only=True, allow_null=True
    )
    account = serializers.SlugRelatedField(slug_field="name", read_only=True)  # type: ignore[var-annotated]
    captured_by = PersonField(read_only=True)
    answers = serializers.DictField(child=serializers.BooleanField(), read_only=True)

    class Meta:
        model = Feedback
        fields = (
            "id", "source", "update", "helped", "score", "answers", "words", "said_by", "account", "captured_by",
            "given_at",
        )  # fmt: skip
        read_only_fields = fields


class CaptureSerializer(StrictSerializer):
    """What support heard."""

    words = serializers.CharField(max_length=feedback.LONGEST_WORDS)
    said_by = serializers.CharField(max_length=150, allow_blank=True, default="")
    helped = serializers.BooleanField(allow_null=True, default=None)


class InvitedSerializer(serializers.Serializer):
    invited = serializers.IntegerField(help_text="How many were asked now.")


class SummarySerializer(StrictSerializer):
    """The parts of a summary; `text` replaces what is made of them."""

    impact = serializers.CharField(max_length=summaries.LONGEST_PART)
    cause = serializers.CharField(max_length=100)
    changes = serializers.CharField(max_length=summaries.LONGEST_PART)
    page = serializers.SlugField(max_length=50, allow_blank=True, default="")
    text = serializers.CharField(max_length=20_000, allow_blank=True, default="")


class FeedbackView(IncidentView):
    @extend_schema(operation_id="feedback_list", responses=FeedbackSerializer(many=True))
    def get(self, request: Request, key: str) -> Response:
        """All feedback of the incident, newest first."""
        rows = self.incident.feedback.select_related("account", "captured_by")
        return self.page_of(rows, FeedbackSerializer)

    @extend_schema(operation_id="feedback_capture", request=CaptureSerializer, responses={201: FeedbackSerializer})
    def post(self, request: Request, key: str) -> Response:
        """Writes down what a customer said."""
        incident = self.incident
        row = feedback.capture(incident, by=self.caller, **self.read(CaptureSerializer))
        return Response(FeedbackSerializer(row).data, status=status.HTTP_201_CREATED)


class InviteView(IncidentView):
    @extend_schema(operation_id="feedback_invite", request=None, responses=InvitedSerializer)
    def post(self, request: Request, key: str) -> Response:
        """Asks everybody who reported how we did, once each."""
        return Response({"invited": feedback.invite(self.incident, by=self.caller)})


class SummaryView(IncidentView):
    @extend_schema(operation_id="summary_draft", request=SummarySerializer, responses={201: UpdateSerializer})
    def post(self, request: Request, key: str) -> Response:
        """Starts the summary of an incident that is over; it goes out like every public update."""
        incident = self.incident
        update = summaries.draft(incident, by=self.caller, **self.read(SummarySerializer))
        return Response(UpdateSerializer(update).data, status=status.HTTP_201_CREATED)
