"""News as each chat service takes it: within its limits, and calling nobody."""

import json
from typing import Any

import pytest

from notifications import chats
from notifications.chats import Chat
from notifications.models import ChatKind

NEWS = Chat(
    title="Card payments are failing",
    text="We restore capacity.\n\n- Declined customers are **not** charged\n- See [the page](https://status.halyard.example)",
    tone="bad",
    facts=(("State", "Identified"), ("Next update", "14:40 UTC")),
    url="https://ops.halyard.example/incidents/INC-284/",
)
MENTIONS = ("<!channel>", "<!here>", "<!subteam^S1>", "<@U024BE7LH>", "<#C024>", "<users/all>", "<at>Everyone</at>",
            "@everyone", "@here", "@channel", "@all", "@jonas", "<@&1234>", "<@1234>")  # fmt: skip


def texts(value: Any) -> list[str]:
    """Every text of a payload."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts(inner)]
    return [text for inner in value for text in texts(inner)] if isinstance(value, list) else []


def test_slack_gets_blocks_and_a_text_for_those_who_see_none() -> None:
    made = chats.payload(ChatKind.SLACK, NEWS)
    assert made["text"].startswith("Card payments are failing\nWe restore capacity.")
    assert [block["type"] for block in made["blocks"]] == ["header", "section", "section", "context"]
    assert made["blocks"][2]["fields"][1] == {"type": "mrkdwn", "text": "Next update\n14:40 UTC"}
    assert made["blocks"][3]["elements"][0]["text"] == f"<{NEWS.url}|Open the room>"


def test_slack_gets_its_three_signs_escaped() -> None:
    made = chats.payload(ChatKind.SLACK, Chat(title="Fine", text="Pool < 120 & queue > 4"))
    assert made["blocks"][1]["text"]["text"] == "Pool &lt; 120 &amp; queue &gt; 4"


def test_teams_gets_an_adaptive_card_in_the_envelope_of_workflows() -> None:
    made = chats.payload(ChatKind.TEAMS, NEWS)
    assert made["type"] == "message"
    (attached,) = made["attachments"]
    assert attached["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attached["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert card["body"][0]["style"] == "attention"
    assert card["body"][-1]["facts"][0] == {"title": "State", "value": "Identified"}
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Open the room", "url": NEWS.url}]


def test_teams_reads_no_markdown_that_people_typed_and_keeps_addresses_whole() -> None:
    text = "[click](javascript:alert) and https://halyard.example/a_b_c then \\*stars\\*"
    made = chats.payload(ChatKind.TEAMS, Chat(title="Fine", text=text))
    said = made["attachments"][0]["content"]["body"][1]["text"]
    assert "https://halyard.example/a_b_c" in said
    assert "\\*stars\\*" in said
    assert "](" not in said


def test_discord_gets_one_embed_that_may_mention_nobody() -> None:
    made = chats.payload(ChatKind.DISCORD, NEWS)
    assert made["allowed_mentions"] == {"parse": []}
    (embed,) = made["embeds"]
    assert (embed["title"], embed["url"], embed["color"]) == (NEWS.title, NEWS.url, chats.COLOURS["bad"])
    assert embed["fields"][0] == {"name": "State", "value": "Identified", "inline": True}


def test_mattermost_gets_an_attachment_with_a_fallback() -> None:
    (attached,) = chats.payload(ChatKind.MATTERMOST, NEWS)["attachments"]
    assert attached["fallback"].startswith(NEWS.title)
    assert (attached["color"], attached["title_link"]) == ("#C0262D", NEWS.url)


def test_google_chat_gets_a_card_whose_tags_are_ours_alone() -> None:
    made = chats.payload(ChatKind.GOOGLE_CHAT, Chat(title="Fine", text="one <b>two</b>\nthree", url=NEWS.url))
    widgets = made["cardsV2"][0]["card"]["sections"][0]["widgets"]
    assert widgets[0]["textParagraph"]["text"] == "one &lt;b&gt;two&lt;/b&gt;<br>three"
    assert widgets[1]["buttonList"]["buttons"][0]["onClick"] == {"openLink": {"url": NEWS.url}}
    assert made["fallbackText"] == "Fine\none <b>two</b>\nthree"


@pytest.mark.parametrize("kind", ChatKind.values)
@pytest.mark.parametrize("mention", MENTIONS)
def test_nobody_is_called_by_a_text(kind: str, mention: str) -> None:
    made = chats.payload(kind, Chat(title=f"Hi {mention}", text=f"Look {mention} now", facts=((mention, mention),)))
    said = texts(made)
    assert not [text for text in said if mention in text]
    assert any("Look" in text for text in said)


@pytest.mark.parametrize("kind", ChatKind.values)
def test_an_e_mail_address_is_no_mention(kind: str) -> None:
    made = chats.payload(kind, Chat(title="Fine", text="Write to support@halyard.example."))
    assert any("support@halyard.example" in text for text in texts(made))


@pytest.mark.parametrize("kind", ChatKind.values)
def test_the_longest_text_stays_within_what_the_service_takes(kind: str) -> None:
    news = Chat(title="&" * 500, text="<&>é" * 16_000, facts=((("f" * 500), "v" * 5000),) * 40, footer="&" * 5000)
    made = chats.payload(kind, news)
    size = len(json.dumps(made, ensure_ascii=False).encode())
    longest = {"slack": 60_000, "teams": 28_000, "discord": 40_000, "mattermost": 65_000, "google_chat": 32_000}
    assert size < longest[kind]
    if kind == ChatKind.SLACK:
        assert len(made["blocks"][0]["text"]["text"]) <= 150
        assert len(made["blocks"][1]["text"]["text"]) <= 3000
        assert not made["blocks"][1]["text"]["text"].endswith(("&am", "&am…", "&l…"))
        assert len(made["blocks"][2]["fields"]) == 10
    if kind == ChatKind.DISCORD:
        assert sum(len(text) for text in texts(made["embeds"])) <= 6000


@pytest.mark.parametrize("kind", ChatKind.values)
def test_signs_that_turn_or_hide_text_are_left_out(kind: str) -> None:
    made = chats.payload(kind, Chat(title="Pay\u202eload\x07", text="one\u2066two\x00"))
    assert not [text for text in texts(made) if set(text) & {"\u202e", "\u2066", "\x07", "\x00"}]


def test_payloads_are_made_for_every_kind() -> None:
    assert chats.payloads(NEWS).keys() == set(ChatKind.values)
