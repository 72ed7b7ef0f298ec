"""How often whom is told, as a new installation starts."""

from django.db import migrations

from incidents import rhythm


def seed(apps, schema_editor):
    policies = apps.get_model("incidents", "UpdatePolicy")
    for (severity, audience), given in rhythm.SEEDS.items():
        policies.objects.get_or_create(severity=severity, audience=audience, defaults=dict(vars(given)))


class Migration(migrations.Migration):
    dependencies = [("incidents", "0008_seed_templates")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
