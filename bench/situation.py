"""Situation with 40 active incidents, against a page like the dashboard of healthchecks with 40 checks.

The reference is a skeleton that costs what was measured of such pages on this machine (performance.md): 10
queries and 18 kB are 14 ms of CPU, and healthchecks shows 47 dashboards a second, 21 ms each. So it is a page of
10 queries and 18 kB through the same middleware, and its time is taken times 1.5. Both pages are asked for by
turns in one process, as one of our web processes would answer them.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta

INCIDENTS = 40
ROUNDS, PAGES = 9, 12
#: A dashboard of healthchecks takes so many times the skeleton: 21 ms to 14.
HEAVIER = 21 / 14


def run() -> list[dict[str, object]]:
    """Pages a second of CPU time, the median of several rounds that each measure both."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.environ |= {
            "VAR_DIR": folder,
            "DATABASE_URL": os.environ.get("BENCH_DATABASE_URL", f"sqlite:///{folder}/db.sqlite3"),
            "REDIS_URL": "memory://",
            "DJANGO_SETTINGS_MODULE": "incidentops.settings",
            "ALLOWED_HOSTS": "testserver",
        }
        ours, theirs = _pages()
        size, queries = _described(ours)
        rounds = [(_rate(ours), _rate(theirs) / HEAVIER) for _ in range(ROUNDS)]
    return [
        {
            "name": "situation",
            "value": round(statistics.median(mine for mine, _ in rounds), 1),
            "unit": f"pages/s of {size // 1000} kB and {queries} queries, 40 incidents",
            "reference": "a dashboard of 40 checks",
            "reference_value": round(statistics.median(other for _, other in rounds), 1),
            "ratio": round(statistics.median(mine / other for mine, other in rounds), 2),
            "runs": ROUNDS,
        }
    ]


def _rate(page: Callable[[], object]) -> float:
    start = time.process_time()
    for _ in range(PAGES):
        page()
    return PAGES / (time.process_time() - start)


def _described(page: Callable[[], bytes]) -> tuple[int, int]:
    from django.db import connection  # noqa: PLC0415  only after the environment is set
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    page()
    with CaptureQueriesContext(connection) as queries:
        size = len(page())
    return size, len(queries)


def _pages() -> tuple[Callable[[], bytes], Callable[[], bytes]]:
    """Sets the product up, and answers what asks for Situation and for the skeleton."""
    import django  # noqa: PLC0415

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.urls import path  # noqa: PLC0415

    import incidentops.urls  # noqa: PLC0415
    from incidents import tasks  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    # The broker is not what is measured.
    tasks.dispatch.delay = lambda *_: None
    reader = fill()
    incidentops.urls.urlpatterns.insert(0, path("bench/dashboard/", _dashboard()))
    client = Client()
    client.force_login(reader, backend="allauth.account.auth_backends.AuthenticationBackend")

    def ask(address: str) -> bytes:
        answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answered {answer.status_code}.")
        return answer.content

    return lambda: ask("/"), lambda: ask("/bench/dashboard/")


def fill() -> object:
    """40 active incidents as they come: 2 SEV1, 4 SEV2, 10 SEV3 and the rest SEV4, with people, services and updates
    promised; and somebody who looks at them."""
    from django.utils import timezone  # noqa: PLC0415

    from incidents import events, lifecycle  # noqa: PLC0415
    from incidents.models import Service, Update, UpdateState  # noqa: PLC0415
    from incidents.response import staffing  # noqa: PLC0415
    from roles.catalog import Role  # noqa: PLC0415
    from roles.models import Qualification, User  # noqa: PLC0415
    from roles.policy import SYSTEM  # noqa: PLC0415

    people = [
        User.objects.create(username=f"person{n}", first_name=f"Person {n}", last_name="Of Bench", is_staff=True)
        for n in range(30)
    ]
    for person in people[:5]:
        Qualification.objects.create(user=person, role=Role.COMMANDER, level=Qualification.Level.QUALIFIED)
    services = [Service.objects.create(slug=f"service-{n}", name=f"Service {n}") for n in range(20)]
    now = timezone.now()
    for n in range(INCIDENTS):
        severity = "SEV1" if n < 2 else "SEV2" if n < 6 else "SEV3" if n < 16 else "SEV4"
        with events.dated(now - timedelta(minutes=7 * n + 3)):
            incident = lifecycle.open_incident(
                title=f"Something of service {n % 20} fails for some",
                summary="About one in ten requests is declined since the last rollout. Others work.",
                severity=severity,
                services=[services[n % 20], services[(n + 7) % 20]],
                by=SYSTEM,
            )
            roles = list(Role)[:6] if n < 6 else list(Role)[:3:2] if n < 16 else [Role.COMMANDER]
            for place, role in enumerate(roles):
                staffing.assign(incident, role, people[(n + place * 3) % 30], by=SYSTEM)
        if n < 16:
            Update.objects.create(
                incident=incident,
                page="halyard",
                body="We are looking into it.",
                state=UpdateState.PUBLISHED,
                published_at=now,
                next_update_at=now + timedelta(minutes=25),
            )
    return people[0]


TEMPLATE = """{% extends "base.html" %}{% block title %}Checks{% endblock %}{% block body %}
<main id="main"><h1>Checks</h1><ul>{% for person in people %}<li class="tag">{{ person.first_name }}</li>{% endfor %}
</ul><table class="table">
{% for row in rows %}<tr id="{{ row.key }}"><td>{% if row.is_private %}<span data-tone="bad">down</span>{% else %}
<span class="st">up</span>{% endif %}</td><td><div class="name" data-name="{{ row.title }}"><span>
{{ row.title|default:"unnamed" }}</span><code>{{ row.key }}</code></div></td><td>{% for service in row.services.all %}
<span class="tag">{{ service.name }}</span>{% endfor %}</td><td>{{ row.opened_at|date:"H:i" }}</td><td>
{{ row.opened_at|timesince }} ago</td><td>{% for seat in row.seats.all %}{{ seat.user.first_name }}
{% if not forloop.last %}, {% endif %}{% endfor %}</td><td><a class="btn sm" href="#{{ row.key }}">Pause</a></td></tr>
{% endfor %}</table></main>{% endblock %}"""


def _dashboard() -> Callable[..., object]:
    """A page of 40 rows and ten queries of up to 40 rows each, as the figures of performance.md have it."""
    from django.http import HttpResponse  # noqa: PLC0415
    from django.template import engines  # noqa: PLC0415

    from incidents.models import Incident, Service, TimelineEntry, Update  # noqa: PLC0415
    from roles.models import User  # noqa: PLC0415

    template = engines["django"].from_string(TEMPLATE)

    def dashboard(request: object) -> HttpResponse:
        rows = Incident.objects.active().select_related("declared_by", "type")
        context = {
            "rows": list(rows.prefetch_related("services", "seats__user")),
            "people": list(User.objects.all()),
            "services": list(Service.objects.select_related("team")),
            "updates": list(Update.objects.select_related("author")),
            "entries": list(TimelineEntry.objects.select_related("actor").order_by("-pk")[:40]),
        }
        return HttpResponse(template.render(context, request))

    return dashboard
