"""Prints the pages of docs/ that come from the code."""

from typing import Any

from django.core.management.base import BaseCommand

from incidentops import documents


class Command(BaseCommand):
    help = "Writes docs/permissions.md and docs/lifecycle.md anew."

    def handle(self, *args: Any, **options: Any) -> None:
        for path, text in documents.pages().items():
            path.write_text(text)
            self.stdout.write(str(path))
