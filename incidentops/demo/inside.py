"""Those inside who want to know: groups, what executives read, questions to the team, a board, chats."""

from collections.abc import Callable
from datetime import datetime, timedelta

from incidents import events
from incidents.communication import boards, groups, mirrors, questions, updates
from incidents.models import Incident, Service, StakeholderGroup
from notifications.models import ChatKind
from roles.models import User
from roles.policy import SYSTEM

Clock = Callable[[float], datetime]
Kind = StakeholderGroup.Kind
_OFFICES = ("ceo", "cfo", "coo", "cto", "legal", "people", "sales", "chair")
_FLOORS = ("lisbon", "stockholm", "madrid", "london", "tokyo", "bangalore", "new-york", "lagos", "prague", "manila")


def tell(incident: Incident, staff: dict[str, User], services: dict[str, Service], ago: Clock) -> None:
    """Adds to the major incident; `ago(m)` is m minutes before now."""
    _brief(incident, staff, ago)
    _ask(incident, staff, ago)
    _gather(staff)


def _brief(incident: Incident, staff: dict[str, User], ago: Clock) -> None:
    """Told before there is a group, so that nobody is written to at the start."""
    jonas, amara, kenji = staff["jonas"], staff["amara"], staff["kenji"]
    with events.dated(ago(27)):
        draft = updates.draft(
            incident,
            by=jonas,
            audience="executive",
            title="Card payments in the EU",
            body=(
                "Since about a quarter of an hour, more than a third of card payments in the EU are declined. "
                "Customers are not charged and can try again. Other regions and payouts work. "
                "The payments team has rolled back one change and looks for the cause."
            ),
            next_update_at=ago(-19),
        )
        updates.submit(draft, by=jonas)
        updates.approve(draft, by=amara)
        updates.publish(draft, by=kenji)


def _ask(incident: Incident, staff: dict[str, User], ago: Clock) -> None:
    jonas, priya, tomas = staff["jonas"], staff["priya"], staff["tomas"]
    with events.dated(ago(26)):
        board = boards.share(incident, by=jonas, name="Board of directors", lasts=timedelta(days=2))
        payouts = questions.ask(incident, by=staff["lucia"], question="Are payouts to merchants affected?")
    with events.dated(ago(22)):
        questions.answer(payouts, by=priya, text="No. They run on another pool and go out as planned.")
        payouts.refresh_from_db()
        questions.share(payouts, True, by=jonas)
    with events.dated(ago(18)):
        counted = questions.ask(
            incident, by=staff["olu"], question="Which of our twenty largest merchants lost payments?"
        )
    with events.dated(ago(16)):
        questions.assign(counted, to=tomas, by=jonas)
    with events.dated(ago(4)):
        questions.ask_by_link(board, name="Ingrid Dahl", question="Do we have to tell the regulator tonight?")


def _gather(staff: dict[str, User]) -> None:
    groups.add(
        by=SYSTEM,
        name="Executives",
        kind=Kind.EXECUTIVE,
        addresses=[f"{office}@halyard.example" for office in _OFFICES],
        least_severity="SEV2",
    )
    groups.add(
        by=SYSTEM,
        name="Offices",
        kind=Kind.TACTICAL,
        addresses=[f"all-{city}@halyard.example" for city in _FLOORS],
        least_severity="SEV3",
    )
    groups.add(
        by=SYSTEM,
        name="Support frontline",
        kind=Kind.SUPPORT,
        members=[staff["noor"], staff["sam"], staff["olu"]],
        addresses=[f"desk-{number}@halyard.example" for number in range(1, 10)],
    )
    mirrors.add(
        by=SYSTEM,
        kind=ChatKind.SLACK,
        name="#inc-news",
        audiences=["public", "internal"],
        events=["opened", "moved", "ended"],
        least_severity="SEV3",
    )
    mirrors.add(
        by=SYSTEM,
        kind=ChatKind.TEAMS,
        name="Leadership",
        audiences=["executive"],
        events=["ended"],
        least_severity="SEV2",
    )
