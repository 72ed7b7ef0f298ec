"""Texts that a new installation starts with."""

from django.db import migrations

from incidents.communication import first_phrases


def seed(apps, schema_editor):
    templates = apps.get_model("incidents", "MessageTemplate")
    for phrase in first_phrases.PHRASES:
        given = phrase._asdict()
        unique = {name: given.pop(name) for name in ("name", "audience", "language")}
        templates.objects.get_or_create(page="", **unique, defaults=given)


class Migration(migrations.Migration):
    dependencies = [("incidents", "0007_words")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
