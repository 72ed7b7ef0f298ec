"""What the command palette offers: what one may do on the incident at hand, and where one may go from anywhere.

Reads and offers, nothing else: each option leads to the place, or posts to the view, where the thing is done, and
that asks for the right again. Nothing is offered that the reader may not do or see.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from django.db.models import Q
from django.urls import reverse
from django.utils.http import urlencode

from incidentops.navigation import Navigation
from incidents import saved_views, search
from incidents.models import Incident, Task
from incidents.moves import MOVES
from incidents.response import candidates, coverage, staffing
from incidents.views.answers import room_of
from roles import grants
from roles.catalog import SIGNS, Holding, Role
from roles.models import User

MOST_ACTIONS = 6
MOST_ANYWHERE = 6
MOST_INCIDENTS = 6
MOST_PEOPLE = 4
MOST_TASKS = 3
LONGEST = 200


@dataclass(frozen=True)
class Option:
    """One line: what it does, where that is done, and whether it is done by a post."""

    icon: str
    label: str
    url: str
    hint: str = ""
    keys: str = ""
    is_post: bool = False
    words: str = ""

    def fits(self, asked: Iterable[str]) -> bool:
        """Whether each word that was typed begins one of the option's."""
        known = search.words_of(f"{self.label} {self.words}")
        return all(any(word.startswith(begun) for word in known) for begun in asked)


@dataclass(frozen=True)
class Group:
    title: str
    options: tuple[Option, ...]


def groups(text: str, user: User, navigation: Navigation, incident: Incident | None) -> list[Group]:
    """What fits `text`, in groups; what is usual without a text."""
    text = text.replace("\x00", "")[:LONGEST].strip()
    asked = search.words_of(text)
    found = []
    if incident is not None:
        here = [option for option in _here(incident, user) if option.fits(asked)][:MOST_ACTIONS]
        found.append(Group(incident.key, tuple(_with_suggestion(here, incident, user))))
    anywhere = [option for option in _anywhere(user, navigation) if option.fits(asked)]
    found.append(Group("Anywhere", tuple(anywhere[:MOST_ANYWHERE])))
    found.append(Group("Incidents", tuple(_incidents(text, user))))
    if asked and user.is_staff:
        found.append(Group("People", tuple(_people(asked, incident))))
    if text:
        everything = f"{reverse('incidents:incidents')}?{urlencode({'q': text})}"
        found.append(Group("Search", (Option("search", f"All incidents with “{text}”", everything),)))
    return [group for group in found if group.options]


def incident_at_hand(key: str, user: User) -> Incident | None:
    """The incident of the page one is on, else the worst one that one works on; None where there is none."""
    visible = Incident.objects.visible_to(user)
    if key:
        return visible.filter(key=key).first()
    return (
        visible.active()
        .filter(seats__user=user, seats__assumed_at__isnull=False, seats__renounced_at=None)
        .order_by("severity", "-pk")
        .first()
    )


def _here(incident: Incident, user: User) -> Iterator[Option]:
    may = grants.held_on_visible(user, incident)
    yield from _seats(incident, user, may)
    yield from _moves(incident, may)
    if "incidents.add_entry" in may:
        yield Option("plus", "Add a timeline entry", room_of(incident, anchor="entry-body"), keys="N", words="note log")
    if "incidents.add_task" in may and incident.is_active:
        yield Option("task", "New task", room_of(incident, anchor="tasks"), words="add todo assign")
    if "incidents.assign_task" in may:
        yield from _tasks(incident)
    if "incidents.page_responder" in may and incident.is_active:
        place = room_of(incident, seat=Role.COMMANDER, anchor="pagings")
        yield Option("phone", "Page a person", place, words="call alert wake")
    if "incidents.change_state" in may and incident.is_active:
        place = room_of(incident, seat=Role.COMMANDER, anchor="severity")
        yield Option("warn", "Change severity", place, incident.severity, words="raise lower sev")
    if "incidents.classify" in may:
        yield Option("hash", "Type, tags and fields", reverse("incidents:sorting", args=[incident.key]), words="sort")
    if not incident.is_active and user.is_staff:
        again = f"{reverse('incidents:declare')}?{urlencode({'recurrence_of': incident.key})}"
        yield Option("history", "It is back: declare it again", again, words="recurrence reopen")


