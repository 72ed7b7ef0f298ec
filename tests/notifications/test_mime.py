"""A mail that is rendered once and filled in per recipient is still a mail."""

import email
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from notifications import mime
from notifications.models import Content

TOKEN = "a" * 60


def mail_of(content: Content, **own: object) -> tuple[bytes, EmailMessage]:
    values = {"message": 7, "address": "a@x.example", "token": TOKEN, **own}
    raw = mime.Skeleton(content).fill(**values)  # type: ignore[arg-type]
    parsed = email.message_from_bytes(raw, policy=default)
    assert isinstance(parsed, EmailMessage)
    return raw, parsed


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return found.get_content().replace("\r\n", "\n")


def test_both_bodies_arrive_as_they_were_written(text: Content) -> None:
    text.text = "Käse = cheese\n.dot\nFrom here\ntrailing \n\nhttps://x.example/x-own-token-x/\n"
    text.html = "<p>Käse 😀</p>" * 40 + "<a href='https://x.example/x-own-token-x/'>Leave</a>\n"
    raw, mail = mail_of(text)
    assert part(mail, "plain") == text.text.replace("x-own-token-x", TOKEN)
    assert part(mail, "html") == text.html.replace("x-own-token-x", TOKEN)
    assert raw.isascii()
    body = raw.partition(b"\r\n\r\n")[2]
    assert max(len(line) for line in body.split(b"\r\n")) <= 76


@given(before=st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=120))
def test_the_token_arrives_whole_wherever_the_line_breaks(before: str) -> None:
    content = Content(key="k", topic="t", subject="s", text=f"{before}x-own-token-x end\n")
    assert part(mail_of(content)[1], "plain") == f"{before}{TOKEN} end\n"


def test_one_incident_is_one_thread_and_each_message_its_own(text: Content) -> None:
    first, second = (mail_of(text, message=number)[1] for number in (7, 8))
    assert first["References"] == first["In-Reply-To"] == second["References"] == "<incident-284@halyard.example>"
    assert first["Message-ID"] != second["Message-ID"]
    assert first["Message-ID"] == mail_of(text, message=7)[1]["Message-ID"] == mime.message_id(text, 7)


def test_leaving_takes_one_click(text: Content) -> None:
    _, mail = mail_of(text)
    assert mail["List-Unsubscribe"] == (
        f"<https://ops.example/s/halyard/unsubscribe/{TOKEN}/>, "
        f"<mailto:status@halyard.example?subject=unsubscribe%20{TOKEN}>"
    )
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_a_letter_that_belongs_to_no_list_has_nothing_to_leave(text: Content) -> None:
    text.unsubscribe_url = ""
    _, mail = mail_of(text)
    assert "List-Unsubscribe" not in mail
    assert "List-Unsubscribe-Post" not in mail


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x85", "\u2028"])
def test_no_line_end_gets_into_a_header(text: Content, end: str) -> None:
    evil = f"Hello{end}Bcc: everyone@x.example"
    text.subject = text.thread = text.unsubscribe_url = evil
    text.sender = f"Evil{end}Bcc: everyone@x.example <a@x.example>"
    raw, mail = mail_of(text)
    assert "Bcc" not in mail
    assert not [line for line in raw.split(b"\r\n") if line.lower().startswith(b"bcc")]


@pytest.mark.parametrize("subject", ["Käse 😀 " * 20, "a" * 400, "", "=?utf-8?q?x?="])
def test_any_subject_arrives(text: Content, subject: str) -> None:
    text.subject = subject
    raw, mail = mail_of(text)
    if subject != "=?utf-8?q?x?=":
        assert mail["Subject"].strip() == " ".join(subject.split())
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


@pytest.mark.parametrize("sender", ["", "nobody", "Käse", "a@käse.example"])
def test_a_sender_that_cannot_be_used_is_replaced_by_our_own(text: Content, sender: str, settings: Settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "IncidentOps <ops@x.example>"
    text.sender = sender
    assert mail_of(text)[1]["From"] == "IncidentOps <ops@x.example>"


def test_a_name_with_signs_is_written_so_that_it_stays_a_name(text: Content) -> None:
    text.sender = '"Hälyard, status <x>" <status@halyard.example>'
    (address,) = mail_of(text)[1]["From"].addresses
    assert (address.display_name, address.addr_spec) == ("Hälyard, status <x>", "status@halyard.example")


def test_a_text_without_html_is_one_part(text: Content) -> None:
    text.html = ""
    _, mail = mail_of(text)
    assert mail.get_content_type() == "text/plain"
