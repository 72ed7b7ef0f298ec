"""Who works at Halyard: fourteen responders, their teams, and what they are trained for."""

from dataclasses import dataclass, field

from django.contrib.auth.models import Permission

from roles.catalog import Role
from roles.models import Qualification, Team, User
from roles.policy import GLOBAL_ACTIONS


@dataclass(frozen=True)
class Person:
    username: str
    first_name: str
    last_name: str
    hue: int
    title: str
    time_zone: str
    team: str
    qualified: Role | None = None
    #: Level per role in the catalogue's order, below "qualified": 0 none, 1 learning, 2 shadowed.
    learning: str = "0000000"
    runs_sources: bool = field(default=False)


PEOPLE: tuple[Person, ...] = (
    Person(
        "amara", "Amara", "Okafor", 1, "Reliability lead", "Europe/Lisbon", "platform", Role.COMMANDER, "0212200", True
    ),
    Person("jonas", "Jonas", "Lindqvist", 5, "Communications", "Europe/Stockholm", "comms", Role.COMMS_LEAD, "2010222"),
    Person("priya", "Priya", "Raman", 2, "Payments engineer", "Asia/Kolkata", "payments", Role.TECH_LEAD, "2022200"),
    Person("tomas", "Tomás", "Herrera", 3, "Database engineer", "America/Santiago", "platform", None, "1022100"),
    Person("mei", "Mei", "Tanaka", 6, "Gateways engineer", "Asia/Tokyo", "payments", None, "0022000"),
    Person("elif", "Elif", "Demir", 4, "Programme manager", "Europe/Istanbul", "platform", Role.SCRIBE, "1200012"),
    Person("sam", "Sam", "Whitaker", 2, "Support engineer", "Europe/London", "support", None, "0000221"),
    Person("noor", "Noor", "Haddad", 6, "Customer support", "Asia/Manila", "support", Role.SUPPORT_LIAISON, "0200100"),
    Person(
        "kenji", "Kenji", "Mori", 5, "Web operations", "Asia/Tokyo", "web", Role.STATUS_PAGE_MANAGER, "0211000", True
    ),
    Person("ben", "Ben", "Castillo", 3, "Search engineer", "America/New_York", "web", None, "2102212"),
    Person("lucia", "Lucía", "Ferrer", 1, "Engineering manager", "Europe/Madrid", "platform", None, "2223100"),
    Person("olu", "Olu", "Adeyemi", 4, "Account management", "Africa/Lagos", "support", None, "2000012"),
    Person("hana", "Hana", "Novak", 2, "Product communications", "Europe/Prague", "comms", None, "1200212"),
    Person("dev", "Dev", "Patel", 5, "Integrations engineer", "Europe/London", "web", None, "0022000"),
)

TEAMS = {
    "payments": "Payments",
    "platform": "Platform",
    "web": "Web and integrations",
    "comms": "Communications",
    "support": "Customer support",
}


def hire(password: str) -> dict[str, User]:
    """Makes the people, all with the same password; returns them by user name."""
    teams = {slug: Team.objects.create(slug=slug, name=name) for slug, name in TEAMS.items()}
    source_rights = _permissions(GLOBAL_ACTIONS)
    sorting = _permissions({"incidents.sort_reports": ""})
    template = User()
    template.set_password(password)
    staff: dict[str, User] = {}
    for number, person in enumerate(PEOPLE):
        user = User.objects.create(
            username=person.username,
            password=template.password,
            first_name=person.first_name,
            last_name=person.last_name,
            email=f"{person.username}@halyard.example",
            phone=f"+12025550{number + 100:03d}",
            time_zone=person.time_zone,
            title=person.title,
            hue=person.hue,
            is_staff=True,
        )
        teams[person.team].members.add(user)
        if person.runs_sources:
            user.user_permissions.add(*source_rights)
        elif person.team == "support":
            user.user_permissions.add(*sorting)
        Qualification.objects.bulk_create(_training(user, person))
        staff[person.username] = user
    return staff


def _training(user: User, person: Person) -> list[Qualification]:
    levels = {role: int(level) for role, level in zip(Role, person.learning, strict=True)}
    if person.qualified:
        levels[person.qualified] = Qualification.Level.QUALIFIED
    return [
        Qualification(user=user, role=role, level=min(level, 2) if role != person.qualified else level)
        for role, level in levels.items()
        if level
    ]


def _permissions(actions: dict[str, str]) -> list[Permission]:
    names = [action.split(".") for action in actions]
    return [Permission.objects.get(content_type__app_label=app, codename=codename) for app, codename in names]
