"""Editions of the calendar, and the question every act that reckons days asks in its own statement."""

from django.db import migrations, models
from django.utils import timezone

# VOLATILE: after waiting for the lock it looks with new eyes, whatever the statement around it saw when it began.
EDITION = """
CREATE FUNCTION kernel_calendar_edition() RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(20170, 82);
    RETURN coalesce((SELECT max(number) FROM kernel_calendaredition), 0);
END
$$
"""


def first_edition(apps, schema_editor):
    day, year = (apps.get_model("kernel", name).objects for name in ("CalendarDay", "CalendarYear"))
    if not year.exists():
        return
    off, makeup = (
        {d.isoformat(): name for d, name in day.filter(working=working).order_by("day").values_list("day", "name")}
        for working in (False, True)
    )
    official = sorted(year.filter(official=True).values_list("year", flat=True))
    apps.get_model("kernel", "CalendarEdition").objects.create(
        number=1, at=timezone.now(), source="启用日历版本之前的安排",
        content={"off": off, "makeup": makeup, "official": official},
    )


class Migration(migrations.Migration):
    dependencies = [("kernel", "0003_parked_rows")]

    operations = [
        migrations.CreateModel(
            name="CalendarEdition",
            fields=[
                ("number", models.PositiveIntegerField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("source", models.CharField(max_length=200)),
                ("content", models.JSONField()),
            ],
        ),
        migrations.RunSQL(EDITION, "DROP FUNCTION kernel_calendar_edition()"),
        migrations.RunPython(first_edition, migrations.RunPython.noop),
    ]
