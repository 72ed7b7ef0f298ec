"""Filters of the list of incidents that people keep under a name: their own, and those that colleagues share."""

from typing import Final

from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import QueryDict

from incidents.conflicts import Conflict
from incidents.models import SavedView
from roles.models import User

#: What a view keeps of an address; what says where in the list one is, it does not.
FILTERS: Final = (
    "q",
    "state",
    "severity",
    "kind",
    "type",
    "tag",
    "service",
    "since",
    "until",
    "mine",
    "private",
    "sort",
)
#: Before the name of an organisation's own question.
QUESTION: Final = "field-"
LONGEST_QUERY = 500
MOST_VIEWS = 50
#: How long a deleted view can be brought back, in seconds.
UNDO_FOR = 600
_SALT = "incidents.saved_views"


def visible_to(user: User) -> QuerySet[SavedView]:
    """One's own, and for responders those that are shared."""
    mine = Q(owner=user)
    return SavedView.objects.filter(mine | Q(is_shared=True) if user.is_staff else mine).select_related("owner")


def filters_of(query: str) -> str:
    """A query string as a view keeps it: known filters that say something, in one order, so that equals are alike."""
    asked = QueryDict(query[: 4 * LONGEST_QUERY])
    kept = QueryDict(mutable=True)
    for name in sorted(asked, key=lambda name: (FILTERS.index(name) if name in FILTERS else len(FILTERS), name)):
        values = [value for value in asked.getlist(name) if value]
        if values and (name in FILTERS or name.startswith(QUESTION)):
            kept.setlist(name, values)
    return kept.urlencode()


@transaction.atomic
def save(name: str, query: str, *, by: User, is_shared: bool = False) -> SavedView:
    """Keeps a filter under a name of one's own."""
    if SavedView.objects.filter(owner=by).count() >= MOST_VIEWS:
        raise Conflict(f"You keep {MOST_VIEWS} views already: delete one first.")
    kept = filters_of(query)
    if len(kept) > LONGEST_QUERY:
        raise ValidationError("This filter is too long to be kept.")
    _may_share(by, is_shared)
    return _write(SavedView(owner=by, name=_name(name), query=kept, is_shared=is_shared))


@transaction.atomic
def change(view: SavedView, *, by: User, name: str | None = None, is_shared: bool | None = None) -> SavedView:
    """Renames one's own view, shares it, or takes it back."""
    _is_own(view, by)
    if name is not None:
        view.name = _name(name)
    if is_shared is not None:
        _may_share(by, is_shared)
        view.is_shared = is_shared
    return _write(view)


@transaction.atomic
def delete(view: SavedView, *, by: User) -> str:
    """Deletes one's own view; what is returned brings it back for a while."""
    _is_own(view, by)
    kept = {"owner": by.pk, "name": view.name, "query": view.query, "is_shared": view.is_shared}
    view.delete()
    return signing.dumps(kept, salt=_SALT)


@transaction.atomic
def restore(token: str, *, by: User) -> SavedView:
    """Brings back what one has just deleted."""
    try:
        kept = signing.loads(token, salt=_SALT, max_age=UNDO_FOR)
    except signing.BadSignature as problem:
        raise Conflict("It was deleted too long ago to be brought back.") from problem
    if kept.pop("owner") != by.pk:
        raise PermissionDenied("This view was somebody else's.")
    return _write(SavedView(owner=by, **kept))


def _write(view: SavedView) -> SavedView:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as problem:
        raise Conflict(f"You keep a view named “{view.name}” already.") from problem
    return view


def _name(text: str) -> str:
    name = " ".join(text.replace("\x00", "").split())
    if not 0 < len(name) <= 60:
        raise ValidationError("A view needs a name of at most 60 characters.")
    return name


def _is_own(view: SavedView, by: User) -> None:
    if view.owner_id != by.pk:
        raise PermissionDenied(f"This view is {view.owner}'s.")


def _may_share(by: User, is_shared: bool) -> None:
    if is_shared and not by.is_staff:
        raise PermissionDenied("Views are shared among responders.")
