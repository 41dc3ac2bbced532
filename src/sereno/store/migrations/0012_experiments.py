"""Who was in which arm, and when."""

import django.db.models.deletion
from django.db import migrations, models

import sereno.store.fields


class Migration(migrations.Migration):
    dependencies = (("store", "0011_arbiter"),)

    operations = (
        migrations.CreateModel(
            name="ExperimentSum",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("flow_id", models.BigIntegerField()),
                ("experiment", models.CharField(max_length=200)),
                ("design", models.CharField(max_length=40)),
                ("arm", models.CharField(max_length=64)),
                ("metric", models.CharField(max_length=16)),
                ("day", models.IntegerField()),
                ("total", models.BigIntegerField()),
                ("squares", models.FloatField()),
                ("events", models.BigIntegerField()),
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
                "db_table": "experiment_sum",
                "indexes": [
                    models.Index(
                        condition=models.Q(("day", 0)), fields=["shop", "flow_id"], name="experiment_sum_whole"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("shop", "flow_id", "experiment", "design", "arm", "metric", "day"),
                        name="experiment_sum_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Exposure",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("flow_id", models.BigIntegerField()),
                ("version", models.IntegerField()),
                ("experiment", models.CharField(max_length=200)),
                ("design", models.CharField(max_length=40)),
                ("arm", models.CharField(max_length=64)),
                ("unit", models.CharField(max_length=210)),
                ("customer", models.CharField(max_length=200, null=True)),
                ("at", sereno.store.fields.InstantField()),
                ("until", sereno.store.fields.InstantField()),
                ("due_at", sereno.store.fields.InstantField(null=True)),
                ("looks", models.SmallIntegerField(db_default=0)),
                ("outcome", sereno.store.fields.DocumentField(null=True)),
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
                "db_table": "exposure",
                "indexes": [
                    models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="exposure_due"),
                    models.Index(fields=["shop", "unit"], name="exposure_unit"),
                    models.Index(
                        condition=models.Q(("customer__isnull", False)),
                        fields=["shop", "customer"],
                        name="exposure_customer",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("shop", "flow_id", "experiment", "design", "unit"), name="exposure_first"
                    )
                ],
            },
        ),
    )
