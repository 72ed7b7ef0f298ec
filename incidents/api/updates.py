"""Updates by API: drafted, edited, submitted, approved, sent back, published, discarded."""

from collections.abc import Callable

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.strict import PersonField, StrictSerializer
from incidents.api.views import IncidentView
from incidents.communication import previewing, updates
from incidents.models import Audience, PublicStatus, Update, UpdateState


class UpdateSerializer(serializers.ModelSerializer):
    """A text with an audience, in any of its states."""

    components = serializers.DictField(child=serializers.CharField(), read_only=True)
    also_for = serializers.ListField(child=serializers.ChoiceField(Audience.choices), read_only=True)
    author = PersonField(read_only=True)
    edited_by = PersonField(read_only=True)
    approved_by = PersonField(read_only=True)
    published_by = PersonField(read_only=True)

    class Meta:
        model = Update
        fields = (
            "id",
            "state",
            "audience",
            "also_for",
            "page",
            "language",
            "status",
            "title",
            "body",
            "components",
            "next_update_at",
            "notify",
            "version",
            "comment",
            "author",
            "edited_by",
            "approved_by",
            "published_by",
            "created_at",
            "updated_at",
            "submitted_at",
            "approved_at",
            "published_at",
        )
        read_only_fields = fields


class _WordsSerializer(StrictSerializer):
    page = serializers.SlugField(max_length=50, allow_blank=True, required=False)
    title = serializers.CharField(max_length=200, allow_blank=True, required=False)
    status = serializers.ChoiceField(PublicStatus.choices, allow_blank=True, required=False)
    components = serializers.DictField(
        child=serializers.CharField(max_length=40), required=False, help_text="Component slug → the status it gets."
    )
    next_update_at = serializers.DateTimeField(allow_null=True, required=False)
    notify = serializers.BooleanField(required=False)
    also_for = serializers.ListField(
        child=serializers.ChoiceField(Audience.choices),
        required=False,
        max_length=4,
        help_text="Further audiences that get the same words.",
    )
    language = serializers.CharField(max_length=12, required=False, help_text="BCP 47: en, de, pt-br.")


class DraftSerializer(_WordsSerializer):
    """A new text."""

    audience = serializers.ChoiceField(Audience.choices)
    body = serializers.CharField(max_length=updates.LONGEST_BODY)


class RewriteSerializer(_WordsSerializer):
    """What changes in a text that is not out yet."""

    body = serializers.CharField(max_length=updates.LONGEST_BODY, required=False)
    version = serializers.IntegerField(
        min_value=1, required=False, help_text="The version that the caller read; 409 if somebody saved since."
    )


class CommentSerializer(StrictSerializer):
    comment = serializers.CharField(max_length=2000, help_text="What should change.")


class ReadSerializer(StrictSerializer):
    """Optional: which version was read before it was approved or published."""

    version = serializers.IntegerField(min_value=1, required=False, help_text="409 if the text changed since.")


class Updates(IncidentView):
    @extend_schema(
        operation_id="updates_list",
        parameters=[
            OpenApiParameter("state", str, enum=UpdateState.values),
            OpenApiParameter("audience", str, enum=Audience.values),
        ],
        responses=UpdateSerializer(many=True),
    )
    def get(self, request: Request, key: str) -> Response:
        """The incident's updates, newest first."""
        rows = self.incident.updates.select_related("author", "edited_by", "approved_by", "published_by")
        for name, known in (("state", UpdateState.values), ("audience", Audience.values)):
            if wanted := request.query_params.get(name):
                if wanted not in known:
                    raise serializers.ValidationError({name: [f"This is none; they are {', '.join(known)}."]})
                rows = rows.filter(**{name: wanted})
        return self.page_of(rows, UpdateSerializer)

    @extend_schema(operation_id="updates_draft", request=DraftSerializer, responses={201: UpdateSerializer})
    def post(self, request: Request, key: str) -> Response:
        """Starts a draft."""
        incident = self.incident
        update = updates.draft(incident, by=self.caller, **self.read(DraftSerializer))
        return Response(UpdateSerializer(update).data, status=status.HTTP_201_CREATED)


