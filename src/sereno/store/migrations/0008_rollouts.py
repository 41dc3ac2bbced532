"""What versions and the live view need: where runs stand, what failed where, and how often each step was reached."""

import json
from datetime import UTC, datetime

import django.db.models.deletion
from django.db import migrations, models

import sereno.store.fields
from sereno.engine.tallies import HOURS_KEPT, hour_of, places_of

PAGE = 2000


def count_what_was(apps, schema_editor):
    """Runs of before have traces, and are counted from them; hours that would be forgotten by now only in the whole."""
    connection = schema_editor.connection
    first = hour_of(datetime.now(UTC)) - HOURS_KEPT
    counts: dict[tuple[int, int, int, str], int] = {}
    after = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT run_trace.id, run.flow_id, run.version, run_trace.entries FROM run_trace "
                "JOIN run ON run.id = run_trace.run_id WHERE run_trace.id > %s ORDER BY run_trace.id LIMIT %s",
                [after, PAGE],
            )
            rows = cursor.fetchall()
            if not rows:
                break
            after = rows[-1][0]
            for _, flow, version, entries in rows:
                for entry in json.loads(entries) if isinstance(entries, str) else entries:
                    hour = hour_of(datetime.fromisoformat(entry["at"]))
                    for place in places_of(entry.get("step", ""), entry["code"], entry.get("details") or {}):
                        for at in (0, hour) if hour >= first else (0,):
                            key = (flow, version, at, place[:250])
                            counts[key] = counts.get(key, 0) + 1
    tally = apps.get_model("store", "StepTally")
    tally.objects.bulk_create(
        [
            tally(flow_id=flow, version=version, hour=hour, place=place, shard=0, count=count)
            for (flow, version, hour, place), count in counts.items()
        ],
        batch_size=500,
    )


class Migration(migrations.Migration):
    dependencies = [("store", "0007_leftovers")]
    operations = [
        migrations.CreateModel(
            name="FlowOrigin",
            fields=[
                (
                    "flow",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="origin",
                        serialize=False,
                        to="store.flow",
                    ),
                ),
                ("template", models.CharField(max_length=100)),
                ("digest", models.CharField(max_length=64)),
                ("document", models.TextField()),
                ("installed_at", sereno.store.fields.InstantField()),
            ],
            options={"db_table": "flow_origin"},
        ),
        migrations.CreateModel(
            name="StepTally",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("version", models.IntegerField()),
                ("hour", models.IntegerField(db_index=True)),
                ("place", models.CharField(max_length=250)),
                ("shard", models.SmallIntegerField()),
                ("count", models.BigIntegerField()),
                (
                    "flow",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="store.flow",
                    ),
                ),
            ],
            options={
                "db_table": "step_tally",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("flow", "version", "hour", "place", "shard"), name="step_tally_once"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                fields=["flow", "version", "step", "status"],
                condition=models.Q(("status__in", ("running", "waiting", "parked", "failed"))),
                name="run_standing",
            ),
        ),
        migrations.AddIndex(
            model_name="effect",
            index=models.Index(
                fields=["flow", "step", "created_at"],
                condition=models.Q(("status", "failed")),
                name="effect_failed_at",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["shop", "connection", "id"], name="event_recent"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["flow", "started_at"], name="run_begun"),
        ),
        migrations.RemoveIndex(model_name="effect", name="effect_by_flow"),
        migrations.AddIndex(
            model_name="effect",
            index=models.Index(fields=["flow", "status", "-id"], name="effect_by_status"),
        ),
        migrations.AddIndex(
            model_name="approval",
            index=models.Index(fields=["shop", "id"], condition=models.Q(("status", "open")), name="approval_open"),
        ),
        migrations.AddIndex(
            model_name="suppression",
            index=models.Index(fields=["shop", "id"], name="suppression_recent"),
        ),
        migrations.RunPython(count_what_was, migrations.RunPython.noop, elidable=True),
    ]
