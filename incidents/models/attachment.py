"""Evidence: files attached to an incident. The bytes lie outside the database and outside what is served."""

from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.db import models
from django.utils import timezone

from incidents.models.entry import TimelineEntry, Visibility
from incidents.models.incident import Incident


class PrivateStorage(FileSystemStorage):
    """The folder that the settings name, for nobody's eyes but the product's."""

    def __init__(self) -> None:
        super().__init__(file_permissions_mode=0o600, directory_permissions_mode=0o700)

    @property
    def base_location(self) -> str:  # type: ignore[override]
        return str(settings.ATTACHMENT_DIR)

    @property
    def location(self) -> str:  # type: ignore[override]
        return str(Path(self.base_location).absolute())


def private_storage() -> FileSystemStorage:
    """The folder of attachments; no web server serves it."""
    return PrivateStorage()


class Attachment(models.Model):
    """One file, under a random name of ours; `name` is what its owner called it."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="attachments")
    entry = models.ForeignKey(TimelineEntry, models.PROTECT, null=True, blank=True, related_name="attachments")
    public_id = models.CharField(max_length=16, unique=True, help_text="Part of its address; random.")
    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=80, help_text="By content, not by name.")
    size = models.PositiveIntegerField(help_text="In bytes.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content.")
    file = models.FileField(storage=private_storage, max_length=120)
    visibility = models.CharField(max_length=8, choices=Visibility.choices, default=Visibility.STAFF)
    attached_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    attached_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-pk"]
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.name

    @property
    def is_image(self) -> bool:
        return self.media_type.startswith("image/")
