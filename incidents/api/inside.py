"""What is for those inside, by API: stakeholder groups, chats that read along, questions to the team, boards."""

from datetime import timedelta
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.paging import whole, whole_list
from incidents.api.strict import PersonField, StrictSerializer
from incidents.api.views import ApiView, IncidentView, IsResponder
from incidents.communication import boards, groups, mirrors, questions
from incidents.models import (
    Audience,
    BoardLink,
    ChatMirror,
    Service,
    Severity,
    StakeholderGroup,
    TeamQuestion,
)
from notifications import chat_hooks
from notifications.models import ChatKind
from roles import policy

LONGEST_HOURS = 7 * 24


class StakeholderGroupSerializer(serializers.ModelSerializer):
    """Who hears of which incidents without working on them."""

    members = PersonField(many=True, read_only=True)
    addresses = serializers.ListField(child=serializers.CharField(), read_only=True)
    services = serializers.SlugRelatedField(  # type: ignore[var-annotated]
        slug_field="slug", many=True, read_only=True
    )

    class Meta:
        model = StakeholderGroup
        fields = (
            "slug",
            "name",
            "kind",
            "members",
            "addresses",
            "services",
            "least_severity",
            "is_active",
            "version",
        )
        read_only_fields = fields


class _GroupWords(StrictSerializer):
    """What one may say of a group."""

    name = serializers.CharField(max_length=100, required=False)
    kind = serializers.ChoiceField(StakeholderGroup.Kind.choices, required=False)
    members = PersonField(many=True, required=False)
    addresses = serializers.ListField(child=serializers.EmailField(), max_length=groups.MOST_ADDRESSES, required=False)
    services = serializers.SlugRelatedField(
        slug_field="slug", many=True, queryset=Service.objects.all(), required=False, help_text="None: any."
    )
    least_severity = serializers.ChoiceField(Severity.choices, required=False)
    is_active = serializers.BooleanField(required=False)


class ChangeStakeholderGroupSerializer(_GroupWords):
    """What changes of a group; `version` is the one that the caller has seen."""

    version = serializers.IntegerField(required=False)


class AddStakeholderGroupSerializer(_GroupWords):
    """A group to be made."""

    name = serializers.CharField(max_length=100)
    kind = serializers.ChoiceField(StakeholderGroup.Kind.choices)


class ChatMirrorSerializer(serializers.ModelSerializer):
    """A chat room that reads along. Its address is never given out."""

    kind = serializers.ChoiceField(ChatKind.choices, source="hook.kind", read_only=True)
    name = serializers.CharField(source="hook.name", read_only=True)
    address = serializers.SerializerMethodField(help_text="Enough of it to recognise it.")
    audiences = serializers.ListField(child=serializers.ChoiceField(Audience.choices), read_only=True)
    events = serializers.ListField(child=serializers.ChoiceField(list(mirrors.EVENTS)), read_only=True)
    services = serializers.SlugRelatedField(  # type: ignore[var-annotated]
        slug_field="slug", many=True, read_only=True
    )
    is_active = serializers.SerializerMethodField()
    trouble = serializers.CharField(source="hook.trouble", read_only=True, help_text="Empty: the last message went.")

    class Meta:
        model = ChatMirror
        fields = (
            "id",
            "kind",
            "name",
            "address",
            "audiences",
            "events",
            "services",
            "least_severity",
            "includes_private",
            "is_active",
            "trouble",
            "version",
        )
        read_only_fields = fields

    def get_address(self, mirror: ChatMirror) -> str:
        return chat_hooks.host_of(mirror.hook)

    def get_is_active(self, mirror: ChatMirror) -> bool:
        return mirror.is_active and mirror.hook.is_active


class _MirrorWords(StrictSerializer):
    """What one may say of a chat; `url` is taken and never given out again."""

    name = serializers.CharField(max_length=100, required=False)
    url = serializers.CharField(max_length=chat_hooks.LONGEST_URL, allow_blank=True, required=False, write_only=True)
    audiences = serializers.ListField(child=serializers.ChoiceField(Audience.choices), max_length=4, required=False)
    events = serializers.ListField(child=serializers.ChoiceField(list(mirrors.EVENTS)), max_length=3, required=False)
    services = serializers.SlugRelatedField(
        slug_field="slug", many=True, queryset=Service.objects.all(), required=False, help_text="None: any."
    )
    least_severity = serializers.ChoiceField(Severity.choices, required=False)
    includes_private = serializers.BooleanField(required=False)


class ChangeChatMirrorSerializer(_MirrorWords):
    """What changes of a chat; `version` is the one that the caller has seen."""

    is_active = serializers.BooleanField(required=False)
    version = serializers.IntegerField(required=False)


class AddChatMirrorSerializer(_MirrorWords):
    """A chat to be added. Without `url` its messages are written to files."""

    kind = serializers.ChoiceField(ChatKind.choices)
    name = serializers.CharField(max_length=100)


