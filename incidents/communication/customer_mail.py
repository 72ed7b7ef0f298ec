"""Customers who write: each mail that comes in becomes a report, of the incident that it names or to be sorted.

Hears `notifications`; what it cannot take is tried again there, and kept in any case.
"""

import re
from collections.abc import Mapping

from incidents.communication import customer_reports, customers
from incidents.models import CustomerReport, Incident, ReportSource, State
from notifications.listening import FactKind, MessageFact
from roles.policy import SYSTEM

_KEY = re.compile(r"\bINC-(\d{1,9})\b", re.IGNORECASE)
#: support+inc-284@halyard.example
_PLUS = re.compile(r"\+inc-(\d{1,9})@", re.IGNORECASE)
_PREFIX = re.compile(r"^(?:(?:re|aw|fw|fwd|wg)\s*:\s*)+", re.IGNORECASE)
UNREADABLE = "An e-mail that could not be read"


def on_message(fact: MessageFact) -> None:
    """Takes a mail in as a report; safe to repeat. Other facts are not for us."""
    if fact.kind != FactKind.MAIL or fact.data.get("is_erased"):
        return
    data = fact.data
    subject, text = _PREFIX.sub("", str(data.get("subject") or "")), fact.text
    if data.get("is_unreadable"):
        subject = UNREADABLE
    left_out = data.get("attachments")
    if isinstance(left_out, list) and left_out:
        text += f"\n\nNot kept: {', '.join(map(str, left_out))}"
    customer_reports.receive(
        by=SYSTEM,
        source=ReportSource.EMAIL,
        channel=CustomerReport.Channel.EMAIL,
        symptom=subject or _first_line(text),
        verbatim=text,
        contact=fact.address[:254],
        account_name=_sender(fact),
        incident=_incident(data),
        external_id=f"mail:{data.get('message_id') or data.get('id')}"[:300],
        dismissed_for=str(data.get("automatic") or ""),
    )


def _sender(fact: MessageFact) -> str:
    """The customer that the address belongs to is found by `customer_reports`; else whoever they say they are."""
    account = customers.account_of_address(fact.address)
    return account.name if account else str(fact.data.get("name") or "")[:150]


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _incident(data: Mapping[str, object]) -> Incident | None:
    """The incident that the mail is addressed to (+inc-284) or names (INC-284), where it goes on."""
    to = data.get("to")
    found = _PLUS.search(" ".join(map(str, to)) if isinstance(to, list) else "")
    found = found or _KEY.search(str(data.get("subject") or ""))
    incident = Incident.objects.filter(key=f"INC-{int(found[1])}").first() if found else None
    while incident is not None and incident.state == State.MERGED and incident.merged_into:
        incident = incident.merged_into
    return incident
