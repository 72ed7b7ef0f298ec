"""Renders status pages now, without a worker: after moving the folder, or when something is stuck."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from statuspage import publishing, staleness
from statuspage.models import StatusPage


class Command(BaseCommand):
    help = "Publishes one page, or all of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", nargs="?", help="such as halyard; all pages without it")

    def handle(self, *args: Any, slug: str | None, **options: Any) -> None:
        pages = StatusPage.objects.filter(slug=slug) if slug else StatusPage.objects.all()
        if slug and not pages:
            raise CommandError(f"There is no page {slug}.")
        for page in pages:
            staleness.mark(page)
            publishing.publish(page.pk)
            page.refresh_from_db()
            if page.trouble:
                raise CommandError(f"{page.slug} was not published: {page.trouble}")
            self.stdout.write(f"{page.url} is published as of {page.published_at:%Y-%m-%d %H:%M:%S} UTC.")
