"""Sets an installation up without starting it: for containers, where each process is started by itself."""

from typing import Any

from django.core.management.base import BaseCommand

from incidentops import setting_up
from incidentops.management.commands.run import lines_of


class Command(BaseCommand):
    help = "Migrates, collects static files, and makes the first people; safe to repeat."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def handle(self, *args: Any, **options: Any) -> None:
        for line in lines_of(setting_up.set_up()):
            self.stdout.write(line)
