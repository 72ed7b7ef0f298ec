"""What stands around every signed-in page: the menu with its counts, the live bar, the chosen theme.

A context processor. Nothing is asked of the database until a page draws the menu, so fragments,
public pages and the API pay nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.urls import reverse

from incidents.communication import cadence, customer_reports, talking
from incidents.models import Alert, Incident, IncidentRole, Severity, Task
from incidents.response import called
from incidents.severity import rule
from roles.catalog import Holding
from roles.requests import SignedInRequest
from statuspage.models import StatusPage

THEMES = frozenset({"light", "dark"})
#: How the name of an address begins → the entry of the menu that it belongs to; the rest belongs to Incidents.
SECTIONS = {
    "situation": "situation",
    "declare": "declare",
    "alert": "alert",
    "my_tasks": "tasks",
    "responders": "people",
    "changes": "changes",
    "report_inbox": "reports",
    "style": "words",
    "group": "words",
    "chat": "words",
    "customer_settings": "words",
    "template": "words",
    "support": "support",
    "rhythm": "words",
}


@dataclass(frozen=True)
class Link:
    """One entry of the menu. `count` says how much waits there, `counted` what it counts."""

    label: str
    icon: str
    section: str
    url: str
    is_current: bool = False
    keys: str = ""
    count: int = 0
    counted: str = ""


@dataclass(frozen=True)
class Page:
    """A public page: how to ask for its panel, and where the public reads it."""

    slug: str
    name: str
    url: str


@dataclass(frozen=True)
class Group:
    title: str
    links: tuple[Link, ...]


class Navigation:
    """The menu as the signed-in person sees it on this page."""

    def __init__(self, request: SignedInRequest) -> None:
        self.request = request

    @cached_property
    def section(self) -> str:
        """Which entry of the menu the page belongs to; empty where none fits."""
        match = self.request.resolver_match
        if match is None:
            return ""
        name = match.url_name or ""
        if match.namespace == "incidents":
            return next((section for begin, section in SECTIONS.items() if name.startswith(begin)), "incidents")
        if match.namespace in {"notifications", "statuspage"}:
            return match.namespace
        return "account" if match.route.startswith("accounts/") else ""

    @cached_property
    def groups(self) -> list[Group]:
        return [Group(title, tuple(links)) for title, links in self._groups() if links]

    def _groups(self) -> Iterator[tuple[str, list[Link]]]:
        user = self.request.user
        yield (
            "Respond",
            [
                self._link("Situation", "situation", "situation", "incidents:situation", keys="g s"),
                self._link("Alerts", "bell", "alert", "incidents:alerts", keys="g a", count=self.firing_count),
                self._link("Incidents", "flame", "incidents", "incidents:incidents", keys="g i"),
                self._link("My tasks", "task", "tasks", "incidents:my_tasks", keys="g t", count=self.task_count),
            ],
        )
        communicate = []
        if user.is_staff:
            communicate.append(self._link("Status pages", "sp", "statuspage", "statuspage:pages"))
        if user.is_staff or talking.is_frontline(user):
            communicate.append(self._link("Support desk", "sl", "support", "incidents:support_desk"))
        if user.has_perm("incidents.sort_reports"):
            count = self.unsorted_count
            communicate.append(self._link("Reports", "chat", "reports", "incidents:report_inbox", count=count))
        if user.has_perm("notifications.view_message"):
            communicate.append(self._link("Messages", "mail", "notifications", "notifications:messages"))
        yield "Communicate", communicate
        if user.is_staff:
            yield (
                "Prepare",
                [
                    self._link("Responders", "users", "people", "incidents:responders"),
                    self._link("Changes", "layers", "changes", "incidents:changes"),
                    self._link("Words", "book", "words", "incidents:style"),
                ],
            )

    @cached_property
    def tabs(self) -> list[Link]:
        """The bar at the foot of small screens."""
        respond = self.groups[0].links
        declare = self._link("Declare", "bolt", "declare", "incidents:declare")
        return [respond[0], respond[1], *([declare] if self.may_declare else []), respond[2]]

    @cached_property
    def firing_count(self) -> int:
        """Alerts that fire and belong to no incident; nobody but responders sees alerts."""
        if not self.request.user.is_staff:
            return 0
        return Alert.objects.filter(status=Alert.Status.FIRING, incident=None).count()

    @cached_property
    def unsorted_count(self) -> int:
        """What customers reported and belongs to no incident yet."""
        return int(customer_reports.unsorted().count())

    @cached_property
    def task_count(self) -> int:
        """Open tasks of one's own, in incidents that go on."""
        return Task.objects.waiting_for(self.request.user).count()

    @cached_property
    def pages(self) -> list[Page]:
        """The public pages, for those who may see them from the inside."""
        pages = StatusPage.objects.visible_to(self.request.user).filter(is_sandbox=False)
        return [Page(page.slug, page.name, f"/s/{page.slug}/") for page in pages]

    @cached_property
    def calls(self) -> called.Calls:
        """Calls that the person has not answered, and seats that answered ones lead to: on every page of theirs."""
        return called.of(self.request.user) if self.request.user.is_staff else called.Calls()

    @property
    def may_declare(self) -> bool:
        return bool(self.request.user.is_staff or self.request.user.is_superuser)

    @cached_property
    def seat(self) -> IncidentRole | None:
        """The seat that the person holds on the worst active SEV1 or SEV2, for the live bar."""
        if self.section in {"situation", ""}:
            return None
        return (
            IncidentRole.objects.held()
            .exclude(kind=Holding.SHADOW)
            .filter(
                user=self.request.user,
                incident__in=Incident.objects.active().filter(severity__in=[Severity.SEV1, Severity.SEV2]),
            )
            .select_related("incident")
            .order_by("incident__severity", "pk")
            .first()
        )

    @property
    def has_livebar(self) -> bool:
        """Everywhere but on Situation and in the room, which show the same in full."""
        match = self.request.resolver_match
        return self.section != "situation" and (match is None or match.view_name != "incidents:room")

    @cached_property
    def promised_at(self) -> datetime | None:
        """When the public hears next of the incident in the live bar."""
        return cadence.promised(self.seat.incident) if self.seat else None

    @cached_property
    def update_every(self) -> timedelta | None:
        return rule(self.seat.incident.severity).update_every if self.seat else None

    def _link(self, label: str, icon: str, section: str, view: str, *, keys: str = "", count: int = 0) -> Link:
        return Link(
            label=label,
            icon=icon,
            section=section,
            url=reverse(view),
            is_current=section == self.section,
            keys=keys,
            count=count,
            counted="waiting" if count else "",
        )


def navigation(request: SignedInRequest) -> dict[str, object]:
    """Gives templates `navigation` and `theme` ('light', 'dark' or empty: as the system says)."""
    theme = request.COOKIES.get("theme", "")
    context: dict[str, object] = {"theme": theme if theme in THEMES else ""}
    if getattr(request, "user", None) is not None and request.user.is_authenticated:
        context["navigation"] = Navigation(request)
    return context
