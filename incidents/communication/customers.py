"""Who our customers are as support knows them: accounts, their tiers, and the rules by which their reports signal.

Kept by those who may manage our words; what changed stands in the audit trail. Erasing a customer or an address is
here too: the incident keeps what was seen, not by whom.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q

from incidents.conflicts import Conflict, refuse_overtaken
from incidents.models import CustomerAccount, CustomerEscalation, CustomerReport, CustomerTier, FollowUp, SignalRule
from notifications import addresses, callbacks
from roles import audit
from roles.policy import Actor, authorize

Kept = TypeVar("Kept", CustomerAccount, CustomerTier, SignalRule)

#: What may be set, by kind of row.
FIELDS: dict[type, tuple[str, ...]] = {
    CustomerTier: ("slug", "name", "rank", "weight", "answer_within", "acknowledge_within"),
    CustomerAccount: ("name", "tier", "is_vip", "email", "domain", "reference"),
    SignalRule: (
        "name",
        "reports",
        "accounts",
        "needs_vip",
        "tier",
        "within",
        "suggests_severity",
        "suggests_public_post",
        "is_active",
    ),
}
#: Columns of an imported list; the first is needed.
COLUMNS = ("name", "tier", "vip", "email", "domain", "reference")
MOST_LINES = 5000
YES = frozenset({"yes", "y", "true", "1", "x", "vip"})
#: Mail providers whose domain says nothing of the customer.
SHARED_DOMAINS = frozenset(
    {"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "gmx.de", "proton.me"}
)
ERASED = "A customer whose data was erased"


# --- keeping ----------------------------------------------------------------------------------


@transaction.atomic
def keep(row: Kept, *, by: Actor, seen_version: int | None = None, **changes: Any) -> Kept:
    """Makes a tier, an account or a rule, or changes one; what is not named stays.

    `seen_version` is the version that the person had before them; raises Overtaken where others wrote since, and
    ValidationError by field where something makes no sense or the name is taken.
    """
    authorize(by, "incidents.manage_words")
    if unknown := changes.keys() - set(FIELDS[type(row)]):
        raise ValidationError(f"{', '.join(sorted(unknown))} cannot be set here.")
    is_new = row.pk is None
    if not is_new:
        row = type(row).objects.select_for_update().get(pk=row.pk)
        refuse_overtaken(row, seen_version, changes)
        row.version += 1
    for name, value in changes.items():
        setattr(row, name, value.strip() if isinstance(value, str) else value)
    if isinstance(row, CustomerAccount):
        row.email, row.domain = row.email.lower(), row.domain.lower().removeprefix("@")
    row.full_clean()
    if isinstance(row, SignalRule):
        _refuse_senseless(row)
    row.save()
    audit.note(by, f"{row._meta.model_name}.{'added' if is_new else 'changed'}", row, fields=sorted(changes))
    return row


def _refuse_senseless(rule: SignalRule) -> None:
    if not (rule.reports or rule.accounts):
        raise ValidationError("Say from how many reports or customers the rule holds.")
    if not (rule.suggests_severity or rule.suggests_public_post):
        raise ValidationError("Say what the rule suggests: a severity, or a public post.")


@transaction.atomic
def drop_tier(tier: CustomerTier, *, by: Actor) -> None:
    """Takes a tier away; Conflict while customers are of it."""
    authorize(by, "incidents.manage_words")
    if count := tier.accounts.count():
        raise Conflict(f"{count} customers are {tier}: give them another tier first.")
    audit.note(by, "customertier.removed", tier)
    tier.delete()


# --- finding ----------------------------------------------------------------------------------


def account_named(name: str) -> CustomerAccount | None:
    """The account of exactly this name, whatever its capitals."""
    wanted = " ".join(name.split())
    return CustomerAccount.objects.select_related("tier").filter(name__iexact=wanted).first() if wanted else None


def account_of_address(address: str) -> CustomerAccount | None:
    """Whose e-mail address it is: by the address itself, else by its domain where that is the customer's alone."""
    address = addresses.normal("email", address)
    domain = address.rpartition("@")[2]
    if not domain:
        return None
    rows = CustomerAccount.objects.select_related("tier")
    if domain in SHARED_DOMAINS:
        return rows.filter(email=address).first()
    return rows.filter(email=address).first() or rows.filter(domain=domain).first()


# --- importing --------------------------------------------------------------------------------


@dataclass
class Line:
    """One line of an imported list: what becomes of it, or why it is refused."""

    number: int
    name: str
    becomes: str = ""  # new, changed, same
    problem: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    account: CustomerAccount | None = None


@dataclass
class Import:
    """What an imported list says; `is_done` where it was written."""

    lines: list[Line]
    problem: str = ""
    is_done: bool = False

    @property
    def refused(self) -> list[Line]:
        return [line for line in self.lines if line.problem]

    def count(self, becomes: str) -> int:
        """How many lines become 'new', 'changed' or 'same'."""
        return sum(1 for line in self.lines if not line.problem and line.becomes == becomes)

    @property
    def to_write(self) -> int:
        return self.count("new") + self.count("changed")


