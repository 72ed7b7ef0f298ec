"""Addresses of `/api/v1/`: groups, chats that read along, questions to the team, boards."""

from django.urls import path

from incidents.api import inside

_QUESTION = "incidents/<str:key>/team-questions/<int:pk>/"

urlpatterns = [
    path("stakeholder-groups/", inside.Groups.as_view(), name="stakeholder_groups"),
    path("stakeholder-groups/<slug:slug>/", inside.OneGroup.as_view(), name="stakeholder_group"),
    path("chat-mirrors/", inside.Mirrors.as_view(), name="chat_mirrors"),
    path("chat-mirrors/<int:pk>/", inside.OneMirror.as_view(), name="chat_mirror"),
    path("chat-mirrors/<int:pk>/test/", inside.TestMirror.as_view(), name="test_chat_mirror"),
    path("incidents/<str:key>/team-questions/", inside.TeamQuestions.as_view(), name="team_questions"),
    path(_QUESTION, inside.OneTeamQuestion.as_view(), name="team_question"),
    path(f"{_QUESTION}answer/", inside.AnswerTeamQuestion.as_view(), name="answer_team_question"),
    path(f"{_QUESTION}decline/", inside.DeclineTeamQuestion.as_view(), name="decline_team_question"),
    path("incidents/<str:key>/boards/", inside.Boards.as_view(), name="boards"),
    path("incidents/<str:key>/boards/<int:pk>/", inside.OneBoard.as_view(), name="board"),
]
