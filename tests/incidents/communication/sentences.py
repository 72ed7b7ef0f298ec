"""Sentences with what the linter shall say of them: the table that `test_consistency` goes through.

A row is a text, what it is besides (status, components …), and the findings: rule, the words it is about, the fix.
An empty list: nothing may be said of it.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

NOW = datetime(2025, 11, 23, 2, 56, tzinfo=UTC)
DUE = datetime(2025, 11, 23, 3, 15, tzinfo=UTC)
#: Nothing is to be mended by a click.
THINK = None


@dataclass(frozen=True)
class Row:
    body: str
    found: list[tuple[str, str, str | None]]
    given: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{'-'.join(sorted({rule for rule, *_ in self.found})) or 'fine'}: {self.body[:50]}"


def fine(body: str, **given: Any) -> Row:
    return Row(body, [], given)


def hit(body: str, *found: tuple[str, str, str | None], **given: Any) -> Row:
    return Row(body, list(found), given)


COMPANY = {"internal_names": ("checkout-api", "eu-ledger"), "people": ("Priya Raman", "Tomás Herrera")}
MAJOR = {"components": {"card-payments": "major_outage"}}
BOTH_DOWN = {"components": {"card-payments": "major_outage", "payouts": "major_outage"}, "severity": "SEV1"}

HOSTS = [
    hit("Payments fail because db-03.prod.internal is full.", ("host", "db-03.prod.internal", THINK)),
    hit("Cards are declined while pg-primary-01 restarts.", ("host", "pg-primary-01", THINK)),
    hit("Payouts are late: web12 is down.", ("host", "web12", THINK)),
    hit("Some cards fail. We drain eu-west-1c now.", ("host", "eu-west-1c", THINK)),
    hit("Reports fail on api-7d9c5b6f4d-x2x9p.", ("host", "api-7d9c5b6f4d-x2x9p", THINK)),
    hit("Login fails via auth.corp.", ("host", "auth.corp", THINK)),
    hit("Zahlungen scheitern auf db-03.prod.internal.", ("host", "db-03.prod.internal", THINK), language="de"),
    hit("Redis on redis-04 fails.", ("host", "redis-04", THINK), audience="executive"),
    fine("Card payments in eu-west-1 are failing."),
    fine("Customers in us-east-2 cannot sign in."),
    fine("Files in UTF-8 are shown with errors."),
    fine("See help.halyard.example for what still works while payments fail."),
    fine("db-03.prod.internal is full.", audience="internal"),
    fine("Step-2 verification by SMS fails for some cards."),
    fine("Web hooks arrive late for 12 merchants."),
]
ADDRESSES = [
    hit("Requests from 203.0.113.7 fail.", ("ip-address", "203.0.113.7", THINK)),
    hit("The network 10.20.0.0/16 is unreachable.", ("ip-address", "10.20.0.0/16", THINK)),
    hit("Connections to 2001:db8::17 time out.", ("ip-address", "2001:db8::17", THINK)),
    hit("Die Adresse 192.0.2.1 antwortet nicht.", ("ip-address", "192.0.2.1", THINK), language="de"),
    fine("Version 4.117.0.2 of the app shows errors."),
    fine("Payments failed from 01:58:10 UTC to 02:10:30 UTC."),
    fine("The limit of 999.999.999.999 points is shown wrong."),
    fine("Requests from 203.0.113.7 fail.", audience="internal"),
]
TICKETS = [
    hit("We track the failed payments in PAY-991.", ("ticket", "PAY-991", "")),
    hit("Cards fail, see INC-284.", ("ticket", "INC-284", "")),
    hit("Late payouts are known as bug #4411.", ("ticket", "bug #4411", "")),
    fine("Texts in GSM-7 arrive late."),
    fine("Checks of SHA-256 signatures fail."),
    fine("PSD-2 sign-in fails for some banks."),
    fine("See PAY-991.", audience="internal"),
    fine("In case 12 hours pass, the payout fails."),
]
SECRETS = [
    hit("Sign in fails; use password: hunter2 instead.", ("secret", "password: hunter2", "")),
    hit("Calls with AKIAIOSFODNN7EXAMPLE fail.", ("secret", "AKIAIOSFODNN7EXAMPLE", "")),
    hit("The api_key = 9f8e7d6c fails.", ("secret", "api_key = 9f8e7d6c", ""), audience="internal"),
    hit("Write to priya.raman@halyard.example if cards fail.", ("personal", "priya.raman@halyard.example", THINK)),
    hit("Cards fail: call +47 22 12 34 56.", ("personal", "+47 22 12 34 56", THINK)),
    fine("Cards fail. Write to support@halyard.example if you need help."),
    fine("Your password is safe; sign-in is slow."),
    fine("Losses of +12 % were shown wrong."),
]
PEOPLE = [
    hit("Priya Raman restarts what failed.", ("person", "Priya Raman", "we"), **COMPANY),
    hit("tomás  herrera looks at the errors.", ("person", "tomás  herrera", "we"), **COMPANY),
    hit("The checkout-api fails.", ("internal-name", "checkout-api", THINK), **COMPANY),
    fine("The checkout fails in the EU.", **COMPANY),
    fine("The eu-ledger-like view fails.", internal_names=("eu-ledger-x",)),
    fine("Priya Raman restarts what failed.", audience="internal", **COMPANY),
    fine("Raman spectra are shown wrong.", **COMPANY),
]
BLAME = [
    hit("Payments failed through human error.", ("blame", "human error", THINK)),
    hit("Cards fail because an engineer accidentally removed a rule.", ("blame", "an engineer accidentally", THINK)),
    hit("The delays are the fault of our provider.", ("blame", "fault of our", THINK)),
    hit("Someone forgot to renew a certificate; sign-in fails.", ("blame", "Someone forgot", THINK)),
    fine("A certificate ran out; sign-in fails."),
    fine("Our engineers restore the failed payments."),
    fine("A wrong setting made payments fail."),
    fine("It was human error.", audience="internal"),
]
ENDS = [
    hit("Cards fail. This will be fixed by 03:10 UTC.", ("eta", "will be fixed by 03:10 UTC", THINK)),
    hit("Payouts are late. ETA 20 minutes.", ("eta", "ETA 20 minutes", THINK)),
    hit("Cards fail. We expect full recovery by 03:10 UTC.", ("eta", "expect full recovery by 03:10 UTC", THINK)),
    hit("Some payments fail and should be back within the hour.", ("eta", "should be back within the hour", THINK)),
    hit("Sign-in fails. It will work again soon.", ("eta", "soon", THINK)),
    hit("Payouts are late. We restore them shortly.", ("eta", "shortly", THINK)),
    hit("Reports are wrong; fixed in 10 minutes.", ("eta", "fixed in 10 minutes", THINK)),
    hit("Payouts fail. We work on it and hope for any minute now.", ("eta", "any minute now", THINK)),
    hit("We repair failed payments as soon as possible.", ("eta", "as soon as possible", THINK)),
    fine("Cards fail. Next update by 03:15 UTC.", next_update_at=DUE),
    fine("Cards fail. Next update within 30 minutes."),
    fine("Payouts are late. We will update you shortly."),
    fine("Payments made since 02:00 UTC failed."),
    fine("It takes 10 minutes longer to pay."),
    fine("Cards are declined. More information soon."),
    fine("We expect more failed payments while we work."),
    fine("ETA 03:10 UTC.", audience="internal"),
]
NEXT = [
    hit("Cards are declined in the EU.", ("next-update", "", THINK), is_update_due=True),
    hit("Payouts are late.", ("next-update", "", THINK), is_update_due=True, status="identified"),
    hit("Payouts are late.", ("next-update", "", THINK), is_update_due=True, audience="executive"),
    fine("Cards are declined in the EU.", is_update_due=True, next_update_at=DUE),
    fine("Cards are declined in the EU. Next update in 30 minutes.", is_update_due=True),
    fine("Cards are declined. We will write again at 03:15 UTC.", is_update_due=True),
    fine("Card payments work again. Nothing was lost.", is_update_due=True, status="resolved"),
    fine("Cards are declined in the EU.", is_update_due=False),
    hit(
        "Cards are declined. Next update by 03:30 UTC.",
        ("promise", "03:30 UTC", "03:15 UTC"),
        next_update_at=DUE,
    ),
    hit("Cards are declined. Next update at 3:20 UTC.", ("promise", "3:20 UTC", "03:15 UTC"), next_update_at=DUE),
    hit("Cards are declined.", ("promise", "", THINK), next_update_at=datetime(2025, 11, 23, 2, 30, tzinfo=UTC)),
    fine("Cards are declined. The next update is due by 03:15 UTC.", next_update_at=DUE),
    fine("Card payments work again; nothing was charged twice.", status="resolved", next_update_at=NOW),
]
CLOCKS = [
    hit("Cards fail since 02:14.", ("time-zone", "02:14", "02:14 UTC")),
    hit("Payouts made at 9:05 are late.", ("time-zone", "9:05", "9:05 UTC")),
    fine("Cards fail since 02:14 UTC."),
    fine("Payments failed from 02:14 to 02:40 UTC."),
    fine("Payments failed between 02:14 and 02:40 UTC."),
    fine("Calls fail at 02:14 CET."),
    fine("The ratio of failed payments is 1:20 today."),
    hit("Zahlungen scheitern seit 02:14.", ("time-zone", "02:14", "02:14 UTC"), language="de"),
]
STATES = [
    hit("The problem has been resolved.", ("state", "has been resolved", THINK), status="identified"),
    hit(
        "Payments that failed work; we are back to normal.", ("state", "back to normal", THINK), status="investigating"
    ),
    hit("We know the cause of the failed payments.", ("state", "We know the cause", THINK), status="investigating"),
    hit("We are investigating late payouts.", ("state", "We are investigating", THINK), status="monitoring"),
    hit(
        "Cards work again. Nothing is lost. We are still investigating.",
        ("state", "We are still investigating", THINK),
        status="resolved",
    ),
    fine("The problem has not been resolved.", status="identified"),
    fine("We are working until payments that fail are fully restored.", status="identified"),
    fine("We do not know the cause of the failed payments yet, and will say when it is fixed.", status="investigating"),
    fine("We know the cause of the failed payments.", status="identified"),
    fine("Most payments that failed are restored.", status="identified"),
    fine("Card payments are back to normal. Nothing was lost.", status="resolved"),
    fine("We are investigating declined cards.", status="investigating"),
]
COMPONENTS = [
    hit(
        "Card payments work again. Nothing was lost.",
        ("components", "", THINK),
        status="resolved",
        components={"card-payments": "partial_outage"},
    ),
    hit(
        "Card payments fail.",
        ("components", "", THINK),
        status="investigating",
        components={"card-payments": "operational"},
    ),
    hit(
        "Card payments are fully restored.",
        ("components", "are fully restored", THINK),
        status="monitoring",
        components={"card-payments": "degraded_performance"},
    ),
    fine(
        "Card payments work again. Nothing was lost.",
        status="resolved",
        components={"card-payments": "operational"},
    ),
    fine("Card payments fail.", status="investigating", components={"card-payments": "partial_outage"}),
    fine(
        "Cards are mostly accepted. We watch closely.",
        status="monitoring",
        components={"card-payments": "degraded_performance"},
    ),
]
OUTAGES = [
    hit("Card payments have an outage.", ("outage", "outage", "problem"), severity="SEV3"),
    hit("Outages affect payouts.", ("outage", "Outages", "Problems"), severity="SEV2"),
    hit("A major outage stops some reports.", ("outage", "major outage", "problem"), severity="SEV4"),
    fine("Card payments have an outage.", severity="SEV1"),
    fine("Card payments have an outage.", severity="SEV3", **MAJOR),
    fine("There is no outage; reports are late.", severity="SEV3"),
    fine("An outage of the EU ledger.", severity="SEV3", audience="internal"),
]
EVERYBODY = [
    hit("All customers see errors.", ("everybody", "All customers", "some customers"), severity="SEV2"),
    hit("Cards are declined for everyone.", ("everybody", "everyone", "some customers"), severity="SEV3"),
    hit("Payments fail worldwide.", ("everybody", "worldwide", "some customers"), severity="SEV2"),
    fine("Not all customers see errors.", severity="SEV2"),
    fine("Cards are declined for some customers in the EU.", severity="SEV2"),
    fine("All customers see errors.", **BOTH_DOWN),
    fine("Payments that failed are retried. We thank everyone who reported it."),
]
EFFECTS = [
    hit("We are working on it.", ("effect", "", THINK), status="investigating"),
    hit("Our team is on the case.", ("effect", "", THINK), status="identified"),
    fine("Some payments fail.", status="investigating"),
    fine("Our team is on the case.", status="identified", title="Payouts are delayed"),
    fine("Customers cannot sign in.", status="investigating"),
    fine("We are watching closely.", status="monitoring"),
]
FILLED = [
    hit("Some payments of {components} fail.", ("placeholder", "{components}", THINK)),
    hit("Cards fail since [TIME].", ("placeholder", "[TIME]", THINK)),
    hit("The affected region is TBD; cards fail.", ("placeholder", "TBD", THINK)),
    hit("Cards fail for ??? customers.", ("placeholder", "???", THINK)),
    hit("Cards fail. <insert workaround here>", ("placeholder", "<insert workaround here>", THINK), audience="support"),
    hit("Zahlungen scheitern seit XX:XX.", ("placeholder", "XX:XX", THINK), language="de"),
    fine("Cards fail [since 02:14 UTC]."),
    fine("Does it fail for you too? Write to us."),
]
DANGERS = [
    hit("Cards fail. [Read](javascript:alert) more.", ("link", "javascript:alert", "")),
    hit("Cards fail. <!channel> look.", ("mention", "<!channel>", "")),
    hit("Cards fail @everyone.", ("mention", "@everyone", "")),
    hit("Cards fail, @here please.", ("mention", "@here", ""), audience="internal"),
    hit("Cards fail <users/all>.", ("mention", "<users/all>", "")),
    hit("Cards \u202efail.", ("unseen", "\u202e", "")),
    hit("Cards fa\u200bil.", ("unseen", "\u200b", ""), language="fr"),
    fine("Write to here@halyard.example if cards fail.", audience="internal"),
    fine("Cards fail. Read https://status.halyard.example/i/284 for more."),
    fine("The data: fields in exports are wrong."),
    fine("We are here if cards fail."),
]
VOICE = [
    hit("We think that some cards fail.", ("speculation", "We think", THINK)),
    hit("Late payouts are probably over in places.", ("speculation", "probably", THINK)),
    hit("It seems to be a failed disk.", ("speculation", "seems to be", THINK)),
    fine("We know that some cards fail."),
    fine("It may take longer to pay."),
    hit("A hiccup delays payouts.", ("minimising", "hiccup", THINK)),
    hit("Payments fail for only a few customers.", ("minimising", "only a few customers", THINK)),
    fine("Payments fail for about 2% of customers."),
    fine("Payments that you just made may be late."),
    hit("We rolled back; some cards fail.", ("jargon", "rolled back", "undo the last change")),
    hit("High latency affects sign-in.", ("jargon", "latency", "delay")),
    hit("Failover is running while cards fail.", ("jargon", "Failover", "Switch to the spare system")),
    hit("Some 5xx errors affect checkout.", ("jargon", "5xx errors", "errors")),
    hit("A deployment made cards fail.", ("jargon", "deployment", "change")),
    fine("We rolled back; some cards fail.", audience="internal"),
    fine("We undid a change; some cards still fail."),
    fine("The delay of payouts is down to 5 minutes."),
    hit("PAYMENTS fail.", ("shouting", "PAYMENTS", "payments")),
    hit("Cards fail!!", ("shouting", "!!", ".")),
    fine("IBAN checks by SEPA fail."),
    fine("An HTTP call fails."),
    hit("Cards fail in the the EU.", ("twice", " the", "")),
    fine("Those who had had cards declined may retry; some fail."),
]
LASTS = [
    hit("Thank you for your patience. No data is missing.", ("recovery", "", THINK), status="resolved"),
    hit("Card payments work again.", ("recovery", "", THINK), status="resolved", severity="SEV1"),
    fine("Card payments work again. No payment was lost.", status="resolved", severity="SEV1"),
    fine("Card payments work again.", status="resolved", severity="SEV4"),
    fine("Card payments work again. Declined payments can be tried again.", status="resolved", severity="SEV3"),
]
NUMBERS = [
    hit("About 12% of cards fail.", ("numbers", "12%", THINK), facts=("2.1% of card payments declined",)),
    hit("60 percent of payouts fail.", ("numbers", "60 percent", THINK), facts=("38% at peak", "2.1% now")),
    fine("About 2% of cards fail.", facts=("2.1% of card payments declined",)),
    fine("About 40% of cards failed.", facts=("38% at peak, 2.1% now",)),
    fine("About 12% of cards fail."),
]
SAID = [
    hit(
        "Some card payments fail. Next update by 03:15 UTC.",
        ("nothing-new", "Some card payments fail. Next update by 03:15 UTC.", THINK),
        last_said="Some card payments fail. Next update by 02:45 UTC.",
        next_update_at=DUE,
    ),
    fine(
        "Some card payments fail. We are restoring the second of three groups.",
        last_said="Some card payments fail. Next update by 02:45 UTC.",
    ),
    hit(
        "No refund is promised; payments failed and any refund comes later.",
        ("talking-points", "refund is promised", THINK),
        must_not_say=("refund is promised",),
    ),
    fine("Payments that failed were not charged.", must_not_say=("any refund promise",)),
    hit(
        "Cards fail " + "and a second payment fails " * 10 + "in the EU.",
        ("readable", "Cards fail " + "and a second payment fails " * 10 + "in the EU.", THINK),
    ),
    hit(
        "Notwithstanding considerable organisational deliberation, unavailability characteristics necessitate "
        "comprehensive infrastructural remediation activities tonight.",
        (
            "readable",
            "Notwithstanding considerable organisational deliberation, unavailability characteristics necessitate "
            "comprehensive infrastructural remediation activities tonight.",
            THINK,
        ),
    ),
    fine(
        "Capacity is restored for most EU card payments. About 2% still fail while we finish the last server group. "
        "Next update by 03:15 UTC.",
        next_update_at=DUE,
        status="identified",
        severity="SEV1",
    ),
    fine(
        "Some card payments in the EU are being declined. We know the cause and most are working again. "
        "Customers can retry now. Nobody is charged for a declined payment.",
        status="identified",
        severity="SEV1",
    ),
]
TITLES = [
    Row("Cards fail.", [("outage", "Outage", "Problem")], {"title": "Outage of card payments", "severity": "SEV3"}),
    Row("Cards fail.", [("host", "pg-primary-01", THINK)], {"title": "pg-primary-01 is full"}),
    Row("Cards fail.", [("length", "x" * 30, THINK)], {"title": "x" * 120}),
    fine("Cards fail.", title="Card payments failing in the EU"),
]

ROWS: list[Row] = [
    *HOSTS,
    *ADDRESSES,
    *TICKETS,
    *SECRETS,
    *PEOPLE,
    *BLAME,
    *ENDS,
    *NEXT,
    *CLOCKS,
    *STATES,
    *COMPONENTS,
    *OUTAGES,
    *EVERYBODY,
    *EFFECTS,
    *FILLED,
    *DANGERS,
    *VOICE,
    *LASTS,
    *NUMBERS,
    *SAID,
    *TITLES,
]
