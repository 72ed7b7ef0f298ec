"""What several people may edit at once: a number that each edit raises, and that an edit must name."""

from django.db import models


class Versioned(models.Model):
    """A row whose editors say which version they had before them."""

    version = models.PositiveIntegerField(default=1, help_text="Raised by each edit; a form that edits must name it.")

    class Meta:
        abstract = True
