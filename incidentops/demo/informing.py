"""What support says that night, who has read it, and what people say of how they were told."""

from collections.abc import Callable
from datetime import datetime

from incidents import events
from incidents.communication import feedback, talking
from incidents.models import CustomerAccount, Incident, Kind, Service, StakeholderGroup, TimelineEntry
from roles.models import User
from roles.policy import SYSTEM
from statuspage import helpfulness
from statuspage.models import PublicUpdate

Clock = Callable[[float], datetime]

#: So many visitors of the page said that the newest update helped, and did not.
HELPED, DID_NOT = 7, 2


def tell(incident: Incident, staff: dict[str, User], services: dict[str, Service], ago: Clock) -> None:
    """Adds to the major incident; `ago(m)` is m minutes before now."""
    for entry in TimelineEntry.objects.filter(kind=Kind.UPDATE_PUBLISHED).order_by("pk"):
        with events.dated(entry.occurred_at):
            talking.on_event(entry)
    with events.dated(ago(9)):
        written = talking.write(
            incident,
            by=staff["noor"] if incident.seats_held_by(staff["noor"]) else staff["jonas"],
            do_say="Retrying is safe. Nobody is charged for a declined payment.",
            do_not_say="Any count of lost payments\nAny refund promise",
            workaround="Other regions and payouts work: shops with a second entity may route there.",
            addendum="Send whoever asks for a refund to the payments team, not to billing.",
        )
    with events.dated(ago(8)):
        points = talking.approve(written, by=staff["amara"])
    for person in StakeholderGroup.objects.filter(kind="support").values_list("members", flat=True)[:2]:
        if person is not None:
            with events.dated(ago(7)):
                talking.read(points, by=User.objects.get(pk=person))
    with events.dated(ago(6)):
        account = CustomerAccount.objects.filter(name="Nordlys Travel").first()
        feedback.capture(
            incident, by=SYSTEM, words="Found out from our own customers first.", account=account, helped=False
        )
    with events.dated(ago(4)):
        feedback.capture(incident, by=SYSTEM, words="Clear page, thank you.", said_by="Café Mirador", helped=True)
    said = PublicUpdate.objects.filter(public_incident__incident=incident).order_by("-display_at").first()
    if said is not None:
        for number in range(HELPED + DID_NOT):
            helpfulness.say(said, network=f"192.0.2.{number + 1}", agent="demo", helped=number < HELPED)
