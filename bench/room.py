"""The room of a SEV1 with all seven roles held and 500 timeline rows: what one reading of it costs.

Processor time of the whole request in this process, from the address to the last byte, through all of the
middleware and on SQLite, as the commander and as somebody without a role.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable

ROWS = 500
RUNS = 25
GOAL_MS = 30.0


def run() -> list[dict[str, object]]:
    """Median of several readings."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.environ |= {
            "VAR_DIR": folder,
            "DATABASE_URL": os.environ.get("BENCH_DATABASE_URL", f"sqlite:///{folder}/db.sqlite3"),
            "REDIS_URL": "memory://",
            "DJANGO_SETTINGS_MODULE": "incidentops.settings",
            "INCIDENTOPS_PROCESS": "web",
        }
        read = _product()
        figures = []
        for name, person in (("room", "commander"), ("room_observer", "bystander")):
            for _ in range(5):
                read(person)
            took = [read(person) for _ in range(RUNS)]
            figures.append(_figure(name, statistics.median(took) * 1000))
    return figures


def _figure(name: str, value: float) -> dict[str, object]:
    return {
        "name": name,
        "value": round(value, 1),
        "unit": f"ms of CPU for a room of {ROWS} rows",
        "reference": "goal",
        "reference_value": GOAL_MS,
        "ratio": round(value / GOAL_MS, 3),
        "runs": RUNS,
    }


def _product() -> Callable[[str], float]:
    """Sets up one busy incident; answers what reads its room as a person, in seconds of CPU."""
    import django  # noqa: PLC0415  only after the environment is set

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from incidents import lifecycle, tasks, timeline  # noqa: PLC0415
    from incidents.models import Kind  # noqa: PLC0415
    from incidents.response import staffing  # noqa: PLC0415
    from roles.catalog import Role  # noqa: PLC0415
    from roles.models import Qualification, User  # noqa: PLC0415
    from roles.policy import SYSTEM  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    tasks.dispatch.delay = lambda _: None
    incident = lifecycle.open_incident(title="Card payments fail in the EU", severity="SEV1", by=SYSTEM)
    people = {}
    for role in (*Role, "bystander"):
        user = User(username=role, first_name=role.capitalize(), email=f"{role}@bench.example", is_staff=True)
        user.set_unusable_password()
        user.save()
        people[role] = user
        if role in set(Role):
            Qualification.objects.create(user=user, role=role)
            staffing.assign(incident, role, user, by=SYSTEM)
    kinds = (Kind.NOTE, Kind.FINDING, Kind.ACTION, Kind.NOTE, Kind.DECISION)
    writers = list(people.values())
    while (number := incident.entries.count()) < ROWS:
        timeline.add_entry(
            incident,
            by=writers[number % len(writers)],
            kind=kinds[number % len(kinds)],
            body=f"Row {number}: connections on **node {number % 3}** are back to `1200`, declines at {number % 40}%.",
        )
    clients = {}
    for name, user in people.items():
        clients[name] = Client()
        clients[name].force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    address = f"/incidents/{incident.key}/"

    def read(name: str) -> float:
        start = time.process_time()
        answer = clients[name].get(address, headers={"Host": "localhost"})
        took = time.process_time() - start
        if answer.status_code != 200 or answer.content.count(b"data-number=") < 30:
            raise RuntimeError(f"The room was not read: {answer.status_code}.")
        return took

    return read
