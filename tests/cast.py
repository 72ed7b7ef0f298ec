"""Who plays in the suite, and how each comes to be where they are; `tests/conftest.py` gives them to tests by name."""

from incidents.models import Incident
from incidents.response import staffing
from roles.catalog import Holding, Role
from roles.models import User
from roles.policy import SYSTEM
from statuspage import page_roles
from statuspage.models import StatusPage
from tests import make

#: Those who hold a seat, as primaries: who they are, and which.
SEATED = {
    "commander": ("amara", Role.COMMANDER),
    "comms_lead": ("jonas", Role.COMMS_LEAD),
    "tech_lead": ("priya", Role.TECH_LEAD),
    "sme": ("tomas", Role.SME),
    "scribe": ("elif", Role.SCRIBE),
    "liaison": ("noor", Role.SUPPORT_LIAISON),
    "page_manager": ("kenji", Role.STATUS_PAGE_MANAGER),
}


def seated(incident: Incident, name: str) -> User:
    """One of SEATED, qualified for the seat."""
    username, role = SEATED[name]
    return make.seat(incident, role, make.make_user(username, qualified=[role])).user


def deputy(incident: Incident) -> User:
    """Deputy commander."""
    return make.seat(incident, Role.COMMANDER, make.make_user("sam"), kind=Holding.DEPUTY).user


def shadow(incident: Incident) -> User:
    """Shadows the commander: sees all, may do nothing by it."""
    return make.seat(incident, Role.COMMANDER, make.make_user("mei"), kind=Holding.SHADOW).user


def former_holder(incident: Incident) -> User:
    """Was deputy commander, and gave it up."""
    seat = make.seat(incident, Role.COMMANDER, make.make_user("olu"), kind=Holding.DEPUTY)
    return staffing.release(seat, by=SYSTEM).user


def bystander() -> User:
    """A responder without a seat."""
    return make.make_user("ben")


def outsider() -> User:
    """Has an account, and nothing is shared with them."""
    return make.make_user("lucia", is_staff=False)


def administrator() -> User:
    return make.make_user("hana", is_superuser=True)


def page_keeper(page: StatusPage) -> User:
    """Holds the standing role on the page, and no seat on an incident."""
    return page_roles.assign(page, make.make_user("olga"), by=SYSTEM)[0].user


def everybody(incident: Incident, page: StatusPage) -> dict[str, User]:
    """One of each kind, by the names that tests know them by."""
    return {
        **{name: seated(incident, name) for name in SEATED},
        "shadow": shadow(incident),
        "deputy": deputy(incident),
        "bystander": bystander(),
        "outsider": outsider(),
        "former_holder": former_holder(incident),
        "administrator": administrator(),
        "page_keeper": page_keeper(page),
    }
