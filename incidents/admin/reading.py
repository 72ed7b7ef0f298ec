"""What the admin only shows."""

from django.db.models import Model

from roles.requests import SignedInRequest


class ReadOnly:
    """Nobody adds, changes or deletes these rows by hand."""

    def has_add_permission(self, request: SignedInRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: SignedInRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: SignedInRequest, obj: Model | None = None) -> bool:
        return False
