"""Fields that name a row of the same incident: another incident's is not there for the caller."""

from django.db.models import QuerySet
from rest_framework import serializers

from incidents.models import Attachment, Hypothesis, Service


class HypothesisField(serializers.PrimaryKeyRelatedField):
    """A hypothesis of this incident, by its id."""

    def __init__(self, **kwargs: object) -> None:
        if not kwargs.get("read_only"):
            kwargs.setdefault("queryset", Hypothesis.objects.all())
        super().__init__(**kwargs)  # type: ignore[arg-type]

    def get_queryset(self) -> QuerySet[Hypothesis]:
        return Hypothesis.objects.filter(incident=self.context["view"].incident)


class AttachmentField(serializers.SlugRelatedField):
    """A file of this incident, by the id in its address."""

    def __init__(self, **kwargs: object) -> None:
        kwargs.setdefault("queryset", Attachment.objects.all())
        super().__init__(slug_field="public_id", **kwargs)  # type: ignore[arg-type]

    def get_queryset(self) -> QuerySet[Attachment]:
        return Attachment.objects.filter(incident=self.context["view"].incident)


class ServiceField(serializers.SlugRelatedField):
    """A service by its slug."""

    def __init__(self, **kwargs: object) -> None:
        if not kwargs.get("read_only"):
            kwargs.setdefault("queryset", Service.objects.all())
        super().__init__(slug_field="slug", **kwargs)  # type: ignore[arg-type]
