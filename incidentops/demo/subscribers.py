"""Who listens to Halyard's page: forty by e-mail and six by SMS, none of them real."""

from datetime import datetime

from statuspage.models import StatusPage, Subscriber

E_MAILS = 40
NUMBERS = 6


def subscribe(page: StatusPage, now: datetime) -> None:
    """Makes confirmed subscribers to every update; their domain and numbers are reserved for examples."""
    addresses = [
        *((Subscriber.Channel.EMAIL, f"reader{number:02d}@subscribers.example") for number in range(1, E_MAILS + 1)),
        *((Subscriber.Channel.SMS, f"+1500555{number:04d}") for number in range(1, NUMBERS + 1)),
    ]
    Subscriber.objects.bulk_create(
        Subscriber(page=page, channel=channel, address=address, source="demo", confirmed_at=now)
        for channel, address in addresses
    )
