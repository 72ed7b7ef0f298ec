"""Status pages and who runs them."""

import secrets
import string
from collections.abc import Iterable
from functools import cached_property
from typing import ClassVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils import timezone

from roles.catalog import Holding
from roles.grants import objects_granted
from roles.models import ObjectGrant, RoleAssignment, User
from roles.models.assignment import live_once

_ALPHABET = string.ascii_lowercase + string.digits


def public_id() -> str:
    """A fresh public id: 12 characters of a–z and 0–9, not to be guessed (62 bits)."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(12))


class StatusPageQuerySet(models.QuerySet["StatusPage"]):
    def visible_to(self, user: User) -> "StatusPageQuerySet":
        """Pages that `user` may see from the inside."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_staff or user.is_superuser:
            return self
        return self.filter(pk__in=objects_granted(user, "statuspage.view_statuspage", grants=PageGrant))

    def stale(self) -> "StatusPageQuerySet":
        """Pages on which something changed since their last published generation."""
        return self.filter(published_version__lt=F("wanted_version"))


class StatusPage(models.Model):
    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    site_url = models.URLField(blank=True, help_text="The company's own site, linked in the head of the page.")
    description = models.CharField(max_length=200, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC", help_text="IANA name: Europe/Berlin.")
    brand_colour = models.CharField(max_length=7, default="#15244b", help_text="#rrggbb of the head.")
    spark_colour = models.CharField(max_length=7, default="#ff6f5b", help_text="#rrggbb of the mark.")
    publishes_moves = models.JSONField(
        default=list, blank=True, help_text='Severities whose moves go out at once: ["SEV3", "SEV4", "SEV5"].'
    )
    publish_without_approval = models.BooleanField(default=False)
    asks_feedback = models.BooleanField(default=True, help_text='Asks "Did this help?" below each update.')
    takes_reports = models.BooleanField(default=False, help_text='Has a form "Report a problem" for customers.')
    is_sandbox = models.BooleanField(default=False, help_text="For drills and tests; its messages go to files only.")
    wanted_version = models.PositiveIntegerField(default=1)
    published_version = models.PositiveIntegerField(default=0)
    published_at = models.DateTimeField(null=True, blank=True)
    trouble = models.TextField(blank=True, help_text="Why the last publishing failed; empty when it did not.")
    failed_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = StatusPageQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name"]
        permissions: ClassVar = [
            ("manage_page", "Can change the page, its components and texts"),
            ("set_component_status", "Can set component status"),
            ("publish_page", "Can publish the page"),
            ("manage_subscribers", "Can manage subscribers"),
        ]

    def __str__(self) -> str:
        return self.name

    #: Pages have no severity; `roles.policy.Governed` asks.
    severity_rank = 0

    @property
    def zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.time_zone)
        except (KeyError, ValueError, OSError):
            return ZoneInfo("UTC")

    @property
    def path(self) -> str:
        """Where it is served, from the root of the site: '/s/halyard/'."""
        return f"/s/{self.slug}/"

    @property
    def url(self) -> str:
        """Its full address, from the configured SITE_URL and never from a request."""
        return f"{settings.SITE_URL}{self.path}"

    @property
    def site_host(self) -> str:
        """The company's site as a person says it: 'halyard.example'."""
        return (urlsplit(self.site_url).hostname or "").removeprefix("www.")

    @property
    def list_name(self) -> str:
        """What its subscribers leave when they unsubscribe."""
        return f"page:{self.slug}"

    @property
    def is_stale(self) -> bool:
        return self.published_version < self.wanted_version

    @cached_property
    def live_seats(self) -> list[RoleAssignment]:
        return list(self.seats.live().select_related("user"))

    def seats_held_by(self, user: User) -> Iterable[RoleAssignment]:
        return [seat for seat in self.live_seats if seat.is_held and seat.user_id == user.pk]

    def is_filled(self, role: str) -> bool:
        return any(seat.is_held and seat.role == role and seat.kind != Holding.SHADOW for seat in self.live_seats)

    def is_visible_to(self, user: User) -> bool:
        return (
            bool(user.is_staff or user.is_superuser)
            or PageGrant.objects.filter(user=user, content_object=self, permission__codename="view_statuspage").exists()
        )


class PageGrant(ObjectGrant):
    """What one person may do on one page: rows of django-guardian in a table of their own."""

    content_object = models.ForeignKey(StatusPage, models.CASCADE)


class PageRole(RoleAssignment):
    """A standing role on a page, beside any incident: in practice the Status Page Manager's."""

    page = models.ForeignKey(StatusPage, models.CASCADE, related_name="seats")

    class Meta:
        constraints: ClassVar = live_once("page_role", "page")

    def __str__(self) -> str:
        return f"{self.get_role_display()} of {self.page}: {self.user}"
