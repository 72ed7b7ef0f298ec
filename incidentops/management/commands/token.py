"""Makes an API token for somebody and prints it, once."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from roles import tokens
from roles.models import User


class Command(BaseCommand):
    help = "Prints a new API token of one person. It cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--label", default="made on the command line")
        parser.add_argument("--days", type=int, help="how long it lives; without it, until it is revoked")

    def handle(self, *args: Any, username: str, label: str, days: int | None, **options: Any) -> None:
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active account named {username}.")
        self.stdout.write(tokens.make(user, label=label, life=timedelta(days=days) if days else None))
