"""Who may come in, and how: accounts are made by administrators, never by signing up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from roles.models import User

#: Name of the account that a set-up link lets a person take over on an empty installation.
FIRST_ADMINISTRATOR = "administrator"


class AccountAdapter(DefaultAccountAdapter):
    """allauth's rules for us: no sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


def typed_name(request: HttpRequest | None, credentials: dict[str, str] | None = None) -> str:
    """The name that somebody tried to sign in with, in lower case, for counting failures."""
    known = credentials or {}
    name = known.get("username") or known.get("email") or known.get("login")
    if not name and request is not None:
        name = request.POST.get("login") or request.POST.get("username")
    return str(name or "").strip().lower()


def first_administrator() -> User:
    """The superuser that the set-up page gives to whoever holds the set-up link; made once, without a
    usable password. An installation that already has an administrator gets that one back."""
    present: User | None = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if present is not None:
        return present
    person = User(username=FIRST_ADMINISTRATOR, is_staff=True, is_superuser=True)
    person.set_unusable_password()
    person.save()
    return person


def is_empty() -> bool:
    """Whether nobody can administer this installation yet."""
    administrators = User.objects.filter(is_superuser=True, is_active=True)
    return not any(person.has_usable_password() for person in administrators)
