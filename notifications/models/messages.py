"""The outbox: one text shared by many rows, one row per recipient, and what each try came to."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Q
from django.utils import timezone

#: A message that was tried so often is given up.
MOST_ATTEMPTS = 5


class Lane(models.TextChoices):
    """Who waits for whom: nothing in `urgent` ever stands behind `bulk`."""

    URGENT = "urgent", "Urgent"
    BULK = "bulk", "Bulk"


class ChannelName(models.TextChoices):
    """The roads that a message can take; `channels.CHANNELS` holds the code of each."""

    EMAIL = "email", "E-mail"
    SMS = "sms", "SMS"
    WEBHOOK = "webhook", "Webhook"
    CHAT = "chat", "Chat"


class State(models.TextChoices):
    """What is known of a message, and, as important, what is not."""

    QUEUED = "queued", "Queued"  # waits for its due time; may have been tried before
    SENDING = "sending", "Sending"  # claimed by a worker until `lease_until`
    SENT = "sent", "Sent"  # the provider took it; whether it arrived is not known
    DELIVERED = "delivered", "Delivered"  # the carrier says that it arrived
    FAILED = "failed", "Failed"  # given up; `detail` says why
    BOUNCED = "bounced", "Bounced"  # taken first, returned later by the receiving side
    UNKNOWN = "unknown", "Unknown"  # handed over, no answer came: it may have gone out or not
    SUPPRESSED = "suppressed", "Suppressed"  # the address does not want it, or cannot take it
    CANCELLED = "cancelled", "Cancelled"  # withdrawn, or too old to be of use, before it went out


class Content(models.Model):
    """A rendered text that many messages share.

    Texts may hold `links.TOKEN_MARK` inside URLs; each message's own token takes its place when it is sent.
    """

    key = models.CharField(max_length=200, unique=True)
    topic = models.CharField(max_length=120, db_index=True, help_text="What it is about, such as update:17.")
    subject = models.CharField(max_length=400, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    sms = models.TextField(blank=True)
    payload = models.JSONField(null=True, blank=True, help_text="What a webhook receives.")
    chat = models.JSONField(null=True, blank=True, help_text="What a chat shows, by its kind: {slack: {…}}.")
    list_name = models.CharField(max_length=100, blank=True, help_text="The list that a recipient can leave.")
    thread = models.CharField(max_length=120, blank=True, help_text="Mailboxes show one thread together.")
    sender = models.CharField(max_length=300, blank=True, help_text="From address; empty: the installation's own.")
    unsubscribe_url = models.CharField(max_length=500, blank=True)
    is_sandbox = models.BooleanField(default=False, help_text="Goes to files only, whatever is configured.")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.subject or self.key


class MessageQuerySet(models.QuerySet["Message"]):
    def about(self, topic: str) -> "MessageQuerySet":
        """Messages whose text belongs to `topic`."""
        return self.filter(content__topic=topic)

    def waiting(self) -> "MessageQuerySet":
        """Queued rows, due or not."""
        return self.filter(state=State.QUEUED)

    def due(self) -> "MessageQuerySet":
        """Queued rows whose time has come."""
        return self.waiting().filter(due_at__lte=timezone.now())

    @transaction.atomic
    def add_copies(self, pattern: "Message", names: Sequence[str], rows: Iterable[Sequence[str | int | None]]) -> int:
        """Inserts a copy of `pattern` for each of `rows`, which hold the columns `names`; answers how many were new.

        A key that is there already is left as it is. By hand, since `bulk_create` prepares each of a
        row's columns anew and takes some twenty times as long.
        """
        fields = [field for field in self.model._meta.local_concrete_fields if not field.primary_key]
        shared = {
            str(field.column): field.get_db_prep_save(getattr(pattern, field.attname), connection)
            for field in fields
            if field.column not in names
        }
        columns = ", ".join(connection.ops.quote_name(name) for name in (*names, *shared))
        table = connection.ops.quote_name(self.model._meta.db_table)
        ones, constants = ", ".join(["%s"] * len(shared)), tuple(shared.values())
        insert, guard = f"INSERT INTO {table} ({columns})", "ON CONFLICT (key) DO NOTHING"
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":  # there a statement per row costs six times as much
                types = {str(field.column): field.db_type(connection) for field in fields}
                lists = ", ".join(f"%s::{types[name]}[]" for name in names)
                values = [list(column) for column in zip(*rows, strict=True)]
                own = ", ".join(f"own.c{number}" for number in range(len(names)))
                aliases = own.replace("own.", "")
                cursor.execute(
                    f"{insert} SELECT {own}, {ones} FROM unnest({lists}) AS own ({aliases}) {guard}",  # noqa: S608
                    [*constants, *values],
                )
            else:
                places = ", ".join(["%s"] * len(names))
                cursor.executemany(f"{insert} VALUES ({places}, {ones}) {guard}", [(*row, *constants) for row in rows])
            return max(int(cursor.rowcount), 0)


class Message(models.Model):
    """One message to one address: the row of the outbox. The row, not the broker's task, is the truth."""

    key = models.CharField(max_length=200, unique=True, help_text="Asking twice under one key makes one message.")
    content = models.ForeignKey(Content, models.PROTECT, related_name="messages")
    lane = models.CharField(max_length=8, choices=Lane.choices, default=Lane.URGENT)
    channel = models.CharField(max_length=16, choices=ChannelName.choices)
    address = models.CharField(max_length=500)
    token = models.CharField(max_length=75, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Raised before each try.")
    due_at = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(default=timezone.now, help_text="From when it counts: now, or the time meant.")
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True, help_text="When its last word was known.")
    provider_id = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=40, blank=True, help_text="The provider's own code for what went wrong.")
    detail = models.CharField(max_length=300, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [
            models.Index(fields=["lane", "channel", "due_at", "id"], name="message_due", condition=Q(state="queued")),
            models.Index(fields=["lease_until"], name="message_leased", condition=Q(state="sending")),
            models.Index(fields=["provider_id"], name="message_provider", condition=~Q(provider_id="")),
            models.Index(fields=["state", "queued_at"], name="message_state"),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.pk}: {self.state}"

    @property
    def is_dead(self) -> bool:
        """Nothing more will be tried of itself; a person may have it tried again."""
        return self.state in {State.FAILED, State.BOUNCED, State.UNKNOWN}


class Attempt(models.Model):
    """One try of a message, or something that was done about it by hand.

    A bulk message that goes out at the first try has none: its own row tells it all, and a fan-out to
    a million would only write everything twice.
    """

    message = models.ForeignKey(Message, models.CASCADE, related_name="tries")
    at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=16)
    code = models.CharField(max_length=40, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    provider_id = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.outcome} {self.code}".strip()
