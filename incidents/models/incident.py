"""The incident itself: what state it is in, how bad it is, who may see it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cached_property
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from roles.catalog import Holding
from roles.grants import objects_granted
from roles.models import ObjectGrant, RoleAssignment, User


class State(models.TextChoices):
    TRIAGE = "triage", "Triage"  # a signal is seen; nobody has said that it is real
    INVESTIGATING = "investigating", "Investigating"  # declared; the cause is not known
    IDENTIFIED = "identified", "Identified"  # the cause or faulty part is known; impact goes on
    MONITORING = "monitoring", "Monitoring"  # impact has ended as far as we see; not yet proven
    RESOLVED = "resolved", "Resolved"  # proven over
    REVIEWING = "reviewing", "Reviewing"  # over; what it taught is being written down
    CLOSED = "closed", "Closed"  # reviewed, customers contacted
    CANCELLED = "cancelled", "Cancelled"  # was no incident
    MERGED = "merged", "Merged"  # goes on in another incident


#: States in which somebody still works on restoring service.
ACTIVE = (State.TRIAGE, State.INVESTIGATING, State.IDENTIFIED, State.MONITORING)


class Severity(models.TextChoices):
    SEV1 = "SEV1", "SEV1"
    SEV2 = "SEV2", "SEV2"
    SEV3 = "SEV3", "SEV3"
    SEV4 = "SEV4", "SEV4"
    SEV5 = "SEV5", "SEV5"


class IncidentKind(models.TextChoices):
    REAL = "real", "real"
    DRILL = "drill", "drill"  # never leaves the sandbox
    TEST = "test", "test"  # never leaves the sandbox
    BACKFILLED = "backfilled", "backfilled"  # written down afterwards: counts, but notifies nobody


class IncidentQuerySet(models.QuerySet["Incident"]):
    def visible_to(self, user: User) -> "IncidentQuerySet":
        """What `user` may know of: every incident that is not private for responders, private ones
        for those with a seat or an invitation, all for administrators. One that goes on in a private incident
        tells of it on every page, so it is seen by who sees that one as well."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_superuser:
            return self
        granted = Q(pk__in=objects_granted(user, "incidents.view_incident", grants=IncidentGrant))
        hidden = Incident.objects.filter(is_private=True).exclude(granted)
        tells_of_nothing_hidden = Q(merged_into=None) | ~Q(merged_into__in=hidden.order_by().values("pk"))
        seen = Q(is_private=False) | granted if user.is_staff else granted
        return self.filter(seen, tells_of_nothing_hidden)

    def active(self) -> "IncidentQuerySet":
        """Where service is not yet restored."""
        return self.filter(state__in=ACTIVE)


