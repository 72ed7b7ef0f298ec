"""Customer tiers and signals that a new installation starts with."""

from django.db import migrations


def seed(apps, schema_editor):
    """Nothing yet."""


class Migration(migrations.Migration):
    dependencies = [("incidents", "0009_seed_policies")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
