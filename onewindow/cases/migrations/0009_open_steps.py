"""What a case waits for, by post: until now an index into the review steps."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

STAGES = {
    **dict.fromkeys(
        ("prereview", "returned", "passed", "submitted", "received", "correcting"), ("intake", "受理", "clerk")
    ),
    "deciding": ("decide", "决定", "decider"),
    "decided": ("delivery", "送达", "clerk"),
    "delivered": ("delivery", "送达", "clerk"),
}


def take_over(apps, schema_editor):
    Case = apps.get_model("cases", "Case")
    open_ones = Case.objects.exclude(
        state__in=["draft", "finished", "refused", "withdrawn", "lapsed", "terminated", "outside", "outside_done"]
    ).select_related("version")
    for case in open_ones.iterator(chunk_size=200):
        key, name, post, days, unit = _now(case)
        since = (case.step_at or case.submitted_at or case.created_at).isoformat()
        case.open_steps = [{
            "key": key, "name": name, "post": post, "agency": "", "days": days, "unit": unit, "since": since,
            "user": 0, "holder": "", "note": "",
        }]  # fmt: skip
        at = f"{case.agency_id}/{post}"
        case.awaits = [] if case.state in {"returned", "passed", "correcting"} else [at, f"{at}@"]
        case.save(update_fields=["open_steps", "awaits"])


def _now(case):
    reviews = [step for step in case.version.body["steps"] if step["key"] == "review"]
    if case.state in {"reviewing", "paused"} and case.step < len(reviews):
        step = reviews[case.step]
        return f"review-{case.step}", step["name"], step["post"], step["days"], step["unit"]
    return *STAGES.get(case.state, STAGES["deciding"]), 0, "working"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_standing_in"),
        ("cases", "0008_outside_system"),
    ]

    operations = [
        migrations.AddField("case", "open_steps", models.JSONField(blank=True, default=list)),
        migrations.AddField(
            "case",
            "awaits",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField(
            "case",
            "partners",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=20), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField("case", "recused", models.JSONField(blank=True, default=list)),
        migrations.RunPython(take_over, migrations.RunPython.noop),
        migrations.RemoveField("case", "step_at"),
        migrations.AddIndex("case", django.contrib.postgres.indexes.GinIndex(fields=["awaits"], name="case_awaits")),
        migrations.AddIndex(
            "case", django.contrib.postgres.indexes.GinIndex(fields=["partners"], name="case_partners")
        ),
    ]
