"""What pages cost with 100 and with 100,000 incidents: Situation, the list, the list of somebody who may see a few,
a search, and making the public history.

What goes on is the same at both sizes, and so is what the public history shows (90 days): years of history lie
behind it. Rows are written in bulk. CPU time of one process, so that others on the machine matter little.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta

from bench import situation

SMALL, LARGE = 100, 100_000
ROUNDS, TIMES = 7, 6
#: Incidents that the stakeholder may see.
SHARED = 50
WORDS = ("payments", "queue", "late", "eu", "webhooks", "search", "ledger", "export", "slow", "declined")


def run() -> list[dict[str, object]]:
    """The median of each page's time at the large size over that at the small one."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.environ |= {
            "VAR_DIR": folder,
            "DATABASE_URL": os.environ.get("BENCH_DATABASE_URL", f"sqlite:///{folder}/db.sqlite3"),
            "REDIS_URL": "memory://",
            "DJANGO_SETTINGS_MODULE": "incidentops.settings",
            "ALLOWED_HOSTS": "testserver",
        }
        pages = _pages()
        grow = _grower()
        grow(SMALL)
        small = {name: _took(page) for name, page in pages.items()}
        grow(LARGE)
        large = {name: _took(page) for name, page in pages.items()}
    return [
        {
            "name": f"growth_{name}",
            "value": round(large[name] * 1000, 2),
            "unit": f"ms with {LARGE:,} incidents",
            "reference": f"with {SMALL}",
            "reference_value": round(small[name] * 1000, 2),
            "ratio": round(large[name] / small[name], 2),
            "runs": ROUNDS,
        }
        for name in pages
    ]


def _took(page: Callable[[], object]) -> float:
    """Seconds of CPU, the median of several rounds."""
    page()
    page()
    rounds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(TIMES):
            page()
        rounds.append((time.process_time() - start) / TIMES)
    return statistics.median(rounds)


def _pages() -> dict[str, Callable[[], object]]:
    """Sets the product up, and answers what asks for each page."""
    import django  # noqa: PLC0415  only after the environment is set

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from bench.publish import fill  # noqa: PLC0415
    from incidents import tasks  # noqa: PLC0415
    from roles.models import User  # noqa: PLC0415
    from statuspage import publishing, snapshot  # noqa: PLC0415
    from statuspage import tasks as page_tasks  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    # The broker is not what is measured.
    tasks.dispatch.delay = page_tasks.republish.delay = lambda *_: None
    reader = situation.fill()
    public_page = fill()
    stakeholder = User.objects.create(username="stakeholder")
    clients = {}
    for person in (reader, stakeholder):
        clients[person] = Client()
        clients[person].force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")

    def ask(person: User, address: str) -> Callable[[], object]:
        def page() -> object:
            answer = clients[person].get(address)
            if answer.status_code != 200:
                raise RuntimeError(f"{address} answered {answer.status_code}.")
            return answer

        return page

    return {
        "situation": ask(reader, "/"),
        "list": ask(reader, "/incidents/"),
        "permitted_list": ask(stakeholder, "/incidents/"),
        "search": ask(reader, "/incidents/?q=payments+que"),
        "public_history": lambda: publishing.render(snapshot.read(public_page.pk)),
    }


def _grower() -> Callable[[int], None]:
    """Answers what adds incidents of the past, with their words and public sides, until there are so many."""
    from django.contrib.auth.models import Permission  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from incidents.models import Incident, IncidentGrant, SearchWord  # noqa: PLC0415
    from roles.models import User  # noqa: PLC0415
    from statuspage.models import PublicIncident, StatusPage  # noqa: PLC0415

    page, now = StatusPage.objects.get(), timezone.now()
    view = Permission.objects.get(codename="view_incident")
    stakeholder = User.objects.get(username="stakeholder")

    def grow(size: int) -> None:
        first = Incident.objects.count()
        for begin in range(first, size, 5000):
            made = Incident.objects.bulk_create(
                _past(Incident, number, now) for number in range(begin, min(begin + 5000, size))
            )
            SearchWord.objects.bulk_create(
                SearchWord(incident=incident, word=WORDS[(incident.pk + n * 3) % len(WORDS)])
                for incident in made
                for n in range(4)
            )
            PublicIncident.objects.bulk_create(
                PublicIncident(
                    page=page, incident=incident, title=incident.title, status="resolved",
                    started_at=incident.opened_at, resolved_at=incident.resolved_at, updated_at=incident.resolved_at,
                )
                for incident in made
            )  # fmt: skip
        shared = Incident.objects.order_by("-pk")[:SHARED]
        IncidentGrant.objects.filter(user=stakeholder).delete()
        IncidentGrant.objects.bulk_create(
            IncidentGrant(user=stakeholder, content_object=incident, permission=view) for incident in shared
        )
        if connection.vendor == "postgresql":  # which does so by itself after a while; SQLite never does
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")

    return grow


def _past(incident: type, number: int, now: object) -> object:
    """One that was closed long before the public history begins."""
    opened = now - timedelta(days=120, minutes=number)  # type: ignore[operator]
    return incident(
        key=f"PAST-{number}",
        title=f"Past incident {number}",
        state="closed",
        severity=f"SEV{number % 5 + 1}",
        is_private=number % 50 == 0,
        opened_at=opened,
        state_since=opened,
        declared_at=opened,
        resolved_at=opened + timedelta(hours=1),
        closed_at=opened + timedelta(days=1),
    )
