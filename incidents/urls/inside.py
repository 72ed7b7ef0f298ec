"""Addresses of pages: groups, chats that read along, questions to the team, boards."""

from django.urls import path

from incidents.views import boards, groups, team_questions

_CHAT = "settings/words/chats/<int:mirror_id>/"
_QUESTION = "incidents/<str:key>/team-questions/<int:question_id>/"

urlpatterns = [
    path("settings/words/groups/", groups.groups_page, name="groups"),
    path("settings/words/groups/<slug:slug>/", groups.group, name="group"),
    path("settings/words/chats/", groups.chats, name="chats"),
    path(_CHAT, groups.chat, name="chat"),
    path(f"{_CHAT}switch/", groups.chat_switch, name="chat_switch"),
    path(f"{_CHAT}test/", groups.chat_test, name="chat_test"),
    path("incidents/<str:key>/team-questions/", team_questions.page, name="team_questions"),
    path(f"{_QUESTION}<slug:step>/", team_questions.step, name="team_question"),
    path("incidents/<str:key>/boards/", boards.share, name="share_board"),
    path("incidents/<str:key>/boards/<int:board_id>/revoke/", boards.revoke, name="revoke_board"),
    path("board/<str:token>/", boards.board, name="board"),
    path("board/<str:token>/questions/", boards.ask, name="ask_by_board"),
]
