"""How often whom is told stands in update policies alone: what was edited in the severities goes over there."""

from datetime import timedelta

from django.db import migrations

#: Column of a severity → audience and columns of its policy.
MOVED = {
    "first_post": ("public", ("first_within",)),
    "update_every": ("public", ("every",)),
    "update_every_later": ("public", ("later_every",)),
    "executive_every": ("executive", ("first_within", "every")),
}


def copy(apps, schema_editor):
    policies = apps.get_model("incidents", "UpdatePolicy")
    for rule in apps.get_model("incidents", "SeverityRule").objects.all():
        for column, (audience, names) in MOVED.items():
            values = dict.fromkeys(names, getattr(rule, column))
            policies.objects.filter(severity=rule.severity, audience=audience).update(**values)
    for row in policies.objects.all():
        if row.first_within is None:
            row.scope_within = None
        if row.every is None or row.later_every is None:
            row.later_after = row.later_every = None
        elif row.later_after is None:
            row.later_after = timedelta(hours=2)
        row.save()


class Migration(migrations.Migration):
    dependencies = [("incidents", "0010_seed_customers")]
    operations = [
        migrations.RunPython(copy, migrations.RunPython.noop),
        *(migrations.RemoveField(model_name="severityrule", name=column) for column in MOVED),
    ]
