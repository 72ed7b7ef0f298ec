"""What Halyard runs and what its status page shows of it."""

from django.utils.text import slugify

from incidents.models import Service, Severity
from roles.models import Team
from roles.policy import SYSTEM
from statuspage import pages
from statuspage.models import StatusPage

#: slug, name, owning team
SERVICES = (
    ("card-payments", "Card payments", "payments"),
    ("checkout-api", "Checkout API", "payments"),
    ("payouts", "Payouts", "payments"),
    ("eu-ledger", "EU ledger", "platform"),
    ("webhooks", "Webhooks", "web"),
    ("sandbox", "Sandbox", "web"),
    ("dashboard", "Dashboard", "web"),
    ("reports", "Reports", "web"),
    ("search", "Search", "web"),
    ("exports", "Exports", "platform"),
    ("support-desk", "Support desk", "support"),
)
#: group → whether it stands open, and its components: slug, name, the service that it stands on
GROUPS = {
    "Payments": (
        True,
        (
            ("card-payments", "Card payments", "card-payments"),
            ("checkout-api", "Checkout API", "checkout-api"),
            ("payouts", "Payouts", "payouts"),
        ),
    ),
    "Developer platform": (True, (("webhooks", "Webhooks", "webhooks"), ("sandbox", "Sandbox", "sandbox"))),
    "Dashboard and reporting": (
        False,
        (
            ("dashboard", "Dashboard", "dashboard"),
            ("reports", "Reports", "reports"),
            ("exports", "Exports", "exports"),
            ("statements", "Statements", "reports"),
        ),
    ),
    "Support channels": (
        False,
        (
            ("phone-support", "Phone support", "support-desk"),
            ("chat-support", "Chat support", "support-desk"),
            ("email-support", "E-mail support", "support-desk"),
        ),
    ),
}


def services() -> dict[str, Service]:
    """Makes what Halyard runs; returns it by slug."""
    teams = {team.slug: team for team in Team.objects.all()}
    return {
        slug: Service.objects.create(slug=slug, name=name, team=teams[team], alert_names=[f"{slug}-worker"])
        for slug, name, team in SERVICES
    }


def page(run: dict[str, Service]) -> StatusPage:
    """Makes the page `halyard` with its twelve components and approved texts."""
    halyard = pages.create(
        slug="halyard",
        name="Halyard",
        site_url="https://halyard.example",
        description="Live status, incidents and maintenance for Halyard payments.",
        publishes_moves=[Severity.SEV3, Severity.SEV4, Severity.SEV5],
        by=SYSTEM,
    )
    for title, (is_open, components) in GROUPS.items():
        group = pages.add_group(halyard, slug=slugify(title), name=title, is_open=is_open, by=SYSTEM)
        for slug, name, service in components:
            pages.add_component(halyard, slug=slug, name=name, group=group, services=[run[service]], by=SYSTEM)
    return halyard
