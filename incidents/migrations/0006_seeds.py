"""What an installation starts with: the five severities; and for incidents that are there already, the worst severity
that they have had and a sealed end of their timeline."""

from datetime import timedelta

from django.db import migrations, models
from django.utils.crypto import salted_hmac

from incidents import severity

#: What severities said of updates, in minutes, before update policies did.
CADENCE = {
    "SEV1": {"first_post": 5, "update_every": 20, "update_every_later": 60, "executive_every": 30},
    "SEV2": {"first_post": 10, "update_every": 30, "update_every_later": 90, "executive_every": 60},
    "SEV3": {"update_every": 60, "update_every_later": 240},
    "SEV4": {"update_every": 1440},
}


def seed(apps, schema_editor):
    rules = apps.get_model("incidents", "SeverityRule")
    for name, given in severity.SEEDS.items():
        cadence = {column: timedelta(minutes=minutes) for column, minutes in CADENCE.get(name, {}).items()}
        rules.objects.get_or_create(severity=name, defaults=severity.fields_of(given) | cadence)
    apps.get_model("incidents", "Incident").objects.filter(worst_severity="").update(
        worst_severity=models.F("severity")
    )


def seal_what_is_there(apps, schema_editor):
    """Heads for timelines that were written before there were any; sealed as `incidents.events.seal_of` does."""
    heads = apps.get_model("incidents", "TimelineHead")
    entries = apps.get_model("incidents", "TimelineEntry")
    newest = {}
    for entry in entries.objects.order_by("number").values_list("incident_id", "number", "digest").iterator():
        newest[entry[0]] = entry
    heads.objects.bulk_create(
        heads(
            incident_id=incident,
            number=number,
            digest=digest,
            seal=salted_hmac(
                "incidents.timeline.head", f"{incident}:{number}:{digest}", algorithm="sha256"
            ).hexdigest(),
        )
        for incident, number, digest in newest.values()
    )


class Migration(migrations.Migration):
    dependencies = [("incidents", "0005_the_room")]
    operations = [
        migrations.RunPython(seed, migrations.RunPython.noop),
        migrations.RunPython(seal_what_is_there, migrations.RunPython.noop),
    ]