class TeamQuestionSerializer(serializers.ModelSerializer):
    """A question to the team, and the answer."""

    asked_by = PersonField(read_only=True)
    owner = PersonField(read_only=True)
    answered_by = PersonField(read_only=True)
    is_overdue = serializers.SerializerMethodField()

    class Meta:
        model = TeamQuestion
        fields = (
            "id",
            "state",
            "question",
            "asked_by",
            "asked_name",
            "asked_at",
            "is_overdue",
            "owner",
            "owned_at",
            "answer",
            "answered_by",
            "answered_at",
            "is_shared",
        )
        read_only_fields = fields

    def get_is_overdue(self, question: TeamQuestion) -> bool:
        return questions.is_overdue(question)


class AskTeamSerializer(StrictSerializer):
    question = serializers.CharField(max_length=questions.LONGEST_QUESTION)


class ChangeTeamQuestionSerializer(StrictSerializer):
    """Gives it to somebody, or puts an answered one on the board."""

    owner = PersonField(required=False)
    is_shared = serializers.BooleanField(required=False)


class AnswerTeamSerializer(StrictSerializer):
    answer = serializers.CharField(max_length=questions.LONGEST_ANSWER)
    share = serializers.BooleanField(default=False, help_text="Puts it on the board.")


class DeclineTeamSerializer(StrictSerializer):
    reason = serializers.CharField(max_length=questions.LONGEST_ANSWER)


class BoardSerializer(serializers.ModelSerializer):
    """A board link. Its address lets anybody look."""

    url = serializers.SerializerMethodField()
    created_by = PersonField(read_only=True)

    class Meta:
        model = BoardLink
        fields = ("id", "name", "url", "created_by", "created_at", "expires_at", "seen_at", "seen_count")
        read_only_fields = fields

    def get_url(self, board: BoardLink) -> str:
        return boards.url_of(board)


class ShareBoardSerializer(StrictSerializer):
    """For whom, for how long, and for a private incident that this is meant."""

    name = serializers.CharField(max_length=100)
    hours = serializers.IntegerField(min_value=1, max_value=LONGEST_HOURS, default=24)
    accept_private = serializers.BooleanField(default=False)


class Groups(ApiView):
    permission_classes = (IsResponder,)

    @extend_schema(operation_id="stakeholder_groups_list", responses=whole_list(StakeholderGroupSerializer))
    def get(self, request: Request) -> Response:
        """All groups, retired ones too."""
        rows = StakeholderGroup.objects.prefetch_related("members", "services")
        return whole(StakeholderGroupSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="stakeholder_groups_add",
        request=AddStakeholderGroupSerializer,
        responses={201: StakeholderGroupSerializer},
    )
    def post(self, request: Request) -> Response:
        """Makes a group; for those who keep our words."""
        made = groups.add(by=self.caller, **self.read(AddStakeholderGroupSerializer))
        return Response(StakeholderGroupSerializer(made).data, status=status.HTTP_201_CREATED)


