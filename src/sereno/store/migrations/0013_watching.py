"""What is expected of flows and connections, and what was missed."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import sereno.store.fields


class Migration(migrations.Migration):
    dependencies = [("store", "0012_experiments"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            name="AlertNote",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("shop", models.BigIntegerField()),
                ("kind", models.CharField(max_length=64)),
                ("about", models.CharField(max_length=300)),
                ("facts", sereno.store.fields.DocumentField()),
                ("count", models.IntegerField()),
                ("at", sereno.store.fields.InstantField()),
            ],
            options={
                "db_table": "alert_note",
            },
        ),
        migrations.CreateModel(
            name="WatchTurn",
            fields=[
                ("name", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("due_at", sereno.store.fields.InstantField()),
                ("after", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "watch_turn",
            },
        ),
        migrations.CreateModel(
            name="AlertTelling",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("shop", models.BigIntegerField()),
                ("at", sereno.store.fields.InstantField()),
            ],
            options={
                "db_table": "alert_telling",
                "indexes": [models.Index(fields=["shop", "at"], name="alert_told")],
            },
        ),
        migrations.CreateModel(
            name="WatchSeries",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=10)),
                ("name", models.CharField(max_length=100)),
                ("first_hour", models.IntegerField()),
                ("last_at", sereno.store.fields.InstantField()),
                ("learned_hour", models.IntegerField(default=0)),
                ("profile", sereno.store.fields.DocumentField(null=True)),
                ("judged", sereno.store.fields.DocumentField(null=True)),
                ("is_ignored", models.BooleanField(default=False)),
                ("tolerance", models.FloatField(db_default=1.0)),
                ("shop", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="store.shop")),
            ],
            options={
                "db_table": "watch_series",
            },
        ),
        migrations.CreateModel(
            name="WatchPause",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("begins_at", sereno.store.fields.InstantField()),
                ("ends_at", sereno.store.fields.InstantField()),
                ("note", models.CharField(default="", max_length=200)),
                ("by", models.CharField(default="", max_length=200)),
                ("shop", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="store.shop")),
                (
                    "series",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to="store.watchseries"),
                ),
            ],
            options={
                "db_table": "watch_pause",
            },
        ),
        migrations.CreateModel(
            name="WatchHour",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("hour", models.IntegerField()),
                ("count", models.IntegerField()),
                ("pause", models.BigIntegerField()),
                ("pause_end", sereno.store.fields.InstantField()),
                (
                    "series",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.watchseries"
                    ),
                ),
            ],
            options={
                "db_table": "watch_hour",
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=64)),
                ("about", models.CharField(max_length=300)),
                ("severity", models.CharField(max_length=8)),
                ("text_code", models.CharField(max_length=64)),
                ("facts", sereno.store.fields.DocumentField()),
                ("status", models.CharField(default="open", max_length=12)),
                ("count", models.BigIntegerField(default=1)),
                ("first_at", sereno.store.fields.InstantField()),
                ("opened_at", sereno.store.fields.InstantField()),
                ("last_at", sereno.store.fields.InstantField()),
                ("settled_at", sereno.store.fields.InstantField(null=True)),
                ("snoozed_until", sereno.store.fields.InstantField(null=True)),
                ("taken_by", models.CharField(default="", max_length=200)),
                ("tell_at", sereno.store.fields.InstantField(null=True)),
                ("quiet_until", sereno.store.fields.InstantField(default=0)),
                ("told", models.IntegerField(default=0)),
                ("told_count", models.BigIntegerField(default=0)),
                ("told_state", models.CharField(default="", max_length=8)),
                ("shop", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="store.shop")),
            ],
            options={
                "db_table": "alert",
                "indexes": [
                    models.Index(
                        condition=models.Q(("tell_at__isnull", False)), fields=["tell_at"], name="alert_to_tell"
                    ),
                    models.Index(fields=["shop", "status", "-id"], name="alert_by_status"),
                    models.Index(fields=["shop", "kind", "about", "-id"], name="alert_about"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "settled"), _negated=True),
                        fields=("shop", "kind", "about"),
                        name="alert_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AlertListener",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("hears", models.CharField(max_length=8)),
                ("quiet_from", models.SmallIntegerField(null=True)),
                ("quiet_until", models.SmallIntegerField(null=True)),
                ("shop", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="store.shop")),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "db_table": "alert_listener",
                "constraints": [models.UniqueConstraint(fields=("shop", "user"), name="alert_listener_once")],
            },
        ),
        migrations.AddConstraint(
            model_name="watchseries",
            constraint=models.UniqueConstraint(fields=("shop", "kind", "name"), name="watch_series_once"),
        ),
        migrations.AddIndex(
            model_name="watchpause",
            index=models.Index(fields=["shop", "ends_at"], name="watch_pause_of"),
        ),
        migrations.AddConstraint(
            model_name="watchhour",
            constraint=models.UniqueConstraint(fields=("series", "hour"), name="watch_hour_once"),
        ),
    ]
