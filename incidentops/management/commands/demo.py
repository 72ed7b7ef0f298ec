"""Loads the demo organisation into an empty installation."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from incidentops import demo
from incidentops.environment import Environment
from roles.models import User


class Command(BaseCommand):
    help = "Loads Halyard, the demo organisation; DEMO_PASSWORD is the password of its people, or a random one."

    def handle(self, *args: Any, **options: Any) -> None:
        if User.objects.exists():
            raise CommandError("This installation has people already: the demo goes into an empty one.")
        given = Environment().str("DEMO_PASSWORD", default="")
        password = given or secrets.token_urlsafe(9)
        demo.load(password=password)
        if not given:
            self.stdout.write(f"The demo people sign in by first name (amara) with: {password}")
