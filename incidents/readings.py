"""The rows of one incident that its room shows, each kind read once, with the people on them.

A console is made of panels that look at the same tasks, actions and calls. A view that is about to show them says
`open_on`; from then on all who ask `of` share what was read. Who changes something reads for themselves: nothing is
kept where no view has said so, so a work function never acts on rows that were read before.

Rows come without joins and are put in order here: with a few dozen of them, joining the same five people again and
again and sorting in SQL cost more than reading the rows.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from operator import attrgetter
from typing import TypeVar, cast

from django.db import models
from django.db.models import Count, Max
from django.utils import timezone

from incidents.models import (
    Action,
    Audience,
    CanReport,
    Decision,
    DecisionState,
    Hypothesis,
    HypothesisState,
    Incident,
    Paging,
    PagingState,
    Promise,
    Service,
    Task,
    TaskState,
    TeamQuestion,
    Update,
    UpdateState,
    VerificationCheck,
    Workstream,
)
from incidents.models.task import OPEN_TASKS
from roles.models import User

Row = TypeVar("Row", bound=models.Model)
T = TypeVar("T")
#: Where it is kept on the instance; `Incident.forget_seats` drops it too.
_KEPT = "shared_readings"


class Readings:
    """What was read of one incident; every property is one query, and one more where it names people not yet met."""

    def __init__(self, incident: Incident, people: Iterable[User] = (), *, is_shared: bool = False) -> None:
        self.incident = incident
        self.is_shared = is_shared
        self._met: dict[type[models.Model], dict[int, models.Model]] = {}
        self._once: dict[str, object] = {}
        self.meet(people)
        if "live_seats" in incident.__dict__:
            self.meet(seat.user for seat in incident.live_seats)

    def meet(self, rows: Iterable[models.Model]) -> None:
        """Rows that were read elsewhere, so that they are not read again."""
        for row in rows:
            self._met.setdefault(row.__class__, {})[row.pk] = row

    def once(self, name: str, read: Callable[[], T]) -> T:
        """What `read` gives, which is asked the first time only: for readings that belong to one module alone."""
        if name not in self._once:
            self._once[name] = read()
        return cast("T", self._once[name])

    def join(self, rows: Sequence[Row], *names: str) -> Sequence[Row]:
        """Puts the rows that the foreign keys `names` point at in their place: at most one query for each model,
        none where all of them have been met."""
        if not rows:
            return rows
        fields = [cast("models.ForeignKey", rows[0]._meta.get_field(name)) for name in names]
        wanted: dict[type[models.Model], set[int]] = {}
        for field in fields:
            met = self._met.setdefault(field.related_model, {})
            ids = {getattr(row, field.attname) for row in rows}
            wanted.setdefault(field.related_model, set()).update(pk for pk in ids if pk is not None and pk not in met)
        for model, missing in wanted.items():
            if missing:
                self._met[model] |= model._default_manager.in_bulk(missing)
        for field in fields:
            met = self._met[field.related_model]
            for row in rows:
                pk = getattr(row, field.attname)
                row._state.fields_cache[field.cache_name] = None if pk is None else met[pk]
        return rows

    def _in_order(self, rows: models.QuerySet[Row], *names: str) -> list[Row]:
        """The rows by their number, with what `names` point at."""
        return list(self.join(sorted(rows.order_by(), key=attrgetter("pk")), *names))

    @cached_property
    def services(self) -> list[Service]:
        """What is affected, by name."""
        found = list(self.incident.services.all())
        self.meet(found)
        return found

    @cached_property
    def responders(self) -> list[User]:
        """Whom one could call: all active members of staff, by name."""
        found = list(User.objects.responders())
        self.meet(found)
        return found

    @cached_property
    def tasks(self) -> list[Task]:
        """All but the dropped ones, by priority, with assignee and service."""
        rows = self._in_order(self.incident.tasks.exclude(state=TaskState.DROPPED), "assignee", "service")
        return sorted(rows, key=attrgetter("priority"))

    @property
    def open_tasks(self) -> list[Task]:
        """Those that still want doing, by priority."""
        return [task for task in self.tasks if task.state in OPEN_TASKS]

    @cached_property
    def updates(self) -> list[Update]:
        """All that were not discarded, oldest first, with the people who wrote and approved them."""
        rows = self.incident.updates.exclude(state=UpdateState.DISCARDED)
        return self._in_order(rows, "author", "edited_by", "approved_by")

    @property
    def pending_updates(self) -> list[Update]:
        """Those neither out nor dropped, oldest first."""
        return [update for update in self.updates if update.state != UpdateState.PUBLISHED]

    @cached_property
    def last_public(self) -> Update | None:
        """What the public was told last; where nobody shares the reading, that one row alone is read."""
        if not self.is_shared:
            said = self.incident.updates.filter(audience=Audience.PUBLIC, state=UpdateState.PUBLISHED)
            return said.order_by("-published_at").first()
        return newest_published(one for one in self.updates if one.audience == Audience.PUBLIC)

    @cached_property
    def promises(self) -> list[Promise]:
        """What each audience is owed next, the soonest first."""
        rows = Promise.objects.still_open().filter(incident=self.incident).order_by()
        return sorted(rows, key=attrgetter("due_at", "pk"))

    @property
    def next_public(self) -> Promise | None:
        """What the public is owed next, the soonest of all pages; nothing where the incident has ended."""
        if not self.incident.is_active:
            return None
        return next((one for one in self.promises if one.audience == Audience.PUBLIC), None)

    @cached_property
    def decisions(self) -> list[Decision]:
        """Open proposals and decisions that are to be looked at again, oldest first, with who proposed."""
        open_ones = models.Q(state=DecisionState.PROPOSED)
        again = models.Q(state=DecisionState.DECIDED, revisit_at__isnull=False)
        return self._in_order(self.incident.decisions.filter(open_ones | again), "proposed_by")

    @cached_property
    def proposals(self) -> list[Decision]:
        """Those that nobody has settled, oldest first, with their objections."""
        rows = [one for one in self.decisions if one.state == DecisionState.PROPOSED]
        models.prefetch_related_objects(rows, "objections__user")
        return rows

    @cached_property
    def hypotheses(self) -> list[Hypothesis]:
        """All, oldest first, with who looks into them."""
        return self._in_order(self.incident.hypotheses.all(), "owner", "proposed_by", "settled_by")

    @property
    def due_decisions(self) -> list[Decision]:
        """Those whose time has come to be looked at again, the latest first."""
        decided = [(one.revisit_at, one) for one in self.decisions if one.state == DecisionState.DECIDED]
        due = [(at, one) for at, one in decided if at is not None and at <= timezone.now()]
        return [one for _, one in sorted(due, key=lambda pair: pair[0], reverse=True)]

    @property
    def confirmed_cause(self) -> Hypothesis | None:
        """The cause that was confirmed last."""
        confirmed = [one for one in self.hypotheses if one.state == HypothesisState.CONFIRMED]
        return max(confirmed, key=lambda one: (one.settled_at is not None, one.settled_at), default=None)

    @cached_property
    def actions(self) -> list[Action]:
        """All, oldest first, with people, service and the cause that they are for."""
        rows = self._in_order(self.incident.actions.all())
        if any(row.hypothesis_id for row in rows):
            self.meet(self.hypotheses)
        return list(self.join(rows, "executor", "proposed_by", "approved_by", "service", "hypothesis"))

    @cached_property
    def checks(self) -> list[VerificationCheck]:
        """What is verified, oldest first, with testers and who settled it."""
        return self._in_order(self.incident.verification.all(), "tester", "settled_by", "created_by")

    @cached_property
    def pagings(self) -> list[Paging]:
        """All calls, oldest first, with the people called and calling."""
        return self._in_order(self.incident.pagings.all(), "user", "paged_by")

    @property
    def waiting_calls(self) -> list[Paging]:
        """Calls that nobody has answered, oldest first; where nobody shares the reading, those alone are read."""
        if not self.is_shared:
            return list(self.incident.pagings.waiting().select_related("user").order_by("pk"))
        return [call for call in self.pagings if call.state == PagingState.WAITING]

    @cached_property
    def team_questions(self) -> list[TeamQuestion]:
        """All questions to the team, oldest first, with who asked, who has them and who answered."""
        return self._in_order(self.incident.team_questions.all(), "asked_by", "owner", "answered_by")

    @cached_property
    def workstreams(self) -> list[Workstream]:
        """All, oldest first, with lead and members."""
        rows = self._in_order(self.incident.workstreams.all(), "lead")
        models.prefetch_related_objects(rows, "members")
        return rows

    def counted(self, reader: User) -> dict[str, tuple[int, int, int]]:
        """The entries in force that `reader` may read, by kind: how many, the newest number, how many key moments."""
        return self.once(f"counted:{reader.pk}", lambda: self._counted(reader))

    def _counted(self, reader: User) -> dict[str, tuple[int, int, int]]:
        rows = self.incident.entries.readable_by(reader, self.incident).filter(superseded_by=None).order_by()
        found = rows.values_list("kind").annotate(count=Count("pk"), last=Max("number"), marked=Count("key_moment"))
        return {kind: (count, last, marked) for kind, count, last, marked in found}

    @cached_property
    def newest_reports(self) -> list[CanReport]:
        """The newest report of each person on each workstream, the newest first, with both."""
        newest = self.incident.can_reports.order_by().values("workstream", "reported_by").annotate(last=Max("pk"))
        rows = self._in_order(CanReport.objects.filter(pk__in=newest.values("last")))
        if rows:
            self.meet(self.workstreams)
        return list(self.join(rows, "reported_by", "workstream"))[::-1]


def newest_published(updates: Iterable[Update]) -> Update | None:
    """The one of `updates` that went out last."""
    out = [one for one in updates if one.state == UpdateState.PUBLISHED]
    return max(out, key=lambda one: (one.published_at is not None, one.published_at), default=None)


def open_on(incident: Incident, reader: User) -> Readings:
    """From now on, for as long as this instance lives, `of` shares what was read."""
    readings = Readings(incident, [reader], is_shared=True)
    incident.__dict__[_KEPT] = readings
    return readings


def of(incident: Incident) -> Readings:
    """What a view opened on the incident; else readings of one's own, which nobody shares."""
    found: Readings | None = incident.__dict__.get(_KEPT)
    return found or Readings(incident)
