"""One piece of news as each chat service wants it: what an incoming webhook is sent. Sends nothing.

Texts come from people, so here is also where nobody can be called by them: a mention in a title or a body is
taken apart, links with words of their own are written out, and each service's own marks are escaped.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from notifications import prose
from notifications.models import ChatKind

#: Between a sign that would make a mention and its name: unseen, and enough for every service to read over it.
_APART = "\u200b"
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
#: '@here', '@everyone', '@jonas', but not the sign in the middle of an e-mail address.
_AT = re.compile(r"(?<![\w.+-])@(?=\w)")
#: '<!channel>', '<@U024>', '<#C024>', '<users/all>', '<at>…</at>'.
_ANGLE = re.compile(r"<(?=[!@#]|users/|at\b)")
_MASKED_LINK = re.compile(r"\](?=\()")
#: Marks of Markdown; addresses are left whole.
_TEAMS_MARKS = re.compile(r"(https?://\S+)|[\\`*_\[\]]")

#: Tone → the colour of its edge, as on our pages in the light theme.
COLOURS = {
    "ok": 0x1A7F4B,
    "caution": 0xB7791F,
    "partial": 0xC2570C,
    "bad": 0xC0262D,
    "plan": 0x6D4BC3,
    "": 0x6B7280,
}
_TEAMS_STYLES = {"ok": "good", "caution": "warning", "partial": "warning", "bad": "attention", "plan": "accent"}


@dataclass(frozen=True)
class Chat:
    """News for a chat room: a title, a text in Markdown, a few facts, and one link at the end.

    `tone` is one of ok, caution, partial, bad, plan, or empty; it only colours what the words say.
    """

    title: str
    text: str = ""
    tone: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    url: str = ""
    link: str = "Open the room"
    footer: str = ""


def payload(kind: str, chat: Chat) -> dict[str, Any]:
    """What is posted to a webhook of this kind; raises KeyError for a kind that is none."""
    return _SHAPES[kind](chat)


def payloads(chat: Chat) -> dict[str, dict[str, Any]]:
    """The payload of every kind, as `outbox.content(chat=…)` keeps them."""
    return {kind: payload(kind, chat) for kind in ChatKind.values}


def plain(text: str, longest: int) -> str:
    """Markdown as plain text in which nothing is a mention or hides a link, cut to what a service takes."""
    return _cut(_harmless(prose.to_text(text)), longest)


# --- each service ---------------------------------------------------------------------------------


def _slack(chat: Chat) -> dict[str, Any]:
    """Block Kit, with a text for notifications and screen readers.

    Limits: Slack's "Reference: blocks" (header 150 signs, section 3,000, ten fields of 2,000) and "Formatting text
    for app surfaces" (which three signs are escaped).
    """
    title = _line(chat.title, 150)
    blocks: list[dict[str, Any]] = [{"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}}]
    if chat.text:
        blocks.append({"type": "section", "text": _mrkdwn(plain(chat.text, 2400), 3000)})
    if chat.facts:
        fields = [_mrkdwn(f"{_line(name, 60)}\n{_line(value, 800)}", 2000) for name, value in chat.facts[:10]]
        blocks.append({"type": "section", "fields": fields})
    tail = [_line(chat.footer, 300)] if chat.footer else []
    elements = [_mrkdwn(text, 2000) for text in tail]
    if chat.url:
        # The one place where angle brackets are ours; the address is made by us, its words are escaped.
        link = f"<{_slack_escaped(chat.url)}|{_slack_escaped(_line(chat.link, 80))}>"
        elements.append({"type": "mrkdwn", "text": link})
    if elements:
        blocks.append({"type": "context", "elements": elements})
    fallback = f"{title}\n{plain(chat.text, 1500)}" if chat.text else title
    return {"text": _slack_escaped(fallback), "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _teams(chat: Chat) -> dict[str, Any]:
    """An Adaptive Card in the envelope of the Workflows webhook; connectors with their MessageCard are retired.

    Limits: Microsoft's "Create incoming webhooks with Workflows for Microsoft Teams" (28 KB a message) and
    "Format cards in Microsoft Teams" (which Markdown text blocks read).
    """
    title = {
        "type": "TextBlock",
        "text": _teams_escaped(_line(chat.title, 250)),
        "weight": "bolder",
        "size": "medium",
        "wrap": True,
    }
    body: list[dict[str, Any]] = [
        {"type": "Container", "style": _TEAMS_STYLES.get(chat.tone, "default"), "bleed": True, "items": [title]}
    ]
    # A line break of ours is a paragraph there: single ones are joined.
    paragraphs = plain(chat.text, 6000).split("\n") if chat.text else []
    body += [{"type": "TextBlock", "text": _teams_escaped(one), "wrap": True} for one in paragraphs if one.strip()]
    if chat.facts:
        facts = [
            {"title": _teams_escaped(_line(name, 60)), "value": _teams_escaped(_line(value, 300))}
            for name, value in chat.facts[:10]
        ]
        body.append({"type": "FactSet", "facts": facts})
    if chat.footer:
        footer = _teams_escaped(_line(chat.footer, 300))
        body.append({"type": "TextBlock", "text": footer, "isSubtle": True, "size": "small", "wrap": True})
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    if chat.url:
        card["actions"] = [{"type": "Action.OpenUrl", "title": _line(chat.link, 80), "url": chat.url}]
    attached = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attached]}


def _discord(chat: Chat) -> dict[str, Any]:
    """One embed, and nobody may be mentioned by it.

    Limits: Discord's "Message resource", "Embed limits" (title 256, description 4,096, field 256 and 1,024,
    footer 2,048, 6,000 in all) and "Allowed mentions".
    """
    embed: dict[str, Any] = {
        "title": _line(chat.title, 256),
        "color": COLOURS.get(chat.tone, COLOURS[""]),
    }
    if chat.text:
        embed["description"] = plain(chat.text, 3000)
    if chat.url:
        embed["url"] = chat.url
    if chat.facts:
        embed["fields"] = [
            {"name": _line(name, 60), "value": _line(value, 180), "inline": True} for name, value in chat.facts[:10]
        ]
    if chat.footer:
        embed["footer"] = {"text": _line(chat.footer, 300)}
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}


def _mattermost(chat: Chat) -> dict[str, Any]:
    """A message attachment with its fallback.

    Limits: Mattermost's "Incoming webhooks" (16,383 signs a message) and "Message attachments".
    """
    title, text = _line(chat.title, 250), plain(chat.text, 6000)
    attachment: dict[str, Any] = {
        "fallback": f"{title}\n{text}".strip(),
        "color": f"#{COLOURS.get(chat.tone, COLOURS['']):06X}",
        "title": title,
        "text": text,
    }
    if chat.url:
        attachment["title_link"] = chat.url
    if chat.facts:
        attachment["fields"] = [
            {"title": _line(name, 60), "value": _line(value, 300), "short": True} for name, value in chat.facts[:10]
        ]
    if chat.footer:
        attachment["footer"] = _line(chat.footer, 300)
    return {"attachments": [attachment]}


def _google_chat(chat: Chat) -> dict[str, Any]:
    """A card, and a text where cards are not shown.

    Limits: Google's "Method: spaces.messages.create" (32,000 bytes a message), "Format messages" (which tags a text
    of a card reads: everything of people's is escaped) and "CardWithId".
    """
    title = _line(chat.title, 250)
    widgets: list[dict[str, Any]] = []
    if chat.text:
        lines = escape(plain(chat.text, 4000), quote=False).replace("\n", "<br>")
        widgets.append({"textParagraph": {"text": lines}})
    widgets += [
        {"decoratedText": {"topLabel": _line(name, 60), "text": escape(_line(value, 300), quote=False)}}
        for name, value in chat.facts[:10]
    ]
    if chat.footer:
        widgets.append({"textParagraph": {"text": f"<i>{escape(_line(chat.footer, 300), quote=False)}</i>"}})
    if chat.url:
        button = {"text": _line(chat.link, 80), "onClick": {"openLink": {"url": chat.url}}}
        widgets.append({"buttonList": {"buttons": [button]}})
    card: dict[str, Any] = {"header": {"title": title}}
    if widgets:
        card["sections"] = [{"widgets": widgets}]
    fallback = _cut(f"{title}\n{plain(chat.text, 1500)}".strip(), 2000)
    return {"fallbackText": fallback, "cardsV2": [{"cardId": "news", "card": card}]}


_SHAPES: dict[str, Callable[[Chat], dict[str, Any]]] = {
    ChatKind.SLACK: _slack,
    ChatKind.TEAMS: _teams,
    ChatKind.DISCORD: _discord,
    ChatKind.MATTERMOST: _mattermost,
    ChatKind.GOOGLE_CHAT: _google_chat,
}


# --- texts ----------------------------------------------------------------------------------------


def _harmless(text: str) -> str:
    text = _CONTROLS.sub("", text.replace("\r\n", "\n"))
    text = _ANGLE.sub(f"<{_APART}", text)
    return _MASKED_LINK.sub(f"]{_APART}", _AT.sub(f"@{_APART}", text))


def _line(text: str, longest: int) -> str:
    """One line without mentions."""
    return _cut(" ".join(_harmless(text).split()), longest)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _mrkdwn(text: str, longest: int) -> dict[str, str]:
    """A text object; cut before the escapes, so that none is cut in half."""
    escaped = _slack_escaped(text)
    while len(escaped) > longest:
        text = _cut(text, len(text) - (len(escaped) - longest) // 5 - 1)
        escaped = _slack_escaped(text)
    return {"type": "mrkdwn", "text": escaped}


def _slack_escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _teams_escaped(text: str) -> str:
    """Text blocks read Markdown: links with other words, emphasis and lists stay what was typed."""
    return _TEAMS_MARKS.sub(lambda found: found[1] or f"\\{found[0]}", text)