@transaction.atomic
def import_accounts(text: str, *, by: Actor, is_dry_run: bool = False) -> Import:
    """Reads accounts from CSV with a head of `COLUMNS` (comma or semicolon; name is needed): known names are
    changed, others made. Lines that make no sense are told and left out; the others are written.

    A dry run writes nothing. Safe to repeat.
    """
    authorize(by, "incidents.manage_words")
    found = _read(text)
    if is_dry_run or found.problem:
        return found
    for line in found.lines:
        if line.problem or line.becomes == "same":
            continue
        row = line.account or CustomerAccount()
        for name, value in line.values.items():
            setattr(row, name, value)
        if line.account:
            row.version += 1
        row.save()
    audit.note(by, "customeraccount.imported", "customers", new=found.count("new"), changed=found.count("changed"))
    found.is_done = True
    return found


def _read(text: str) -> Import:
    text = text.lstrip("\ufeff").replace("\x00", "")
    head = text.split("\n", 1)[0]
    rows = csv.DictReader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ",")
    names = [str(name or "").strip().lower() for name in rows.fieldnames or []]
    if "name" not in names:
        return Import([], f"The first line names the columns, and one of them is name: {', '.join(COLUMNS)}.")
    if unknown := [name for name in names if name and name not in COLUMNS]:
        return Import([], f"There is no column {', '.join(unknown)}; they are {', '.join(COLUMNS)}.")
    rows.fieldnames = names
    tiers = {key.casefold(): tier for tier in CustomerTier.objects.all() for key in (tier.slug, tier.name)}
    known = {account.name.casefold(): account for account in CustomerAccount.objects.all()}
    lines: list[Line] = []
    seen: set[str] = set()
    try:
        for row in rows:
            if len(lines) >= MOST_LINES:
                return Import([], f"At most {MOST_LINES:,} lines at once: cut the list in parts.")
            line = _line(rows.line_num, row, tiers, known, seen)
            if line is not None:
                lines.append(line)
    except csv.Error as problem:
        return Import([], f"Line {rows.line_num} is no CSV: {problem}.")
    return Import(lines, "" if lines else "There is no customer in this list.")


def _line(
    number: int,
    row: Mapping[str, Any],
    tiers: Mapping[str, CustomerTier],
    known: Mapping[str, CustomerAccount],
    seen: set[str],
) -> Line | None:
    given = {name: str(row.get(name) or "").strip() for name in COLUMNS}
    if not any(given.values()):
        return None
    line = Line(number, given["name"])
    present = [name for name in COLUMNS if row.get(name) is not None]
    values: dict[str, Any] = {name: given[name] for name in ("name", "reference") if name in present}
    values |= {name: given[name].lower() for name in ("email", "domain") if name in present}
    if "vip" in present:
        values["is_vip"] = given["vip"].lower() in YES
    if "tier" in present:
        values["tier"] = tiers.get(given["tier"].casefold())
    line.values, line.account = values, known.get(given["name"].casefold())
    line.problem = _problem(given, values, seen, number_of_columns=len(present), extra=row.get(None))  # type: ignore[call-overload]
    seen.add(given["name"].casefold())
    if line.account is None:
        line.becomes = "new"
    else:
        same = all(getattr(line.account, name) == value for name, value in values.items())
        line.becomes = "same" if same else "changed"
    return line


def _problem(
    given: Mapping[str, str], values: Mapping[str, Any], seen: set[str], *, number_of_columns: int, extra: object
) -> str:
    if extra:
        return f"It has more than {number_of_columns} columns."
    if not given["name"]:
        return "It has no name."
    if given["name"].casefold() in seen:
        return "The name stands in the list twice."
    for name in ("name", "domain", "email", "reference"):
        longest = getattr(CustomerAccount._meta.get_field(name), "max_length", None) or 0
        if len(given[name]) > longest:
            return f"{name} has more than {longest} characters."
    if given["tier"] and values.get("tier") is None:
        return f"There is no tier {given['tier']}."
    if given["email"]:
        try:
            validate_email(given["email"])
        except ValidationError:
            return f"{given['email']} is no e-mail address."
    return ""


# --- erasing ----------------------------------------------------------------------------------


@transaction.atomic
def erase_account(account: CustomerAccount, *, by: Actor) -> int:
    """Forgets a customer: the account goes, and its reports, escalations and follow-ups keep what was seen without
    saying who. Returns how many rows were changed."""
    authorize(by, "incidents.manage_words")
    count = _forget(Q(account=account), Q(report__account=account) | Q(escalation__account=account), Q(account=account))
    if account.email:
        callbacks.forget_mail(account.email)
    audit.note(by, "customeraccount.erased", f"customer {account.pk}", rows=count)
    account.delete()
    return count


@transaction.atomic
def erase_contact(address: str, *, by: Actor) -> int:
    """Forgets one address of one person, wherever it stands among reports; returns how many rows were changed."""
    authorize(by, "incidents.manage_words")
    address = addresses.normal("email", address)
    if not address:
        raise ValidationError("Say which address is to be forgotten.")
    count = _forget(Q(contact__iexact=address), Q(contact__iexact=address), Q(report__contact__iexact=address))
    callbacks.forget_mail(address)
    audit.note(by, "customer_contact.erased", "a contact", rows=count)
    return count


def _forget(reports: Q, follow_ups: Q, escalations: Q) -> int:
    nobody = {"contact": ""}
    count = FollowUp.objects.filter(follow_ups).update(name=ERASED, text="", note="", **nobody)
    count += CustomerEscalation.objects.filter(escalations).update(account=None, reason="")
    told = {"account": None, "account_name": "", "verbatim": "", "answer": "", "ticket": ""}
    return count + CustomerReport.objects.filter(reports).update(**told, **nobody)
