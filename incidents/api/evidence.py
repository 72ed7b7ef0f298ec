"""Evidence by API: files sent as multipart, told of as JSON, given back as they were."""

import hashlib

from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from incidents import attachments, timeline
from incidents.api.strict import PersonField, StrictSerializer
from incidents.api.timeline import WRITTEN_KINDS
from incidents.api.views import IncidentView
from incidents.models import Attachment, Visibility
from incidents.views import evidence


class AttachmentSerializer(serializers.ModelSerializer):
    """A file kept as evidence. Its SHA-256 stands in the timeline's row too, and so in the chain."""

    id = serializers.CharField(source="public_id", read_only=True)
    sha256 = serializers.CharField(source="digest", read_only=True)
    entry = serializers.IntegerField(source="entry.number", read_only=True, help_text="Number of the timeline's row.")
    attached_by = PersonField(read_only=True)
    url = serializers.SerializerMethodField(help_text="Where the content is.")

    class Meta:
        model = Attachment
        fields = (
            "id",
            "name",
            "media_type",
            "size",
            "sha256",
            "visibility",
            "entry",
            "attached_by",
            "attached_at",
            "url",
        )
        read_only_fields = fields

    def get_url(self, attachment: Attachment) -> str:
        key = self.context["view"].kwargs["key"]
        return reverse("api:attachment_content", args=[key, attachment.public_id], request=self.context["request"])


def _is_taken(file: File) -> None:
    attachments.check(file)


class AttachSerializer(StrictSerializer):
    """One file, and what it shows; with a kind, it goes beside an entry of that kind."""

    file = serializers.FileField(validators=[_is_taken], help_text="At most 10 MB; its kind by its content.")
    body = serializers.CharField(max_length=timeline.LONGEST_ENTRY, required=False, default="", allow_blank=True)
    kind = serializers.ChoiceField(WRITTEN_KINDS, required=False)
    occurred_at = serializers.DateTimeField(required=False, help_text="When it happened, if not now.")
    visibility = serializers.ChoiceField(Visibility.choices, default=Visibility.STAFF.value)


class Attachments(IncidentView):
    parser_classes = (MultiPartParser,)

    def spoken(self, request: Request) -> bytes:
        """Fields and digests of files: uploads go to disk and are bounded there, not by the limit of a body."""
        if request.method in SAFE_METHODS or not self.incident:  # which is 404 to those who may not know of it
            return b""
        told, sent = [], request.data
        for name, value in sorted(sent.items() if isinstance(sent, QueryDict) else ()):
            if isinstance(value, UploadedFile):
                told.append(f"{name} {value.name} {hashlib.file_digest(value, 'sha256').hexdigest()}")
                value.seek(0)
            else:
                told.append(f"{name}={value}")
        return "\n".join(told).encode()

    @extend_schema(operation_id="attachments_list", responses=AttachmentSerializer(many=True))
    def get(self, request: Request, key: str) -> Response:
        """What is kept as evidence, as far as the caller may read it, the newest first."""
        return self.page_of(attachments.readable(self.incident, self.caller), AttachmentSerializer)

    @extend_schema(
        operation_id="attachments_add",
        request={"multipart/form-data": AttachSerializer},
        responses={201: AttachmentSerializer},
    )
    def post(self, request: Request, key: str) -> Response:
        """Keeps a file as evidence, and writes the timeline's row that tells of it."""
        words = self.read(AttachSerializer)
        file = words.pop("file")
        entry = attachments.attach(self.incident, by=self.caller, uploads=[file], **words)
        context = self.get_serializer_context()
        return Response(AttachmentSerializer(entry.attachments.get(), context=context).data, status.HTTP_201_CREATED)


class OneAttachment(IncidentView):
    @extend_schema(operation_id="attachments_read", responses=AttachmentSerializer)
    def get(self, request: Request, key: str, public_id: str) -> Response:
        """One file, as JSON."""
        return Response(AttachmentSerializer(file_of(self, public_id), context=self.get_serializer_context()).data)


class Content(IncidentView):
    def perform_content_negotiation(self, request: Request, force: bool = False) -> object:  # type: ignore[override]
        """A file is what it is, whatever the caller would rather have."""
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(
        operation_id="attachments_content", responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, key: str, public_id: str) -> HttpResponse:
        """The file itself; 409 where it is not as it was attached."""
        return evidence.given(file_of(self, public_id))


def file_of(view: IncidentView, public_id: str) -> Attachment:
    """The file, if the caller may read it; 404 otherwise."""
    found: Attachment = get_object_or_404(attachments.readable(view.incident, view.caller), public_id=public_id)
    return found
