"""Writes every copy of the policy table anew: the guardian rows of all seats on incidents and pages."""

from typing import Any

from django.core.management.base import BaseCommand

from incidents.models import Incident
from incidents.response import staffing
from statuspage import page_roles
from statuspage.models import StatusPage


class Command(BaseCommand):
    help = "Rewrites object permissions from the seats that people hold; run it after changing roles/policy.py."

    def handle(self, *args: Any, **options: Any) -> None:
        incidents = Incident.objects.prefetch_related("invited").iterator(chunk_size=500)
        people = staffing.sync_all(incidents) + page_roles.sync_all(StatusPage.objects.all())
        self.stdout.write(f"Grants of {people} seat holders are in line with the policy.")
