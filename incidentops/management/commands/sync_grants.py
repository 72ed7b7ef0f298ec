"""Writes every copy of the policy table anew: the guardian rows of all seats on incidents and pages."""

from typing import Any

from django.core.management.base import BaseCommand

from incidents.models import Incident
from incidents.response import staffing


class Command(BaseCommand):
    help = "Rewrites object permissions from the seats that people hold; run it after changing roles/policy.py."

    def handle(self, *args: Any, **options: Any) -> None:
        people = staffing.sync_all(Incident.objects.prefetch_related("invited").iterator(chunk_size=500))
        self.stdout.write(f"Grants of {people} seat holders are in line with the policy.")
