"""What a visitor of a status page reports: limited like subscribing, answered alike whatever becomes of it."""

import hashlib
import logging
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from incidents.communication import customer_reports
from incidents.models import CustomerReport, Incident, IncidentKind, ReportSource
from notifications import limits
from roles.policy import SYSTEM
from statuspage.models import PublicIncident, StatusPage

log = logging.getLogger(__name__)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: So many reports of one address, one network and one page are taken in their time.
PER_ADDRESS, PER_NETWORK, PER_PAGE = 10, 60, 3000


class ReportedTooOften(ValidationError):  # noqa: N818  a refusal, not a fault
    """Too many reports from one network, or on one page; the door answers 429."""


@transaction.atomic
def report(
    page: StatusPage,
    *,
    network: str,
    symptom: str,
    details: str = "",
    name: str = "",
    email: str = "",
    component: str = "",
) -> CustomerReport | None:
    """Takes in what a visitor sees: of the page's only incident that goes on, else to be sorted.

    None where this address has reported so often that no more is kept; the visitor is told nothing of it.
    Raises ReportedTooOften.
    """
    if not limits.take(f"report:net:{network}", capacity=PER_NETWORK, per=HOUR) or not limits.take(
        f"report:page:{page.pk}", capacity=PER_PAGE, per=DAY
    ):
        raise ReportedTooOften("Too many reports came from your network. Please try again in a while.")
    digest = hashlib.sha256(email.encode()).hexdigest()[:32]
    if email and not limits.take(f"report:to:{digest}", capacity=PER_ADDRESS, per=HOUR):
        log.info("a report on %s was not kept: too many from one address", page.slug)
        return None
    known = page.components.filter(slug=component).first() if component else None
    service = known.services.first() if known else None
    return customer_reports.receive(
        by=SYSTEM,
        source=ReportSource.PUBLIC,
        channel=CustomerReport.Channel.WEB,
        incident=the_only_incident(page),
        page=page.slug,
        component=known.slug if known else "",
        service=service,
        symptom=symptom,
        verbatim=details,
        account_name=name,
        contact=email,
    )


def the_only_incident(page: StatusPage) -> Incident | None:
    """The incident that the page shows as going on, if it is one; with two, a person has to tell."""
    shown = PublicIncident.objects.filter(page=page, resolved_at=None).exclude(incident__kind=IncidentKind.BACKFILLED)
    rows = list(shown.select_related("incident")[:2])
    found = rows[0].incident if len(rows) == 1 else None
    return found if found is not None and found.is_active else None
