# Apart from 0004: no index can be made in the transaction that has changed the rows.

from django.db import migrations, models


def former_mandates(apps, schema_editor):
    """They were in force as soon as they were registered; a legal representative was one by name and whole scope."""
    mandates = apps.get_model("accounts", "Mandate").objects
    mandates.update(proven_at=models.F("created_at"), proven_how="own_word")
    bodies = mandates.filter(principal_organisation__isnull=False)
    bodies.update(ground="operator")
    legal = bodies.filter(scope=[], principal_organisation__legal_representative=models.F("agent__name"))
    first = legal.values("agent", "principal_organisation").annotate(first=models.Min("pk")).values_list("first", flat=True)
    mandates.filter(pk__in=list(first)).update(ground="legal")


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_mandate_grounds'),
    ]

    operations = [migrations.RunPython(former_mandates, migrations.RunPython.noop)]
