"""How often whom is told, as a new installation starts."""

from django.db import migrations


def seed(apps, schema_editor):
    """Nothing yet."""


class Migration(migrations.Migration):
    dependencies = [("incidents", "0008_seed_templates")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