class UpdateView(IncidentView):
    """A view of one update."""

    def update(self, pk: int) -> Update:
        people = ("author", "edited_by", "approved_by", "published_by")
        found = get_object_or_404(self.incident.updates.select_related(*people), pk=pk)
        found.incident = self.incident
        return found


class OneUpdate(UpdateView):
    @extend_schema(operation_id="updates_read", responses=UpdateSerializer)
    def get(self, request: Request, key: str, pk: int) -> Response:
        """One update."""
        return Response(UpdateSerializer(self.update(pk)).data)

    @extend_schema(operation_id="updates_edit", request=RewriteSerializer, responses=UpdateSerializer)
    def patch(self, request: Request, key: str, pk: int) -> Response:
        """Changes a text that is a draft or waits for approval."""
        update = self.update(pk)
        changes = self.read(RewriteSerializer, partial=True)
        seen = int(str(changes.pop("version", update.version)))
        return Response(UpdateSerializer(updates.edit(update, by=self.caller, seen_version=seen, **changes)).data)


def _step(operation: str, work: Callable[..., Update], says: str, *, takes_version: bool = False) -> type[UpdateView]:
    """A view that walks one step of an update and answers with it."""

    class Step(UpdateView):
        @extend_schema(
            operation_id=f"updates_{operation}",
            description=says,
            request=ReadSerializer if takes_version else None,
            responses=UpdateSerializer,
        )
        def post(self, request: Request, key: str, pk: int) -> Response:
            update = self.update(pk)
            read = {"seen_version": self.read(ReadSerializer).get("version")} if takes_version else {}
            return Response(UpdateSerializer(work(update, by=self.caller, **read)).data)

    return Step


Submit = _step("submit", updates.submit, "Asks for approval.")
Approve = _step(
    "approve", updates.approve, "Lets the update go out; at SEV1 and SEV2 not one's own text.", takes_version=True
)
Publish = _step(
    "publish", updates.publish, "Lets the update out, to its page and to those who subscribed.", takes_version=True
)
Discard = _step("discard", updates.discard, "Drops a text that will not go out.")


class SendBack(UpdateView):
    @extend_schema(operation_id="updates_send_back", request=CommentSerializer, responses=UpdateSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Returns a text to its author, with what should change."""
        update = self.update(pk)
        comment = str(self.read(CommentSerializer)["comment"])
        return Response(UpdateSerializer(updates.send_back(update, by=self.caller, comment=comment)).data)


class _EmailSerializer(serializers.Serializer):
    subject = serializers.CharField()
    text = serializers.CharField()
    html = serializers.CharField()


class _SmsSerializer(serializers.Serializer):
    body = serializers.CharField()
    encoding = serializers.ChoiceField(["GSM-7", "UCS-2"])
    units = serializers.IntegerField(help_text="Its length in that encoding.")
    segments = serializers.IntegerField()


class PreviewsSerializer(serializers.Serializer):
    """What is shown and sent if the update goes out now; null where nothing is sent.

    A recipient's own token is a mark in it.
    """

    page = serializers.CharField(help_text="The incident on its page, as HTML; empty where no page shows it.")
    email = _EmailSerializer(allow_null=True)
    sms = _SmsSerializer(allow_null=True)
    slack = serializers.DictField(help_text="The payload of an incoming webhook; each chat has its own.")
    teams = serializers.DictField()
    discord = serializers.DictField()
    mattermost = serializers.DictField()
    google_chat = serializers.DictField()


class Previews(UpdateView):
    @extend_schema(operation_id="updates_previews", responses=PreviewsSerializer)
    def get(self, request: Request, key: str, pk: int) -> Response:
        """What an update becomes on each channel, by the code that sends it."""
        return Response(previewing.previews(self.update(pk)).as_json())
