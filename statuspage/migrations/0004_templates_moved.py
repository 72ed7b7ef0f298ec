"""The texts of pages become message templates, which the whole product keeps; reversible both ways."""

from django.db import migrations

STATUSES = [
    ("investigating", "Investigating"),
    ("identified", "Identified"),
    ("monitoring", "Monitoring"),
    ("resolved", "Resolved"),
    ("postmortem", "Postmortem"),
]


def move(apps, schema_editor):
    """Each text keeps its words and whether it was approved; its name says page and status."""
    templates = apps.get_model("incidents", "MessageTemplate")
    texts = apps.get_model("statuspage", "UpdateTemplate")
    labels = dict(STATUSES)
    for text in texts.objects.select_related("page").order_by("pk"):
        name = f"{text.page.name}: {labels[text.status].lower()}"[:90]
        taken = templates.objects.filter(audience="public", language="en", page=text.page.slug)
        if taken.filter(name=name).exists():
            name = f"{name} ({text.pk})"
        templates.objects.create(
            name=name,
            audience="public",
            phase=text.status,
            language="en",
            page=text.page.slug,
            title=text.title,
            body=text.body,
            is_approved=text.is_approved,
        )


def move_back(apps, schema_editor):
    """One approved text for each status of a page, as it was; what else there is stays a message template."""
    templates = apps.get_model("incidents", "MessageTemplate")
    texts = apps.get_model("statuspage", "UpdateTemplate")
    pages = {page.slug: page for page in apps.get_model("statuspage", "StatusPage").objects.all()}
    rows = templates.objects.filter(audience="public", impact="", language="en", is_holding=False, is_active=True)
    for row in rows.exclude(phase="").filter(page__in=pages).order_by("pk"):
        page = pages[row.page]
        has_approved = texts.objects.filter(page=page, status=row.phase, is_approved=True).exists()
        texts.objects.create(
            page=page,
            status=row.phase,
            title=row.title,
            body=row.body,
            is_approved=row.is_approved and not has_approved,
        )
        row.delete()


class Migration(migrations.Migration):
    dependencies = [("statuspage", "0003_page_voices"), ("incidents", "0008_seed_templates")]
    operations = [
        migrations.RunPython(move, move_back),
        migrations.DeleteModel(name="UpdateTemplate"),
    ]
