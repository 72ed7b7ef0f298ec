"""The people of the organisation, their teams, and which roles they are trained for."""

from typing import ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.utils import timezone
from phonenumber_field.modelfields import PhoneNumberField

from roles.catalog import Role


class UserQuerySet(models.QuerySet["User"]):
    def responders(self) -> "UserQuerySet":
        """Active members of staff."""
        return self.filter(is_active=True, is_staff=True)

    def qualified(self, role: str) -> "UserQuerySet":
        """Responders whose qualification for `role` has not expired."""
        today = timezone.now().date()
        return self.responders().filter(
            pk__in=Qualification.objects.filter(role=role, level__gte=Qualification.Level.QUALIFIED)
            .exclude(expires_on__lt=today)
            .values("user")
        )


class PeopleManager(UserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Django's way of making accounts, with the questions above."""

    use_in_migrations = False


class User(AbstractUser):
    """A person with an account.

    `is_superuser` is an administrator, `is_staff` a responder; everyone else is a stakeholder,
    who reads what is shared with them.
    """

    phone = PhoneNumberField(blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    title = models.CharField(max_length=100, blank=True, help_text="What this person does, in a few words.")
    hue = models.PositiveSmallIntegerField(default=1, help_text="Colour of the initials, 1 to 6.")

    objects = PeopleManager()  # type: ignore[misc]

    class Meta(AbstractUser.Meta):
        ordering: ClassVar = ["first_name", "last_name", "username"]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def initials(self) -> str:
        """Up to two letters: 'Amara Okafor' → 'AO'."""
        return "".join(word[0] for word in str(self).split()[:2]).upper()

    @property
    def zone(self) -> ZoneInfo:
        """The person's time zone; UTC where the stored name is not known."""
        try:
            return ZoneInfo(self.time_zone)
        except (KeyError, ValueError, OSError):
            return ZoneInfo("UTC")


class Team(models.Model):
    """People who own services together."""

    name = models.CharField(max_length=100, unique=True)
    slug = models.SlugField(unique=True)
    members = models.ManyToManyField(User, related_name="teams", blank=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Qualification(models.Model):
    """How far somebody is trained for a role."""

    class Level(models.IntegerChoices):
        LEARNING = 1, "learning"
        SHADOWED = 2, "shadowed"
        QUALIFIED = 3, "qualified"
        TRAINER = 4, "trains others"

    user = models.ForeignKey(User, models.CASCADE, related_name="qualifications")
    role = models.CharField(max_length=24, choices=Role.choices)
    level = models.PositiveSmallIntegerField(choices=Level.choices, default=Level.QUALIFIED)
    gained_on = models.DateField(default=timezone.localdate)
    expires_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "role"], name="one_qualification_per_role")]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}, {self.get_level_display()}"
