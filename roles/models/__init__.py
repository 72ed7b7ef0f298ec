"""People, what they are trained for, and the shape of holding a role."""

from roles.models.assignment import ObjectGrant, RoleAssignment
from roles.models.audit import AuditEvent
from roles.models.entrance import ApiToken, SignInLink
from roles.models.people import Qualification, Team, User

__all__ = [
    "ApiToken",
    "AuditEvent",
    "ObjectGrant",
    "Qualification",
    "RoleAssignment",
    "SignInLink",
    "Team",
    "User",
]
