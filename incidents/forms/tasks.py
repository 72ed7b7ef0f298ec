"""What people type about tasks."""

from datetime import datetime, timedelta

from django import forms
from django.db.models import Q, QuerySet

from incidents.models import Incident, Service, Task
from incidents.models.task import Priority
from incidents.response import task_fields
from roles.catalog import SIGNS
from roles.models import User

_LONGEST_MINUTES = int(task_fields.LONGEST_TIMEBOX.total_seconds()) // 60
_LOCAL = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S")


class TaskForm(forms.Form):
    """One task: in the room its first line, on its own page all of it."""

    title = forms.CharField(
        label="What is to be done",
        max_length=task_fields.LONGEST_TITLE,
        error_messages={"required": "Write what is to be done."},
    )
    detail = forms.CharField(label="Detail", required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 3}))
    assignee = forms.ModelChoiceField(User.objects.none(), label="Who has it", required=False, empty_label="Nobody yet")
    minutes = forms.IntegerField(
        label="Timebox in minutes",
        required=False,
        min_value=1,
        max_value=_LONGEST_MINUTES,
        help_text="Runs from the moment somebody has it.",
    )
    due_at = forms.DateTimeField(
        label="Or until, in UTC",
        required=False,
        input_formats=_LOCAL,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_LOCAL[0]),
    )
    priority = forms.TypedChoiceField(
        label="Priority",
        choices=Priority.choices,
        coerce=int,
        required=False,
        empty_value=None,
        initial=int(Priority.NORMAL),
    )
    area = forms.ChoiceField(
        label="Whose work it is",
        required=False,
        choices=[("", "No role"), *((role, sign.short) for role, sign in SIGNS.items())],
    )
    service = forms.ModelChoiceField(Service.objects.none(), label="Service", required=False, empty_label="None")
    is_needed_to_close = forms.BooleanField(label="Needed before the incident is closed", required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: object, incident: Incident, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["assignee"].queryset = people(incident)  # type: ignore[attr-defined]
        self.fields["service"].queryset = Service.objects.all()  # type: ignore[attr-defined]

    def wanted(self) -> dict[str, object]:
        """The fields of a task, without who has it."""
        given = self.cleaned_data
        minutes = given["minutes"]
        return {
            "title": given["title"],
            "detail": given["detail"],
            "priority": given["priority"] or int(Priority.NORMAL),
            "area": given["area"],
            "service": given["service"],
            "timebox": timedelta(minutes=minutes) if minutes else None,
            "due_at": given["due_at"],
            "is_needed_to_close": given["is_needed_to_close"],
        }

    def edits(self, task: Task) -> dict[str, object]:
        """What an edit changes. Of timebox and end, the one that was touched counts."""
        wanted = self.wanted()
        shown = to_the_minute(task.due_at)
        if to_the_minute(self.cleaned_data["due_at"]) == shown:
            wanted.pop("due_at")
        if "due_at" in wanted or wanted["timebox"] == task.timebox:
            wanted.pop("timebox")
        return wanted


class TasksFilterForm(forms.Form):
    """Which of one's tasks the page shows."""

    show = forms.ChoiceField(
        choices=[("mine", "Mine"), ("unowned", "Without owner"), ("all", "All in my rooms")], required=False
    )


def initial_of(task: Task) -> dict[str, object]:
    """What the form of a task shows first."""
    return {
        "title": task.title,
        "detail": task.detail,
        "minutes": int(task.timebox.total_seconds()) // 60 if task.timebox else None,
        "due_at": task.due_at,
        "priority": task.priority,
        "area": task.area,
        "service": task.service_id,
        "is_needed_to_close": task.is_needed_to_close,
        "version": task.version,
    }


def to_the_minute(moment: datetime | None) -> datetime | None:
    """As a browser's field for a time holds it."""
    return moment.replace(second=0, microsecond=0) if moment else None


def people(incident: Incident) -> QuerySet[User]:
    """Who could be given a task: responders who can see the incident."""
    found = User.objects.responders()
    if incident.is_private:
        seated = [seat.user_id for seat in incident.live_seats]
        found = found.filter(Q(pk__in=seated) | Q(pk__in=incident.invited_ids) | Q(is_superuser=True))
    ordered: QuerySet[User] = found.order_by("first_name", "username")
    return ordered
