"""Customer tiers, rules of signals and macros that a new installation starts with."""

from datetime import timedelta

from django.db import migrations

MINUTE = timedelta(minutes=1)

#: slug, name, rank, weight, answer within, acknowledge within (minutes)
TIERS = (
    ("enterprise", "Enterprise", 1, 5, 15, 10),
    ("growth", "Growth", 2, 2, 30, 20),
    ("starter", "Starter", 3, 1, 120, 60),
)

#: name, weighted reports, accounts, needs a VIP, within (minutes), suggests severity, suggests a public post
RULES = (
    ("Three reports in ten minutes", 3, None, False, 10, "SEV3", False),
    ("Five reports and nothing said in public", 5, None, False, 15, "", True),
    ("Ten reports in ten minutes", 10, None, False, 10, "SEV2", False),
    ("A VIP reports", None, 1, True, 30, "SEV2", False),
    ("A VIP and four other customers", None, 5, True, 15, "SEV1", False),
    ("Thirty reports in a quarter of an hour", 30, None, False, 15, "SEV1", False),
)

ANSWER = "Hello {customer},\n\nthank you for telling us. This is what we know now:\n\n{answer}\n\n{next_update}\n\n{status_page}"
SHORT = "Hello {customer},\n\nthank you for telling us: {symptom}\n\n{answer}\n\n{next_update}\n\n{status_page}"
OVER = (
    "Hello {customer},\n\nyou told us of a problem: {symptom}\n\nIt is over. This is what we said about it last:\n\n"
    "{answer}\n\nIf you still see it, please write to us once more.\n\n{status_page}"
)
OVER_ENTERPRISE = (
    "Hello {customer},\n\nyou told us of a problem: {symptom}\n\nIt is over. This is what we said about it last:\n\n"
    "{answer}\n\nYour account manager will be in touch with you about it. If you still see it, please write to us at "
    "once.\n\n{status_page}"
)

#: name, body, tier, for follow-up
MACROS = (
    ("What we know now", ANSWER, "", False),
    ("We have your report", SHORT, "", False),
    ("It is over", OVER, "", True),
    ("It is over, Enterprise", OVER_ENTERPRISE, "enterprise", True),
)


def seed(apps, schema_editor):
    tiers = apps.get_model("incidents", "CustomerTier")
    for slug, name, rank, weight, answer, acknowledge in TIERS:
        fields = {"name": name, "rank": rank, "weight": weight}
        fields |= {"answer_within": answer * MINUTE, "acknowledge_within": acknowledge * MINUTE}
        tiers.objects.get_or_create(slug=slug, defaults=fields)
    rules = apps.get_model("incidents", "SignalRule")
    for name, reports, accounts, needs_vip, within, severity, post in RULES:
        fields = {"reports": reports, "accounts": accounts, "needs_vip": needs_vip, "within": within * MINUTE}
        fields |= {"suggests_severity": severity, "suggests_public_post": post}
        rules.objects.get_or_create(name=name, defaults=fields)
    macros = apps.get_model("incidents", "Macro")
    for name, body, tier, is_last in MACROS:
        fields = {"body": body, "tier": tier, "for_follow_up": is_last}
        macros.objects.get_or_create(name=name, language="en", defaults=fields)


class Migration(migrations.Migration):
    dependencies = [("incidents", "0009_seed_policies")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
