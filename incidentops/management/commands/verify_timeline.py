"""Checks that no timeline row was altered, by walking the hash chain of each incident."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from incidents import timeline
from incidents.models import Incident


class Command(BaseCommand):
    help = "Verifies the hash chain of one incident's timeline, or of all; fails naming the first broken row."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("key", nargs="?", help="such as INC-284; all incidents without it")

    def handle(self, *args: Any, key: str | None, **options: Any) -> None:
        incidents = Incident.objects.filter(key=key) if key else Incident.objects.all()
        if key and not incidents:
            raise CommandError(f"There is no incident {key}.")
        rows = 0
        for incident in incidents.iterator():
            broken = timeline.first_broken(incident)
            if broken is not None:
                raise CommandError(f"{incident.key}: row {broken.number} ({broken.kind}) is not as it was written.")
            rows += incident.entries.count()
        self.stdout.write(f"{rows} rows hold.")
