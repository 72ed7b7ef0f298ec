"""The part of the demo's night that customers tell: who they are, what they report, who cannot wait."""

from collections.abc import Callable
from datetime import datetime

from incidents import events
from incidents.communication import answers, customer_reports, customers, escalations, replies
from incidents.models import CustomerAccount, CustomerReport, CustomerTier, Incident, Macro, Service
from roles.models import User
from roles.policy import SYSTEM
from statuspage.models import StatusPage

Clock = Callable[[float], datetime]

#: name, tier, VIP, domain
ACCOUNTS = (
    ("Nordlys Travel", "enterprise", True, "nordlys.example"),
    ("Ostrava Tickets", "growth", False, "ostrava.example"),
    ("Café Mirador", "starter", False, "mirador.example"),
    ("Baltic Ferries", "enterprise", False, "balticferries.example"),
    ("Lindgren Books", "growth", False, "lindgren.example"),
    ("Porto Surf School", "starter", False, "portosurf.example"),
    ("Helvetia Pharmacy", "growth", False, "helvetia.example"),
    ("Kino Lumière", "starter", False, "lumiere.example"),
)
#: Halyard's own macros.
MACROS = {
    "Declined, safe to retry": (
        "Hello {customer},\n\n{answer}\n\nA declined payment can be tried again. {next_update}\n\n{status_page}"
    ),
    "Was I charged?": (
        "Hello {customer},\n\nnobody is charged for a declined payment. This is what we know now:\n\n{answer}\n\n"
        "{next_update}\n\n{status_page}"
    ),
}
#: minutes ago, customer, channel, what they ask, how many, mail, ticket, about money
WAITING = (
    (31, "Nordlys Travel", "phone", "Are 212 bookings charged or not?", 1, "", "HD-4411", True),
    (12, "Café Mirador", "chat", "Terminal says declined", 1, "", "HD-4428", False),
    (
        9,
        "Ostrava Tickets",
        "email",
        "On sale at 04:00, should we postpone?",
        1,
        "box-office@ostrava.example",
        "",
        False,
    ),
    (24, "Lindgren Books", "ticket", "Was I charged?", 1, "hello@lindgren.example", "HD-4417", True),
    (21, "Helvetia Pharmacy", "ticket", "Was I charged?", 3, "it@helvetia.example", "HD-4419", True),
    (18, "Kino Lumière", "email", "Was I charged?", 1, "kasse@lumiere.example", "HD-4422", True),
    (14, "Porto Surf School", "chat", "Terminal says declined", 2, "ana@portosurf.example", "HD-4426", False),
    (4, "Café Mirador", "email", "Was I charged?", 1, "ines@mirador.example", "HD-4433", True),
)
#: minutes ago, answered how long after, customer, what they asked, mail
ANSWERED = (
    (34, 8, "Baltic Ferries", "Card payments are declined on board", "ops@balticferries.example"),
    (30, 6, "Lindgren Books", "Checkout shows an error", "hello@lindgren.example"),
    (27, 11, "Porto Surf School", "Terminal says declined", "ana@portosurf.example"),
)


def tell(incident: Incident, staff: dict[str, User], services: dict[str, Service], ago: Clock) -> None:
    """Adds to the major incident; `ago(m)` is m minutes before now."""
    _know()
    StatusPage.objects.filter(slug="halyard").update(takes_reports=True)
    payments = services["card-payments"]
    told = []
    for minutes, after, name, symptom, mail in ANSWERED:
        with events.dated(ago(minutes)):
            one = customer_reports.record(
                incident, by=SYSTEM, source="api", channel="email", account_name=name, symptom=symptom,
                contact=mail, service=payments, external_id=f"demo-{minutes}", reported_at=ago(minutes),
            )  # fmt: skip
        told.append((one, minutes - after))
    for report, minutes in told:
        with events.dated(ago(minutes)):
            replies.reply(report, by=SYSTEM, through="told")
    reports: dict[str, CustomerReport] = {}
    for minutes, name, channel, symptom, count, mail, ticket, is_money in sorted(WAITING, reverse=True):
        with events.dated(ago(minutes)):
            reports.setdefault(name, customer_reports.record(
                incident, by=SYSTEM, source="api", channel=channel, account_name=name, symptom=symptom, count=count,
                contact=mail, ticket=ticket, is_about_money=is_money, service=payments, component="card-payments",
                external_id=f"demo-{minutes}-{name}", reported_at=ago(minutes),
            ))  # fmt: skip
    _escalate(incident, staff, reports["Nordlys Travel"].pk, reports["Ostrava Tickets"].pk, ago)
    _unsorted(ago)


def _know() -> None:
    tiers = {tier.slug: tier for tier in CustomerTier.objects.all()}
    for name, tier, is_vip, domain in ACCOUNTS:
        customers.keep(CustomerAccount(), by=SYSTEM, name=name, tier=tiers[tier], is_vip=is_vip, domain=domain)
    for name, body in MACROS.items():
        answers.keep_macro(Macro(), by=SYSTEM, name=name, body=body)


def _escalate(incident: Incident, staff: dict[str, User], nordlys: int, ostrava: int, ago: Clock) -> None:
    """Both have time enough left for whoever looks at the demo."""
    rows = incident.customer_reports.select_related("account__tier").in_bulk([nordlys, ostrava])
    with events.dated(ago(6)):
        charged = escalations.escalate(
            incident,
            by=staff["amara"],
            title="Are Nordlys bookings charged?",
            reason="212 bookings were declined; their passengers leave at 06:00.",
            urgency="soon",
            report=rows[nordlys],
        )
    with events.dated(ago(4)):
        escalations.acknowledge(charged, by=staff["priya"])
    with events.dated(ago(3)):
        waiting = escalations.escalate(
            incident,
            by=staff["amara"],
            title="Ostrava on-sale at 04:00",
            reason="They decide now whether to postpone the sale of 9,000 tickets.",
            urgency="normal",
            owner_role="commander",
            report=rows[ostrava],
        )
    type(waiting).objects.filter(pk=waiting.pk).update(acknowledge_by=ago(-45))


def _unsorted(ago: Clock) -> None:
    """What came in and names no incident."""
    for minutes, source, name, mail, symptom in (
        (16, "email", "", "info@dune-hotels.example", "Exports of yesterday are empty"),
        (7, "public", "Maru Sushi", "", "The dashboard loads very slowly"),
    ):
        customer_reports.receive(
            by=SYSTEM, source=source, channel="email" if source == "email" else "web", account_name=name, contact=mail,
            symptom=symptom, reported_at=ago(minutes), external_id=f"demo-unsorted-{minutes}",
        )  # fmt: skip
    customer_reports.receive(
        by=SYSTEM, source="email", channel="email", contact="away@lindgren.example", symptom="Out of office",
        reported_at=ago(5), external_id="demo-machine", dismissed_for="An answering machine wrote it",
    )  # fmt: skip
