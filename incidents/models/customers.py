"""Customers during an incident: who they are, what they report, who cannot wait, what they say of us, who must
still hear how it ended."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from incidents.models.incident import Incident, Severity
from incidents.models.paging import Paging
from incidents.models.service import Service
from incidents.models.update import Update
from incidents.models.versions import Versioned
from roles.catalog import Role


class CustomerTier(Versioned):
    """What a kind of customer was promised; the first rank comes first."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    rank = models.PositiveSmallIntegerField(default=5, help_text="1 is served first.")
    weight = models.PositiveSmallIntegerField(default=1, help_text="How much a report of theirs counts.")
    answer_within = models.DurationField(null=True, blank=True)
    acknowledge_within = models.DurationField(null=True, blank=True, help_text="An escalation: then somebody is paged.")

    class Meta:
        ordering: ClassVar = ["rank", "name"]
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.name


class CustomerAccount(Versioned):
    """A customer as support knows them."""

    name = models.CharField(max_length=150, unique=True)
    tier = models.ForeignKey(CustomerTier, models.PROTECT, null=True, blank=True, related_name="accounts")
    is_vip = models.BooleanField(default=False, help_text="Rules of signals may ask for one of these.")
    email = models.EmailField(blank=True)
    domain = models.CharField(max_length=150, blank=True, help_text="Mail from here is theirs: nordlys.example.")
    reference = models.CharField(max_length=100, blank=True, help_text="Their number in other systems.")

    class Meta:
        ordering: ClassVar = ["name"]
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.name


class ReportSource(models.TextChoices):
    STAFF = "staff", "Support"
    API = "api", "API"
    EMAIL = "email", "E-mail"
    PUBLIC = "public", "Status page"


class ReportState(models.TextChoices):
    UNSORTED = "unsorted", "Unsorted"  # came from outside; belongs to no incident yet
    WAITING = "waiting", "Waiting"
    ANSWERED = "answered", "Answered"
    DISMISSED = "dismissed", "Dismissed"  # no customer of ours, or nothing to do with it


class AnsweredThrough(models.TextChoices):
    EMAIL = "email", "By e-mail"  # a message is on its way or there
    TOLD = "told", "Told"  # somebody said so: by phone, in a chat


class CustomerReport(models.Model):
    """What one customer says that they see."""

    class Channel(models.TextChoices):
        PHONE = "phone", "Phone"
        CHAT = "chat", "Chat"
        EMAIL = "email", "E-mail"
        TICKET = "ticket", "Ticket"
        SOCIAL = "social", "Social media"
        WEB = "web", "Web form"

    incident = models.ForeignKey(Incident, models.CASCADE, null=True, blank=True, related_name="customer_reports")
    account = models.ForeignKey(CustomerAccount, models.SET_NULL, null=True, blank=True, related_name="reports")
    account_name = models.CharField(max_length=150, blank=True, help_text="As it was said.")
    contact = models.CharField(max_length=254, blank=True, help_text="E-mail address or number to answer to.")
    channel = models.CharField(max_length=8, choices=Channel.choices, default=Channel.PHONE)
    source = models.CharField(max_length=8, choices=ReportSource.choices, default=ReportSource.STAFF)
    symptom = models.CharField(max_length=300)
    verbatim = models.TextField(blank=True)
    service = models.ForeignKey(Service, models.SET_NULL, null=True, blank=True, related_name="+")
    component = models.SlugField(blank=True, help_text="Component of a status page that they named.")
    page = models.SlugField(blank=True, help_text="Status page whose form it came through.")
    count = models.PositiveIntegerField(default=1, help_text="How many of them said so.")
    ticket = models.CharField(max_length=200, blank=True, help_text="Number or address in the ticket system.")
    is_about_money = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=ReportState.choices, default=ReportState.WAITING)
    external_id = models.CharField(max_length=300, null=True, blank=True, unique=True, help_text="Taken once.")
    reported_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    answer = models.TextField(blank=True)
    answered_through = models.CharField(max_length=8, choices=AnsweredThrough.choices, blank=True)
    note = models.CharField(max_length=300, blank=True, help_text="Why it was dismissed.")

    class Meta:
        ordering: ClassVar = ["-pk"]
        default_permissions: ClassVar = ()
        permissions: ClassVar = [("sort_reports", "Can read and sort customer reports that belong to no incident")]
        indexes: ClassVar = [
            models.Index(fields=["incident", "state"], name="reports_of_an_incident"),
            models.Index(fields=["-reported_at"], condition=Q(state="unsorted"), name="reports_to_sort"),
        ]

    def __str__(self) -> str:
        return f"{self.account_name or 'A customer'}: {self.symptom}"


class SignalRule(Versioned):
    """So many customers in so short a time suggest a severity. Only suggests."""

    name = models.CharField(max_length=100)
    reports = models.PositiveIntegerField(null=True, blank=True, help_text="Weighted count of reports.")
    accounts = models.PositiveIntegerField(null=True, blank=True, help_text="Different customers.")
    needs_vip = models.BooleanField(default=False, help_text="One of them must be a VIP.")
    tier = models.ForeignKey(CustomerTier, models.CASCADE, null=True, blank=True, related_name="+")
    within = models.DurationField()
    suggests_severity = models.CharField(max_length=4, choices=Severity.choices, blank=True)
    suggests_public_post = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.name


