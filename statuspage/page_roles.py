"""Who holds a standing role on a page: given and ended here, with the rights that follow, in one transaction."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from incidents.lifecycle import Conflict
from roles import grants
from roles.catalog import Holding, Role
from roles.models import AuditEvent, User
from roles.policy import Actor, System, authorize
from statuspage.models import PageGrant, PageRole, StatusPage


@transaction.atomic
def assign(
    page: StatusPage,
    user: User,
    *,
    by: Actor,
    role: str = Role.STATUS_PAGE_MANAGER,
    kind: str = Holding.PRIMARY,
) -> tuple[PageRole, bool]:
    """Gives a standing role on a page at once; returns it and whether it is new. Its holder may be given it again.

    Raises PermissionDenied, or ValidationError for a role or person that cannot be.
    """
    authorize(by, "statuspage.manage_page", page)
    if role != Role.STATUS_PAGE_MANAGER:
        raise ValidationError("On a page there is one role: Status Page Manager.")
    if kind not in Holding.values:
        raise ValidationError(f"{kind} is no way to hold a role; they are {', '.join(Holding.values)}.")
    if not (user.is_active and user.is_staff):
        raise ValidationError(f"{user} is not an active responder.")
    StatusPage.objects.select_for_update().only("pk").get(pk=page.pk)
    person = None if isinstance(by, System) else by
    present = PageRole.objects.filter(page=page, role=role, user=user, kind=kind, renounced_at=None).first()
    if present is not None:
        return present, False
    seat = PageRole.objects.create(
        page=page, role=role, user=user, kind=kind, assigned_by=person, assumed_at=timezone.now()
    )
    _settle(page, user)
    _note(by, "page_role.assigned", seat)
    return seat, True


@transaction.atomic
def release(seat: PageRole, *, by: Actor) -> PageRole:
    """Ends a standing role and the rights that came with it."""
    authorize(by, "statuspage.manage_page", seat.page)
    if not PageRole.objects.live().filter(pk=seat.pk).update(renounced_at=timezone.now()):
        raise Conflict(f"{seat.user} does not hold {seat.get_role_display()} any more.")
    seat.refresh_from_db()
    _settle(seat.page, seat.user)
    _note(by, "page_role.released", seat)
    return seat


def sync_all(pages: Iterable[StatusPage]) -> int:
    """Writes the guardian rows of all page roles anew, after the policy table changed; returns the people seen."""
    seen = 0
    for page in pages:
        people = {seat.user for seat in page.live_seats}
        stray = User.objects.filter(pk__in=PageGrant.objects.filter(content_object=page).values("user"))
        for person in people | set(stray):
            _settle(page, person)
            seen += 1
    return seen


def _settle(page: StatusPage, user: User) -> None:
    """Brings the guardian rows of one person in line with the roles they hold on the page now."""
    page.__dict__.pop("live_seats", None)
    grants.sync(user, page, page.seats_held_by(user), grants=PageGrant)


def _note(by: Actor, action: str, seat: PageRole) -> None:
    person = None if isinstance(by, System) else by
    data = {"role": seat.role, "user": seat.user_id, "holding": seat.kind}
    AuditEvent.objects.create(actor=person, action=action, subject=f"page {seat.page.slug}", data=data)