class OneGroup(ApiView):
    permission_classes = (IsResponder,)

    @extend_schema(
        operation_id="stakeholder_groups_change",
        request=ChangeStakeholderGroupSerializer,
        responses=StakeholderGroupSerializer,
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Changes a group, or retires it."""
        given = self.read(ChangeStakeholderGroupSerializer, partial=True)
        row = get_object_or_404(StakeholderGroup, slug=slug)
        changed = groups.change(row, by=self.caller, seen_version=given.pop("version", None), **given)
        return Response(StakeholderGroupSerializer(changed).data)


class Mirrors(ApiView):
    permission_classes = (IsResponder,)

    @extend_schema(operation_id="chat_mirrors_list", responses=whole_list(ChatMirrorSerializer))
    def get(self, request: Request) -> Response:
        """All chats that read along; for those who keep our words."""
        policy.authorize(self.caller, mirrors.MANAGE)
        rows = ChatMirror.objects.select_related("hook").prefetch_related("services")
        return whole(ChatMirrorSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="chat_mirrors_add", request=AddChatMirrorSerializer, responses={201: ChatMirrorSerializer}
    )
    def post(self, request: Request) -> Response:
        """Lets a chat read along."""
        made = mirrors.add(by=self.caller, **self.read(AddChatMirrorSerializer))
        return Response(ChatMirrorSerializer(made).data, status=status.HTTP_201_CREATED)


class OneMirror(ApiView):
    permission_classes = (IsResponder,)

    @extend_schema(
        operation_id="chat_mirrors_change", request=ChangeChatMirrorSerializer, responses=ChatMirrorSerializer
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Changes a chat, or switches it on or off."""
        policy.authorize(self.caller, mirrors.MANAGE)
        given = self.read(ChangeChatMirrorSerializer, partial=True)
        row, is_active = self.mirror(pk), given.pop("is_active", None)
        if given:
            row = mirrors.change(row, by=self.caller, seen_version=given.pop("version", None), **given)
        if is_active is not None:
            row = mirrors.switch(row, is_active, by=self.caller)
        return Response(ChatMirrorSerializer(self.mirror(pk)).data)

    def mirror(self, pk: int) -> ChatMirror:
        return get_object_or_404(ChatMirror.objects.select_related("hook"), pk=pk)


class TestMirror(OneMirror):
    http_method_names = ("post", "options")

    @extend_schema(operation_id="chat_mirrors_test", request=None, responses=ChatMirrorSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Sends a test message; what goes wrong shows as `trouble` afterwards."""
        policy.authorize(self.caller, mirrors.MANAGE)
        row = self.mirror(pk)
        mirrors.try_out(row, by=self.caller)
        return Response(ChatMirrorSerializer(row).data)


class TeamQuestions(IncidentView):
    @extend_schema(operation_id="team_questions_list", responses=TeamQuestionSerializer(many=True))
    def get(self, request: Request, key: str) -> Response:
        """All questions to the team, the newest first."""
        return self.page_of(questions.of(self.incident), TeamQuestionSerializer)

    @extend_schema(
        operation_id="team_questions_ask", request=AskTeamSerializer, responses={201: TeamQuestionSerializer}
    )
    def post(self, request: Request, key: str) -> Response:
        """Asks the team."""
        asked = questions.ask(self.incident, by=self.caller, **self.read(AskTeamSerializer))
        return Response(TeamQuestionSerializer(asked).data, status=status.HTTP_201_CREATED)


class OneTeamQuestion(IncidentView):
    @extend_schema(operation_id="team_questions_read", responses=TeamQuestionSerializer)
    def get(self, request: Request, key: str, pk: int) -> Response:
        """One question."""
        return Response(TeamQuestionSerializer(self.question(pk)).data)

    @extend_schema(
        operation_id="team_questions_change", request=ChangeTeamQuestionSerializer, responses=TeamQuestionSerializer
    )
    def patch(self, request: Request, key: str, pk: int) -> Response:
        """Gives it to somebody, or puts it on the board or takes it off."""
        question = self.question(pk)
        given: dict[str, Any] = self.read(ChangeTeamQuestionSerializer, partial=True)
        if "owner" in given:
            question = questions.assign(question, to=given["owner"], by=self.caller)
        if "is_shared" in given:
            question = questions.share(question, given["is_shared"], by=self.caller)
        return Response(TeamQuestionSerializer(question).data)

    def question(self, pk: int) -> TeamQuestion:
        found = get_object_or_404(questions.of(self.incident), pk=pk)
        found.incident = self.incident
        return found


class AnswerTeamQuestion(OneTeamQuestion):
    http_method_names = ("post", "options")

    @extend_schema(operation_id="team_questions_answer", request=AnswerTeamSerializer, responses=TeamQuestionSerializer)
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Answers it, once."""
        question, given = self.question(pk), self.read(AnswerTeamSerializer)
        answered = questions.answer(question, by=self.caller, text=given["answer"], share=given["share"])
        return Response(TeamQuestionSerializer(answered).data)


class DeclineTeamQuestion(OneTeamQuestion):
    http_method_names = ("post", "options")

    @extend_schema(
        operation_id="team_questions_decline", request=DeclineTeamSerializer, responses=TeamQuestionSerializer
    )
    def post(self, request: Request, key: str, pk: int) -> Response:
        """Says that it is not answered now, and why."""
        question, given = self.question(pk), self.read(DeclineTeamSerializer)
        return Response(TeamQuestionSerializer(questions.decline(question, by=self.caller, **given)).data)


class Boards(IncidentView):
    @extend_schema(operation_id="boards_list", responses=whole_list(BoardSerializer))
    def get(self, request: Request, key: str) -> Response:
        """The links that have not ended, with their addresses; for those who may share it."""
        policy.authorize(self.caller, "incidents.share_board", self.incident)
        return whole(BoardSerializer(boards.of(self.incident), many=True).data)

    @extend_schema(operation_id="boards_share", request=ShareBoardSerializer, responses={201: BoardSerializer})
    def post(self, request: Request, key: str) -> Response:
        """Makes a link."""
        given = self.read(ShareBoardSerializer)
        lasts = timedelta(hours=given.pop("hours"))
        made = boards.share(self.incident, by=self.caller, lasts=lasts, **given)
        return Response(BoardSerializer(made).data, status=status.HTTP_201_CREATED)


class OneBoard(IncidentView):
    @extend_schema(operation_id="boards_revoke", responses=BoardSerializer)
    def delete(self, request: Request, key: str, pk: int) -> Response:
        """Takes a link back."""
        board = get_object_or_404(self.incident.boards.select_related("incident", "created_by"), pk=pk)
        return Response(BoardSerializer(boards.revoke(board, by=self.caller)).data)
