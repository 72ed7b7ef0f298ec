"""Plain functions that make what a test needs, so that the test shows its own set-up.

Whatever has a work function is made by it: a row that the product could not make proves nothing.
"""

from collections.abc import Iterable
from itertools import count

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from incidents import lifecycle
from incidents.communication import updates
from incidents.models import Incident, IncidentRole, Service, Severity, State, Update
from incidents.response import staffing
from roles import tokens
from roles.catalog import Holding
from roles.models import Qualification, User
from roles.policy import SYSTEM, Actor
from statuspage.models import Component, StatusPage, Subscriber

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
_numbers = count(1)

#: The moves that lead from an opened incident to each state.
ROAD: dict[str, tuple[str, ...]] = {
    State.TRIAGE: (),
    State.INVESTIGATING: (),
    State.IDENTIFIED: ("identify",),
    State.MONITORING: ("identify", "monitor"),
    State.RESOLVED: ("identify", "monitor", "resolve"),
    State.REVIEWING: ("identify", "monitor", "resolve", "review"),
    State.CLOSED: ("identify", "monitor", "resolve", "close"),
    State.CANCELLED: ("cancel",),
    State.MERGED: ("merge",),
}
REASON = "As the test has it."


def make_user(
    username: str = "",
    *,
    is_staff: bool = True,
    is_superuser: bool = False,
    qualified: Iterable[str] = (),
    phone: str | None = None,
    **fields: object,
) -> User:
    """A responder with an e-mail address and a phone, or with `is_staff=False` a stakeholder."""
    number = next(_numbers)
    username = username or f"person{number}"
    user = User(
        username=username,
        first_name=username.capitalize(),
        email=f"{username}@nordlys.example",
        phone=f"+1555010{number % 10000:04d}" if phone is None else phone,
        is_staff=is_staff or is_superuser,
        is_superuser=is_superuser,
        **fields,
    )
    user.set_unusable_password()
    user.save()
    for role in qualified:
        Qualification.objects.create(user=user, role=role)
    return user


def make_service(slug: str = "payments", **fields: object) -> Service:
    return Service.objects.create(slug=slug, name=fields.pop("name", slug.replace("-", " ").title()), **fields)


def make_incident(
    *,
    state: str = State.INVESTIGATING,
    severity: str = Severity.SEV1,
    title: str = "Card payments fail in the EU",
    by: Actor = SYSTEM,
    **fields: object,
) -> Incident:
    """An incident that went through real moves to `state`; of SEV1 unless the test says otherwise."""
    opens_in = State.TRIAGE if state == State.TRIAGE else State.INVESTIGATING
    incident = lifecycle.open_incident(title=title, severity=severity, state=opens_in, by=by, **fields)  # type: ignore[arg-type]
    for verb in ROAD[state]:
        into = make_incident(title="Where it goes on") if verb == "merge" else None
        lifecycle.move(incident, verb, by=SYSTEM, reason=REASON, into=into)
    return incident


def seat(
    incident: Incident, role: str, user: User, *, kind: str = Holding.PRIMARY, offer: bool = False
) -> IncidentRole:
    """Gives `user` a seat, as the product itself would."""
    return staffing.assign(incident, role, user, by=SYSTEM, kind=kind, offer=offer)[0]


def make_page(
    slug: str = "halyard",
    *,
    components: Iterable[str] = ("card-payments", "checkout-api"),
    services: Iterable[Service] = (),
    **fields: object,
) -> StatusPage:
    """A status page with components; the first of them stands on `services`."""
    page = StatusPage.objects.create(slug=slug, name=fields.pop("name", f"{slug.title()} status"), **fields)
    for position, component in enumerate(components):
        Component.objects.create(
            page=page, slug=component, name=component.replace("-", " ").capitalize(), position=position
        )
    if first := page.components.first():
        first.services.set(services)
    return page


def make_subscriber(
    page: StatusPage, address: str = "", *, channel: str = "email", is_confirmed: bool = True, **fields: object
) -> Subscriber:
    """A subscriber to every update of the page."""
    number = next(_numbers)
    given = address or (
        f"reader{number}@subscribers.example" if channel == "email" else f"+1500555{number % 10000:04d}"
    )
    return Subscriber.objects.create(
        page=page, channel=channel, address=given, confirmed_at=timezone.now() if is_confirmed else None, **fields
    )


def make_draft(incident: Incident, *, by: Actor, page: StatusPage | None = None, **fields: object) -> Update:
    """A public text about `incident`, or without a page an internal one."""
    if page is None:
        return updates.draft(incident, by=by, audience="internal", **{"body": "We are looking into it.", **fields})  # type: ignore[arg-type]
    written = {
        "title": "Card payments are failing",
        "status": "investigating",
        "body": "Some card payments in the EU are declined. We are looking into it.",
        **fields,
    }
    return updates.draft(incident, by=by, audience="public", page=page.slug, **written)  # type: ignore[arg-type]


def client_of(user: User, **options: object) -> Client:
    """A browser in which `user` is signed in."""
    client = Client(**options)  # type: ignore[arg-type]
    client.force_login(user, backend=BACKEND)
    return client


def api_of(user: User) -> Client:
    """A program that acts for `user`, with a token of theirs."""
    return Client(headers={"Authorization": f"Bearer {tokens.make(user)}"})


def form_of(answer: HttpResponse) -> dict[str, object]:
    """What a browser would send back from an admin page whose form nobody has touched."""
    context = answer.context  # type: ignore[attr-defined]
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    values = {field.html_name: field.value() for form in forms for field in form}
    return {name: "" if value is None else value for name, value in values.items() if value is not False}
