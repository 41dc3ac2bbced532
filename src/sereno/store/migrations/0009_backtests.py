"""Back-tests and what they found; events by when they happened, for replays read them in that order."""

import django.db.models.deletion
from django.db import migrations, models

import sereno.store.fields


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0008_rollouts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Backtest",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("flow", models.CharField(max_length=100)),
                ("text", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("version", models.IntegerField(null=True)),
                ("base_version", models.IntegerField(null=True)),
                ("origin", models.CharField(default="", max_length=200)),
                ("begin", sereno.store.fields.InstantField(null=True)),
                ("until", sereno.store.fields.InstantField(null=True)),
                ("seed", models.BigIntegerField(default=0)),
                ("status", models.CharField(default="waiting", max_length=9)),
                ("by", models.CharField(max_length=200)),
                ("created_at", sereno.store.fields.InstantField()),
                ("started_at", sereno.store.fields.InstantField(null=True)),
                ("finished_at", sereno.store.fields.InstantField(null=True)),
                ("cancel_at", sereno.store.fields.InstantField(null=True)),
                ("worker", models.CharField(max_length=64, null=True)),
                ("lease_until", sereno.store.fields.InstantField(null=True)),
                ("attempts", models.IntegerField(default=0)),
                ("done", models.BigIntegerField(default=0)),
                ("total", models.BigIntegerField(default=0)),
                ("at", sereno.store.fields.InstantField(null=True)),
                ("error", models.CharField(max_length=64, null=True)),
                ("message", models.CharField(max_length=1000, null=True)),
                ("facts", sereno.store.fields.DocumentField(default=dict)),
                ("summary", sereno.store.fields.DocumentField(null=True)),
            ],
            options={
                "db_table": "backtest",
            },
        ),
        migrations.CreateModel(
            name="BacktestEffect",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("is_live_version", models.BooleanField()),
                ("kind", models.IntegerField()),
                ("at", sereno.store.fields.InstantField()),
            ],
            options={
                "db_table": "backtest_effect",
            },
        ),
        migrations.CreateModel(
            name="BacktestRun",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("is_live_version", models.BooleanField()),
                ("uid", models.CharField(max_length=100)),
                ("subject", models.CharField(max_length=200)),
                ("customer", models.CharField(default="", max_length=200)),
                ("address", models.CharField(default="", max_length=254)),
                ("key", models.CharField(max_length=200)),
                ("event", models.CharField(max_length=270)),
                ("event_type", models.CharField(max_length=100)),
                ("started_at", sereno.store.fields.InstantField()),
                ("ended_at", sereno.store.fields.InstantField(null=True)),
                ("status", models.CharField(max_length=8)),
                ("step", models.CharField(max_length=200)),
                ("reason", models.CharField(max_length=200, null=True)),
                ("effects", models.IntegerField(default=0)),
                ("messages", models.IntegerField(default=0)),
                ("way", models.IntegerField(default=0)),
                ("change", models.CharField(default="", max_length=7)),
                ("pair", models.BigIntegerField(null=True)),
                ("story", models.BinaryField(null=True)),
            ],
            options={
                "db_table": "backtest_run",
            },
        ),
        migrations.CreateModel(
            name="BacktestSkip",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("subject", models.CharField(max_length=200)),
                ("customer", models.CharField(default="", max_length=200)),
                ("address", models.CharField(default="", max_length=254)),
                ("event", models.CharField(max_length=270)),
                ("at", sereno.store.fields.InstantField()),
                ("reason", models.CharField(max_length=64)),
                ("details", sereno.store.fields.DocumentField(default=dict)),
            ],
            options={
                "db_table": "backtest_skip",
            },
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["shop", "occurred_at", "id"], name="event_by_time"),
        ),
        migrations.CreateModel(
            name="BacktestUpload",
            fields=[
                (
                    "backtest",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="store.backtest",
                    ),
                ),
                ("body", models.BinaryField()),
            ],
            options={
                "db_table": "backtest_upload",
            },
        ),
        migrations.AddField(
            model_name="backtest",
            name="shop",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="store.shop"),
        ),
        migrations.AddField(
            model_name="backtesteffect",
            name="backtest",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.backtest"
            ),
        ),
        migrations.AddField(
            model_name="backtestrun",
            name="backtest",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.backtest"
            ),
        ),
        migrations.AddField(
            model_name="backtestrun",
            name="shop",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.shop"
            ),
        ),
        migrations.AddField(
            model_name="backtesteffect",
            name="run",
            field=models.ForeignKey(
                db_constraint=False, on_delete=django.db.models.deletion.CASCADE, to="store.backtestrun"
            ),
        ),
        migrations.AddField(
            model_name="backtestskip",
            name="backtest",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.backtest"
            ),
        ),
        migrations.AddField(
            model_name="backtestskip",
            name="shop",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.shop"
            ),
        ),
        migrations.AddIndex(
            model_name="backtest",
            index=models.Index(fields=["shop", "flow", "-id"], name="backtest_by_flow"),
        ),
        migrations.AddIndex(
            model_name="backtest",
            index=models.Index(
                condition=models.Q(("status__in", ("waiting", "running", "forgotten"))),
                fields=["id"],
                name="backtest_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="backtest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "running")), fields=("shop",), name="backtest_one_at_a_time"
            ),
        ),
        migrations.AddIndex(
            model_name="backtestrun",
            index=models.Index(fields=["backtest", "is_live_version", "id"], name="backtest_run_all"),
        ),
        migrations.AddIndex(
            model_name="backtestrun",
            index=models.Index(fields=["backtest", "is_live_version", "change", "id"], name="backtest_run_change"),
        ),
        migrations.AddIndex(
            model_name="backtestrun",
            index=models.Index(fields=["backtest", "is_live_version", "way", "id"], name="backtest_run_way"),
        ),
        migrations.AddIndex(
            model_name="backtestrun",
            index=models.Index(fields=["shop", "subject"], name="backtest_run_subject"),
        ),
        migrations.AddIndex(
            model_name="backtestrun",
            index=models.Index(fields=["shop", "customer"], name="backtest_run_customer"),
        ),
        migrations.AddIndex(
            model_name="backtestrun",
            index=models.Index(fields=["shop", "address"], name="backtest_run_address"),
        ),
        migrations.AddIndex(
            model_name="backtesteffect",
            index=models.Index(fields=["backtest", "is_live_version", "kind", "id"], name="backtest_effect_kind"),
        ),
        migrations.AddIndex(
            model_name="backtestskip",
            index=models.Index(fields=["backtest", "reason", "id"], name="backtest_skip_reason"),
        ),
        migrations.AddIndex(
            model_name="backtestskip",
            index=models.Index(fields=["backtest", "event"], name="backtest_skip_event"),
        ),
        migrations.AddIndex(
            model_name="backtestskip",
            index=models.Index(fields=["shop", "subject"], name="backtest_skip_subject"),
        ),
        migrations.AddIndex(
            model_name="backtestskip",
            index=models.Index(fields=["shop", "customer"], name="backtest_skip_customer"),
        ),
        migrations.AddIndex(
            model_name="backtestskip",
            index=models.Index(fields=["shop", "address"], name="backtest_skip_address"),
        ),
    ]