class Incident(models.Model):
    key = models.CharField(max_length=20, unique=True, editable=False, help_text="What people call it: INC-284.")
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True, help_text="What is seen, as plain text.")
    state = models.CharField(max_length=16, choices=State.choices, default=State.INVESTIGATING)
    severity = models.CharField(max_length=4, choices=Severity.choices, default=Severity.SEV3)
    kind = models.CharField(max_length=12, choices=IncidentKind.choices, default=IncidentKind.REAL)
    type = models.ForeignKey("incidents.IncidentType", models.PROTECT, null=True, blank=True, related_name="incidents")
    tags = models.ManyToManyField("incidents.Tag", related_name="incidents", blank=True)
    answers = models.JSONField(default=dict, blank=True, help_text="Answers to custom fields, by their slug.")
    worst_severity = models.CharField(
        max_length=4, choices=Severity.choices, blank=True, help_text="The worst that it ever was taken to be."
    )
    version = models.PositiveIntegerField(default=1, help_text="Raised by each edit of its words.")
    is_private = models.BooleanField(default=False)
    invited = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", blank=True)
    services = models.ManyToManyField("incidents.Service", related_name="incidents", blank=True)
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged")
    source = models.ForeignKey("incidents.AlertSource", models.SET_NULL, null=True, blank=True, related_name="+")
    dedup_key = models.CharField(max_length=255, blank=True, help_text="The alert key that opened it.")
    state_since = models.DateTimeField()
    opened_at = models.DateTimeField()
    detected_at = models.DateTimeField(null=True, blank=True)
    declared_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    identified_at = models.DateTimeField(null=True, blank=True)
    mitigated_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    review_opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    merged_at = models.DateTimeField(null=True, blank=True)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-opened_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source", "dedup_key"],
                condition=Q(state__in=[state.value for state in ACTIVE]) & ~Q(dedup_key="") & Q(source__isnull=False),
                name="one_open_incident_per_alert_key",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "-opened_at"], name="incident_by_state"),
            models.Index(fields=["-opened_at", "-id"], name="incident_newest_first"),
        ]
        permissions: ClassVar = [
            ("declare_incident", "Can declare incidents"),
            ("change_state", "Can move the incident and change its severity"),
            ("review_closed", "Can take a closed incident back to review"),
            ("assign_role", "Can give roles to people"),
            ("take_role", "Can take a vacant role"),
            ("page_responder", "Can page people"),
            ("page_expert", "Can page experts"),
            ("manage_access", "Can make the incident private and invite people"),
            ("classify", "Can set type, tags, fields, services and links"),
            ("correct_times", "Can correct the stamps of the incident"),
            ("add_entry", "Can write into the timeline"),
            ("supersede_entry", "Can correct timeline entries"),
            ("mark_entry", "Can mark key moments"),
            ("add_task", "Can add tasks and do one's own"),
            ("assign_task", "Can give tasks to others and change theirs"),
            ("propose_decision", "Can propose decisions and object to them"),
            ("decide", "Can decide"),
            ("propose_action", "Can work on hypotheses, findings and actions"),
            ("approve_action", "Can approve actions"),
            ("coordinate", "Can lead workstreams and ask for reports and advice"),
            ("verify", "Can set up and waive verification"),
            ("record_change", "Can record changes of services"),
            ("draft_update", "Can draft updates"),
            ("approve_update", "Can approve updates"),
            ("publish_update", "Can publish updates"),
            ("delegate_approval", "Can let the Communication Lead approve updates"),
            ("set_rhythm", "Can choose a slower rhythm of updates"),
            ("resend_update", "Can send an update again to those who missed it"),
            ("ask_team", "Can ask the team a question"),
            ("answer_team", "Can answer questions to the team"),
            ("share_board", "Can share a read-only board"),
            ("brief_support", "Can write what support says"),
            ("approve_points", "Can approve what support says"),
            ("view_reports", "Can read customer reports"),
            ("record_report", "Can record, sort and answer customer reports"),
            ("escalate", "Can escalate customers"),
            ("acknowledge_escalation", "Can acknowledge and answer escalations"),
            ("capture_feedback", "Can write down feedback"),
            ("follow_up", "Can follow up with customers"),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.title}"

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    @property
    def ended_at(self) -> datetime | None:
        """When service was restored, or the incident given up; None while it goes on."""
        return None if self.is_active else (self.resolved_at or self.cancelled_at or self.merged_at or self.closed_at)

    @property
    def age(self) -> timedelta:
        """How long it lasted, or lasts by now."""
        return (self.ended_at or timezone.now()) - self.opened_at

    @property
    def is_sandboxed(self) -> bool:
        """Drills and tests: nothing of them leaves the sandbox."""
        return self.kind in {IncidentKind.DRILL, IncidentKind.TEST}

    @property
    def severity_rank(self) -> int:
        return int(self.severity[-1])

    @cached_property
    def live_seats(self) -> list[RoleAssignment]:
        """Held and offered seats with their people, read once per instance."""
        return list(self.seats.live().select_related("user", "assigned_by").order_by("assumed_at", "pk"))

    def forget_seats(self) -> None:
        """Drops seats, waivers and calls read before, after one changed, and what a room shares."""
        for name in ("live_seats", "live_waivers", "live_calls", "shared_readings"):
            self.__dict__.pop(name, None)

    def seats_held_by(self, user: User) -> Iterable[RoleAssignment]:
        return [seat for seat in self.live_seats if seat.is_held and seat.user_id == user.pk]

    def holders_of(self, role: str) -> list[RoleAssignment]:
        """Held seats of one role, primaries first."""
        seats = [seat for seat in self.live_seats if seat.is_held and seat.role == role]
        return sorted(seats, key=lambda seat: list(Holding).index(Holding(seat.kind)))

    def is_filled(self, role: str) -> bool:
        return any(seat.kind != Holding.SHADOW for seat in self.holders_of(role))

    def is_in_room(self, user: User) -> bool:
        """Whether `user` is of the response team: holds a seat, is invited, or administers."""
        if user.is_superuser or any(True for _ in self.seats_held_by(user)):
            return True
        return user.pk in self.invited_ids

    @cached_property
    def invited_ids(self) -> frozenset[int]:
        """Who is invited, read once per instance."""
        return frozenset(self.invited.values_list("pk", flat=True))

    def forget_invited(self) -> None:
        """Drops the invitations read before, after one changed."""
        self.__dict__.pop("invited_ids", None)

    def is_visible_to(self, user: User) -> bool:
        if not user.is_active:
            return False
        if user.is_superuser:
            return True
        is_seen = (user.is_staff and not self.is_private) or _is_granted(user, self)
        target = self.merged_into
        return is_seen and (target is None or not target.is_private or _is_granted(user, target))


def _is_granted(user: User, incident: Incident) -> bool:
    rows = IncidentGrant.objects.filter(user=user, content_object=incident, permission__codename="view_incident")
    return rows.exists()


class IncidentGrant(ObjectGrant):
    """What one person may do on one incident: rows of django-guardian in a table of their own."""

    content_object = models.ForeignKey(Incident, models.CASCADE)


class KeyCounter(models.Model):
    """The last number given to an incident; one row, locked while a number is drawn."""

    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"INC-{self.last}"