def _seats(incident: Incident, user: User, may: frozenset[str]) -> Iterator[Option]:
    vacant = [slot for slot in coverage.roster(incident) if slot.is_vacant] if incident.is_active else []
    for slot in sorted(vacant, key=lambda slot: not slot.is_gap):
        hint = "unassigned" if slot.is_gap else "open"
        name, icon = slot.role.label, SIGNS[slot.role].icon
        if "incidents.assign_role" in may:
            yield Option(icon, f"Assign {name}", room_of(incident, seat=slot.role), hint, words="role seat fill")
        if "incidents.take_role" in may and _may_take(incident, slot.role, user):
            take = reverse("incidents:take", args=[incident.key, slot.role])
            yield Option(icon, f"Take {name}", take, hint, is_post=True, words="role seat join")
    for seat in incident.seats_held_by(user):
        if seat.kind == Holding.PRIMARY and incident.is_active:
            place = reverse("incidents:hand_over", args=[incident.key, seat.pk])
            yield Option("swap", f"Hand over {seat.get_role_display()}", place, keys="H", words="handover pass role")


def _may_take(incident: Incident, role: Role, user: User) -> bool:
    """Command of a small incident is for those who may fill it; every other seat is open to all responders."""
    if role != Role.COMMANDER or incident.severity in staffing.COMMAND_OPEN_TO_ALL:
        return True
    return role in staffing.roles_to_give(incident, user)


def _moves(incident: Incident, may: frozenset[str]) -> Iterator[Option]:
    """The moves that lead on from here; what they lack is shown where they are made."""
    for move in MOVES:
        if incident.state in move.sources and move.permission_from(incident.state) in may:
            place = room_of(incident, seat=Role.COMMANDER, anchor="moves")
            yield Option("arrow", move.label, place, words="move state change")


def _tasks(incident: Incident) -> Iterator[Option]:
    for task in Task.objects.still_open().filter(incident=incident, assignee=None)[:MOST_TASKS]:
        yield Option("task", f"Assign “{task.title}”", room_of(incident, anchor="tasks"), "no owner", words="task")


def _with_suggestion(options: list[Option], incident: Incident, user: User) -> list[Option]:
    """Names the best candidate on the first seat that may be given."""
    for place, option in enumerate(options):
        role = next((role for role in Role if option.label == f"Assign {role.label}"), None)
        if role is not None:
            ranked = candidates.for_role(incident, role)
            best = replace(option, hint=f"{ranked[0].user} suggested") if ranked else option
            return [*options[:place], best, *options[place + 1 :]]
    return options


def _anywhere(user: User, navigation: Navigation) -> Iterator[Option]:
    if navigation.may_declare:
        yield Option("bolt", "Declare an incident", reverse("incidents:declare"), keys="D", words="new open report")
    for group in navigation.groups:
        for link in group.links:
            yield Option(link.icon, link.label, link.url, keys=link.keys.upper().replace(" ", " then "), words="go to")
    for view in saved_views.visible_to(user):
        place = f"{reverse('incidents:incidents')}?{view.query}"
        yield Option("star", view.name, place, "view of the list", words="view filter")
    if user.is_staff:
        yield Option("gear", "Admin", reverse("admin:index"), words="settings go to")
    yield Option("user", "Your account", reverse("account"), words="profile password sign out go to")


def _incidents(text: str, user: User) -> Iterator[Option]:
    rows = search.find(text, user) if text else Incident.objects.visible_to(user).active().order_by("severity", "-pk")
    for incident in rows[:MOST_INCIDENTS]:
        hint = f"{incident.severity} · {incident.get_state_display()}"
        yield Option(
            "lock" if incident.is_private else "flame", f"{incident.key} {incident.title}", room_of(incident), hint
        )


def _people(asked: list[str], incident: Incident | None) -> Iterator[Option]:
    """Responders by their names; who may page finds them on the list of people."""
    names = Q()
    for begun in asked[: search.MOST_ASKED]:
        names &= Q(first_name__istartswith=begun) | Q(last_name__istartswith=begun) | Q(username__istartswith=begun)
    place = reverse("incidents:responders") + (f"?{urlencode({'incident': incident.key})}" if incident else "")
    for person in User.objects.responders().filter(names).order_by("first_name", "pk")[:MOST_PEOPLE]:
        yield Option("user", str(person), place, person.get_username())
