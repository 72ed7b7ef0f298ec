"""`manage.py index_incidents`: makes incidents findable by their words."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from incidents import search
from incidents.models import Incident


class Command(BaseCommand):
    help = "Stores the words by which incidents are found, for those that have none yet. Safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="Read every incident anew.")

    def handle(self, **options: bool) -> None:
        if not options["all"]:
            self.stdout.write(f"Indexed {search.index_missing()} incidents.")
            return
        count = 0
        for incident in Incident.objects.order_by("pk").iterator(chunk_size=500):
            search.index(incident)
            count += 1
        self.stdout.write(f"Indexed {count} incidents.")
