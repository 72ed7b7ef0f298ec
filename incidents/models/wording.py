"""The words that we start from and hold ourselves to: templates, rules of style, the terms that we use."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from incidents.models.update import Audience, PublicStatus
from incidents.models.versions import Versioned


class PublicImpact(models.TextChoices):
    """How bad it is for those outside, in the words of Statuspage v2."""

    NONE = "none", "None"
    MINOR = "minor", "Minor"
    MAJOR = "major", "Major"
    CRITICAL = "critical", "Critical"
    MAINTENANCE = "maintenance", "Maintenance"


class MessageTemplate(Versioned):
    """A text to start from, by audience, phase, impact and language; placeholders come from a fixed list.

    Empty phase, impact or page: any. Only an approved one ever goes out without a person's hand.
    """

    name = models.CharField(max_length=100)
    audience = models.CharField(max_length=12, choices=Audience.choices, default=Audience.PUBLIC)
    phase = models.CharField(max_length=16, choices=PublicStatus.choices, blank=True)
    impact = models.CharField(max_length=12, choices=PublicImpact.choices, blank=True)
    language = models.CharField(max_length=12, default="en", help_text="BCP 47: en, de, pt-br.")
    page = models.SlugField(blank=True, help_text="Slug of the status page that it is for; empty: all.")
    title = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    is_approved = models.BooleanField(default=False, help_text="May go out with a move, or as a holding message.")
    is_holding = models.BooleanField(default=False, help_text="Says that we are still at it, where nobody else does.")
    is_active = models.BooleanField(default=True)
    edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["audience", "phase", "impact", "language", "name"]
        default_permissions: ClassVar = ()
        permissions: ClassVar = [("manage_words", "Can change templates, rules of style, rhythms, groups and mirrors")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["name", "audience", "language", "page"], name="one_template_per_name_and_language"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class StyleLevel(models.TextChoices):
    ADVISE = "advise", "Advise"  # may go out all the same
    BLOCK = "block", "Block"  # does not go out


class StyleRule(Versioned):
    """A rule of the organisation's own, beside the built-in ones of `consistency`.

    `word`: one of `patterns` does not stand in a text. `term`: where one of `patterns` stands, we say `fix`.
    `pattern`: a regular expression that must not be found; it is run with a limit.
    """

    class How(models.TextChoices):
        WORD = "word", "Forbidden words"
        TERM = "term", "Our word for it"
        PATTERN = "pattern", "Pattern"

    code = models.SlugField(unique=True, help_text="What a finding is called: no-blame.")
    how = models.CharField(max_length=8, choices=How.choices, default=How.WORD)
    patterns = models.JSONField(default=list, help_text="Words, or one regular expression.")
    fix = models.CharField(max_length=200, blank=True, help_text="What is put in its place with one click.")
    message = models.CharField(max_length=300, help_text="Why, in a sentence that the writer reads.")
    level = models.CharField(max_length=8, choices=StyleLevel.choices, default=StyleLevel.ADVISE)
    audiences = models.JSONField(default=list, blank=True, help_text="For which audiences; empty: all.")
    languages = models.JSONField(default=list, blank=True, help_text="For which languages; empty: all.")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["code"]
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.code


class BuiltInRule(models.Model):
    """How the organisation wants a built-in rule: off, advising or blocking. No row: as it comes."""

    code = models.SlugField(primary_key=True)
    level = models.CharField(max_length=8, choices=[("off", "Off"), *StyleLevel.choices])

    class Meta:
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return f"{self.code}: {self.level}"


class HoldingRule(Versioned):
    """Lets an approved holding message go out by itself where a promise is broken for so long. Off unless opted in."""

    page = models.SlugField(unique=True, help_text="Slug of the status page.")
    template = models.ForeignKey(MessageTemplate, models.PROTECT, related_name="+", limit_choices_to=Q(is_holding=True))
    severities = models.JSONField(default=list, help_text='For which severities: ["SEV1", "SEV2"].')
    silence = models.DurationField(help_text="How long after the promised time.")
    is_on = models.BooleanField(default=False)
    opted_in_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    opted_in_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["page"]
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return f"{self.page}: {'on' if self.is_on else 'off'}"
