"""Checks that nothing of the record was altered: rows, their chain and its end, files, or an export of it."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import pluralize

from incidents import attachments, exporting, timeline
from incidents.models import Incident


class Command(BaseCommand):
    help = (
        "Verifies the hash chain of one incident's timeline, or of all, its sealed end and its files; fails naming "
        "the first row that is not as it was written. With --export, checks a signed export instead."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("key", nargs="?", help="such as INC-284; all incidents without it")
        parser.add_argument(
            "--export", metavar="FILE", help="a signed export, checked by itself and against what we have"
        )
        parser.add_argument("--public-key", action="store_true", help="prints what others check our exports with")

    def handle(self, *args: Any, key: str | None, export: str | None, public_key: bool, **options: Any) -> None:
        if public_key:
            self.stdout.write(exporting.public_key())
        elif export:
            self._check_export(Path(export))
        else:
            self._check_database(key)

    def _check_database(self, key: str | None) -> None:
        incidents = Incident.objects.filter(key=key) if key else Incident.objects.all()
        if key and not incidents:
            raise CommandError(f"There is no incident {key}.")
        rows = files = 0
        for incident in incidents.iterator():
            if fault := timeline.first_fault(incident) or attachments.first_fault(incident):
                raise CommandError(f"{incident.key}: {fault.sentence}.")
            rows += incident.entries.count()
            files += incident.attachments.count()
        kept = f" and {files} file{pluralize(files)}" if files else ""
        self.stdout.write(f"{rows} rows{kept} hold.")

    def _check_export(self, path: Path) -> None:
        try:
            export = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as problem:
            raise CommandError(f"{path} cannot be read: {problem}") from problem
        if trouble := exporting.fault_in(export):
            raise CommandError(f"{path.name}: {trouble}")
        key, rows = export["record"]["incident"]["key"], len(export["record"]["rows"])
        self.stdout.write(f"{path.name}: {rows} rows of {key} hold, and the signature is ours.")
        incident = Incident.objects.filter(key=key).first()
        if incident is None:
            self.stdout.write(f"{key} is not in this database.")
        elif fault := exporting.first_difference(export, incident):
            raise CommandError(f"{key}: {fault.sentence}.")
