"""What is read back from shops' own platforms: history, the steady reading, the gaps it filled."""

import django.db.models.deletion
from django.db import migrations, models

import sereno.store.fields


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0018_store_writes"),
    ]

    operations = [
        migrations.CreateModel(
            name="Backfill",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kinds", sereno.store.fields.DocumentField()),
                ("since", sereno.store.fields.InstantField(null=True)),
                ("until", sereno.store.fields.InstantField()),
                ("status", models.CharField(default="waiting", max_length=9)),
                ("place", models.IntegerField(default=0)),
                ("cursor", models.TextField(default="")),
                ("counts", sereno.store.fields.DocumentField(default=dict)),
                ("by", models.CharField(max_length=200)),
                ("created_at", sereno.store.fields.InstantField()),
                ("started_at", sereno.store.fields.InstantField(null=True)),
                ("finished_at", sereno.store.fields.InstantField(null=True)),
                ("worker", models.CharField(max_length=64, null=True)),
                ("lease_until", sereno.store.fields.InstantField(null=True)),
                ("retry_at", sereno.store.fields.InstantField(null=True)),
                ("failures", models.IntegerField(default=0)),
                ("error", models.CharField(max_length=64, null=True)),
                ("message", models.CharField(max_length=1000, null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.connection"
                    ),
                ),
                ("shop", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="store.shop")),
            ],
            options={
                "db_table": "backfill",
                "indexes": [
                    models.Index(fields=["connection", "-id"], name="backfill_by_connection"),
                    models.Index(
                        condition=models.Q(("status__in", ("waiting", "running"))), fields=["id"], name="backfill_open"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ("waiting", "running", "paused"))),
                        fields=("connection",),
                        name="backfill_one_at_a_time",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Reading",
            fields=[
                (
                    "connection",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="store.connection",
                    ),
                ),
                ("is_on", models.BooleanField(default=True)),
                ("is_poll", models.BooleanField(default=False)),
                ("every", models.IntegerField()),
                ("begin_at", sereno.store.fields.InstantField()),
                ("through_at", sereno.store.fields.InstantField()),
                ("next_at", sereno.store.fields.InstantField()),
                ("pass_since", sereno.store.fields.InstantField(null=True)),
                ("pass_until", sereno.store.fields.InstantField(null=True)),
                ("place", models.IntegerField(default=0)),
                ("cursor", models.TextField(default="")),
                ("counts", sereno.store.fields.DocumentField(default=dict)),
                ("last_counts", sereno.store.fields.DocumentField(default=dict)),
                ("last_started_at", sereno.store.fields.InstantField(null=True)),
                ("last_at", sereno.store.fields.InstantField(null=True)),
                ("failures", models.IntegerField(default=0)),
                ("error", models.CharField(max_length=64, null=True)),
                ("message", models.CharField(max_length=1000, null=True)),
                ("worker", models.CharField(max_length=64, null=True)),
                ("lease_until", sereno.store.fields.InstantField(null=True)),
                ("keeps_subscriptions", models.BooleanField(default=False)),
                ("subscriptions", sereno.store.fields.DocumentField(default=dict)),
                ("looked_at", sereno.store.fields.InstantField(null=True)),
                ("shop", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="store.shop")),
            ],
            options={
                "db_table": "reading",
                "indexes": [models.Index(condition=models.Q(("is_on", True)), fields=["next_at"], name="reading_due")],
            },
        ),
        migrations.CreateModel(
            name="ReadingGap",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("delivery", models.BigIntegerField()),
                ("kind", models.CharField(max_length=32)),
                ("facts", models.IntegerField()),
                ("found_at", sereno.store.fields.InstantField()),
                ("behind", models.IntegerField()),
                (
                    "connection",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="store.connection",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="store.shop",
                    ),
                ),
            ],
            options={
                "db_table": "reading_gap",
                "indexes": [models.Index(fields=["connection", "-id"], name="reading_gap_recent")],
            },
        ),
    ]
