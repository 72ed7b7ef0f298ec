"""Tasks: who does what by when."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from incidents.models.incident import Incident, State
from incidents.models.seat import IncidentRole
from incidents.models.versions import Versioned
from roles.catalog import Role
from roles.models import User


class TaskState(models.TextChoices):
    TO_DO = "to_do", "To do"
    DOING = "doing", "Doing"
    DONE = "done", "Done"
    DROPPED = "dropped", "Dropped"  # not needed any more


#: States in which a task still wants doing.
OPEN_TASKS = (TaskState.TO_DO, TaskState.DOING)

#: States of an incident in which its tasks are history.
ENDED = (State.CLOSED, State.CANCELLED, State.MERGED)


class Priority(models.IntegerChoices):
    URGENT = 1, "Urgent"
    NORMAL = 2, "Normal"
    LATER = 3, "Later"


class TaskQuerySet(models.QuerySet["Task"]):
    def still_open(self) -> "TaskQuerySet":
        """Neither done nor dropped."""
        return self.filter(state__in=OPEN_TASKS)

    def waiting_for(self, user: User) -> "TaskQuerySet":
        """Open ones that `user` has, in incidents that are not over and that they can see."""
        return self._in_sight_of(user).filter(assignee=user)

    def free_for(self, user: User) -> "TaskQuerySet":
        """Open ones that nobody has, where `user` holds a seat."""
        seats = IncidentRole.objects.held().filter(user=user).values("incident")
        return self._in_sight_of(user).filter(assignee=None, incident__in=seats)

    def _in_sight_of(self, user: User) -> "TaskQuerySet":
        rows = self.still_open().filter(incident__in=Incident.objects.visible_to(user))
        return rows.exclude(incident__state__in=ENDED)

    def overdue(self) -> "TaskQuerySet":
        """Open past their time."""
        return self.still_open().filter(due_at__lte=timezone.now())


class Task(Versioned):
    """One piece of work of one incident, with one assignee at most."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="tasks")
    title = models.CharField(max_length=300)
    detail = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=TaskState.choices, default=TaskState.TO_DO)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    area = models.CharField(max_length=24, choices=Role.choices, blank=True, help_text="The role whose work it is.")
    service = models.ForeignKey("incidents.Service", models.SET_NULL, null=True, blank=True, related_name="+")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="incident_tasks"
    )
    timebox = models.DurationField(null=True, blank=True, help_text="How long it may take.")
    due_at = models.DateTimeField(null=True, blank=True, help_text="When the timebox ends.")
    is_needed_to_close = models.BooleanField(default=False, help_text="The incident is not closed before it is done.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    assigned_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True, help_text="When the assignee said: I am on it.")
    ended_at = models.DateTimeField(null=True, blank=True)
    told_overdue_at = models.DateTimeField(null=True, blank=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["priority", "pk"]
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["to_do", "doing"], told_overdue_at=None),
                name="tasks_to_chase",
            ),
            models.Index(fields=["assignee"], condition=Q(state__in=["to_do", "doing"]), name="tasks_of_a_person"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_TASKS

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.due_at is not None and self.due_at <= timezone.now()

    @property
    def age(self) -> timedelta:
        """How long somebody has had it; how long it has waited, where nobody has."""
        return timezone.now() - (self.assigned_at or self.created_at)
