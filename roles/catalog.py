"""The seven roles of an incident, in the one order in which they stand everywhere."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    COMMANDER = "commander", _("Incident Commander")
    COMMS_LEAD = "comms_lead", _("Communication Lead")
    TECH_LEAD = "tech_lead", _("Technical Lead")
    SME = "sme", _("Subject Matter Expert")
    SCRIBE = "scribe", _("Scribe")
    SUPPORT_LIAISON = "support_liaison", _("Customer Support Liaison")
    STATUS_PAGE_MANAGER = "status_page_manager", _("Status Page Manager")


class Holding(models.TextChoices):
    """How somebody holds a role."""

    PRIMARY = "primary", _("primary")  # answers for the role
    DEPUTY = "deputy", _("deputy")  # may do what the primary may, but not hand the role over
    SHADOW = "shadow", _("shadow")  # learns: sees all, may do nothing


@dataclass(frozen=True)
class RoleSign:
    """How a role is drawn where there is little room: a short name and an icon of the sprite."""

    short: str
    icon: str


SIGNS: dict[str, RoleSign] = {
    Role.COMMANDER: RoleSign("Commander", "ic"),
    Role.COMMS_LEAD: RoleSign("Comms Lead", "cl"),
    Role.TECH_LEAD: RoleSign("Tech Lead", "tl"),
    Role.SME: RoleSign("Expert", "sme"),
    Role.SCRIBE: RoleSign("Scribe", "sc"),
    Role.SUPPORT_LIAISON: RoleSign("Support", "sl"),
    Role.STATUS_PAGE_MANAGER: RoleSign("Status page", "sp"),
}

#: Roles that several people may hold as primary at once; each other role has one primary.
SHARED_ROLES = frozenset({Role.SME, Role.SCRIBE, Role.SUPPORT_LIAISON})
