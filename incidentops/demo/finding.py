"""The part of the demo's night that shows: types, questions, tags, and views of the list."""

from collections.abc import Callable
from datetime import datetime

from incidents import classification, events, saved_views, taxonomy
from incidents.models import CustomField, Incident, IncidentType, Service, State
from roles.models import User
from roles.policy import SYSTEM


def tell(
    incident: Incident, staff: dict[str, User], services: dict[str, Service], ago: Callable[[float], datetime]
) -> None:
    """Adds to the major incident; `ago(m)` is m minutes before now."""
    party = _ask()
    with events.dated(ago(27)):
        classification.classify(
            incident,
            by=staff["elif"],
            tags=["connection-limit", "eu", "config-rollout"],
            answers={"region": "EU", "customer-reports": 63},
        )
    late = Incident.objects.filter(services=services["webhooks"]).exclude(pk=incident.pk).order_by("pk").first()
    if late is not None:
        with events.dated(ago(70)):
            classification.classify(late, by=staff["lucia"], tags=["queue"], answers={"region": "All"})
    past = Incident.objects.filter(state=State.CLOSED).order_by("-pk").first()
    if past is not None:
        with events.dated(ago(60 * 24)):
            classification.classify(past, by=SYSTEM, type=party, tags=["supplier"], answers={"supplier": "A bank"})
    saved_views.save("Major this week", "severity=SEV1%2CSEV2", by=staff["amara"], is_shared=True)
    saved_views.save("EU", "field-region=EU&state=active", by=staff["amara"])
    saved_views.save("Webhooks", "service=webhooks", by=staff["lucia"], is_shared=True)


def _ask() -> IncidentType:
    """Makes types and questions; returns the type of incidents that are a supplier's."""
    taxonomy.add_type(
        by=SYSTEM, name="Security", description="Data or accounts at risk; opens private.", is_private=True, position=1
    )
    party = taxonomy.add_type(by=SYSTEM, name="Third party", description="A supplier of ours is down.", position=2)
    taxonomy.add_field(
        by=SYSTEM, label="Region", kind=CustomField.Kind.CHOICE, choices=["EU", "US", "APAC", "All"], position=1
    )
    taxonomy.add_field(
        by=SYSTEM,
        label="Customer reports",
        kind=CustomField.Kind.NUMBER,
        help_text="How many customers have written so far.",
        position=2,
    )
    taxonomy.add_field(
        by=SYSTEM, label="Supplier", types=[party], help_text="Who it is.", needed_to="close", position=3
    )
    return party