class CustomerSignal(models.Model):
    """A rule was met on an incident; said once."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="signals")
    rule = models.ForeignKey(SignalRule, models.CASCADE, related_name="+")
    suggests_severity = models.CharField(max_length=4, choices=Severity.choices, blank=True)
    words = models.CharField(max_length=300)
    raised_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True, help_text="Followed or put aside.")
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    is_followed = models.BooleanField(default=False)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was put aside.")

    class Meta:
        ordering: ClassVar = ["-pk"]
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["incident", "rule"], name="one_signal_per_rule")]

    def __str__(self) -> str:
        return self.words


class EscalationState(models.TextChoices):
    NEW = "new", "New"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    ANSWERED = "answered", "Answered"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Urgency(models.TextChoices):
    NOW = "now", "Cannot wait"
    SOON = "soon", "Soon"
    NORMAL = "normal", "Normal"


class CustomerEscalation(Versioned):
    """A customer who cannot wait, brought to who can help. Unacknowledged in time, somebody is paged."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="escalations")
    report = models.ForeignKey(CustomerReport, models.SET_NULL, null=True, blank=True, related_name="escalations")
    account = models.ForeignKey(CustomerAccount, models.SET_NULL, null=True, blank=True, related_name="+")
    title = models.CharField(max_length=200)
    reason = models.TextField(blank=True)
    urgency = models.CharField(max_length=8, choices=Urgency.choices, default=Urgency.SOON)
    owner_role = models.CharField(max_length=24, choices=Role.choices, default=Role.TECH_LEAD)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=12, choices=EscalationState.choices, default=EscalationState.NEW)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    acknowledge_by = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    breached_at = models.DateTimeField(null=True, blank=True)
    paging = models.ForeignKey(Paging, models.SET_NULL, null=True, blank=True, related_name="+")
    outcome = models.TextField(blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(fields=["acknowledge_by"], condition=Q(state="new"), name="escalations_to_watch"),
        ]

    def __str__(self) -> str:
        return self.title


class Feedback(models.Model):
    """What somebody outside says of how we told them."""

    class Source(models.TextChoices):
        UPDATE = "update", "Did this help?"
        SURVEY = "survey", "Survey"
        STAFF = "staff", "Captured by support"

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="feedback")
    update = models.ForeignKey(Update, models.SET_NULL, null=True, blank=True, related_name="feedback")
    source = models.CharField(max_length=8, choices=Source.choices)
    helped = models.BooleanField(null=True, blank=True)
    score = models.PositiveSmallIntegerField(null=True, blank=True, help_text="1 (bad) to 5 (good).")
    answers = models.JSONField(default=dict, blank=True, help_text="Further answers of a survey, by question.")
    words = models.TextField(blank=True)
    said_by = models.CharField(max_length=150, blank=True)
    account = models.ForeignKey(CustomerAccount, models.SET_NULL, null=True, blank=True, related_name="+")
    captured_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    visitor = models.CharField(max_length=64, blank=True, help_text="Digest that tells a second click from a first.")
    given_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-pk"]
        default_permissions: ClassVar = ()
        verbose_name_plural = "feedback"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["update", "visitor"], condition=~Q(visitor=""), name="one_opinion_per_visitor"
            ),
        ]

    def __str__(self) -> str:
        return self.words or ("helped" if self.helped else "did not help")


class FollowUpState(models.TextChoices):
    OPEN = "open", "Open"
    SENT = "sent", "Sent"  # a message is on its way or there
    CONTACTED = "contacted", "Contacted"  # somebody did by hand
    WAIVED = "waived", "Not needed"


class FollowUp(Versioned):
    """One customer who reported or was escalated, and must hear how it ended before the incident is closed."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="follow_ups")
    report = models.OneToOneField(CustomerReport, models.CASCADE, null=True, blank=True, related_name="follow_up")
    escalation = models.OneToOneField(
        CustomerEscalation, models.CASCADE, null=True, blank=True, related_name="follow_up"
    )
    name = models.CharField(max_length=150)
    contact = models.CharField(max_length=254, blank=True)
    tier = models.ForeignKey(CustomerTier, models.SET_NULL, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=10, choices=FollowUpState.choices, default=FollowUpState.OPEN)
    note = models.CharField(max_length=300, blank=True, help_text="How, or why not.")
    text = models.TextField(blank=True, help_text="What was sent.")
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.name


class Survey(models.Model):
    """An invitation to say how we did, sent once to one who reported."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="surveys")
    report = models.ForeignKey(CustomerReport, models.CASCADE, null=True, blank=True, related_name="+")
    address = models.CharField(max_length=254)
    sent_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True, blank=True)
    feedback = models.OneToOneField(Feedback, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["pk"]
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["incident", "address"], name="one_survey_each")]

    def __str__(self) -> str:
        return self.address
