"""What surrounds the approval of a text, by API: its versions with their differences, comments, a time to go out."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.paging import whole, whole_list
from incidents.api.strict import PersonField, StrictSerializer
from incidents.api.updates import UpdateSerializer, UpdateView
from incidents.communication import revisions, scheduling
from incidents.models import UpdateComment, UpdateRevision


class RevisionSerializer(serializers.ModelSerializer):
    """A text as it once was saved."""

    words = serializers.DictField(read_only=True)
    saved_by = PersonField(read_only=True)

    class Meta:
        model = UpdateRevision
        fields = ("version", "words", "is_submitted", "saved_by", "saved_at")
        read_only_fields = fields


class ChangeSerializer(serializers.Serializer):
    name = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class ComparisonSerializer(serializers.Serializer):
    """The text beside an earlier one: `diff` has [-what went-] and {+what came+}."""

    against = serializers.CharField()
    is_same = serializers.BooleanField()
    diff = serializers.CharField(source="text")
    changes = ChangeSerializer(many=True)


class VersionsSerializer(serializers.Serializer):
    comparisons = ComparisonSerializer(many=True)
    results = RevisionSerializer(many=True)


class LineCommentSerializer(serializers.ModelSerializer):
    """What somebody says of one line, from 1, or of the whole text."""

    by = PersonField(read_only=True)

    class Meta:
        model = UpdateComment
        fields = ("id", "version", "line", "quote", "body", "by", "at", "settled_at")
        read_only_fields = fields


class NewCommentSerializer(StrictSerializer):
    body = serializers.CharField(max_length=revisions.LONGEST_COMMENT)
    line = serializers.IntegerField(min_value=1, required=False, allow_null=True)


class ScheduleSerializer(StrictSerializer):
    """When an approved text goes out by itself."""

    publish_at = serializers.DateTimeField()
    version = serializers.IntegerField(min_value=1, required=False, help_text="409 if the text changed since.")


class Versions(UpdateView):
    @extend_schema(operation_id="updates_versions", responses=VersionsSerializer)
    def get(self, request: Request, key: str, pk: int) -> Response:
        """Every version that was saved, newest first, and what the text changes."""
        update = self.update(pk)
        rows = update.revisions.select_related("saved_by").order_by("-version")
        return Response(VersionsSerializer({"comparisons": revisions.comparisons(update), "results": rows}).data)


class Comments(UpdateView):
    @extend_schema(operation_id="updates_comments_list", responses=whole_list(LineCommentSerializer))
    def get(self, request: Request, key: str, pk: int) -> Response:
        """What was said of the text."""
        return whole(LineCommentSerializer(self.update(pk).comments.select_related("by"), many=True).data)

    @extend_schema(operation_id="updates_comment", request=NewCommentSerializer, responses={201: LineCommentSerializer})
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Says something of one line, or of all of it."""
        made = revisions.comment(self.update(pk), by=self.caller, **self.read(NewCommentSerializer))
        return Response(LineCommentSerializer(made).data, status=status.HTTP_201_CREATED)


class SettleComment(UpdateView):
    @extend_schema(operation_id="updates_settle_comment", request=None, responses=LineCommentSerializer)
    def post(self, request: Request, key: str, pk: int, comment: int) -> Response:
        """The comment is seen to."""
        found = get_object_or_404(self.update(pk).comments.select_related("by", "update__incident"), pk=comment)
        return Response(LineCommentSerializer(revisions.settle(found, by=self.caller)).data)


class Schedule(UpdateView):
    @extend_schema(operation_id="updates_schedule", request=ScheduleSerializer, responses=UpdateSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Lets an approved text go out at a time."""
        update = self.update(pk)
        asked = self.read(ScheduleSerializer)
        done = scheduling.schedule(update, by=self.caller, at=asked["publish_at"], seen_version=asked.get("version"))
        return Response(UpdateSerializer(done).data)

    @extend_schema(operation_id="updates_unschedule", responses=UpdateSerializer)
    def delete(self, request: Request, key: str, pk: int) -> Response:
        """Takes the time back; the text stays approved."""
        return Response(UpdateSerializer(scheduling.unschedule(self.update(pk), by=self.caller)).data)
