""" "Did this help?": what visitors of a page say of an update. No cookie; one voice for each network and day."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.crypto import salted_hmac

from incidents.communication import feedback
from incidents.models import Feedback
from notifications import limits
from statuspage.models import PublicUpdate

#: So many voices of one network in an hour, and on one update in all, are heard.
PER_NETWORK, PER_UPDATE = 30, 20_000
HOUR, WEEK = timedelta(hours=1), timedelta(days=7)


class SaidTooOften(ValidationError):  # noqa: N818  a refusal, not a fault
    """Too many voices from one network; the door answers 429."""


def say(said: PublicUpdate, *, network: str, agent: str, helped: bool, words: str = "") -> Feedback | None:
    """Keeps whether an update helped this visitor; once more changes it. None where the update is not one of an
    incident's own, or has been heard of enough. Raises SaidTooOften."""
    if said.update is None:
        return None
    if not limits.take(f"helped:net:{network}", capacity=PER_NETWORK, per=HOUR):
        raise SaidTooOften("Too many answers came from your network. Please try again in a while.")
    if not limits.take(f"helped:update:{said.pk}", capacity=PER_UPDATE, per=WEEK):
        return None
    day = timezone.now().date().isoformat()
    visitor = salted_hmac("statuspage.helpfulness", f"{network}\n{agent}\n{day}", algorithm="sha256").hexdigest()
    return feedback.say(said.update, helped=helped, words=words, visitor=visitor)
