"""Requests of people about their data, and how long things are kept."""

import django.db.models.deletion
from django.db import migrations, models

import sereno.store.fields
from sereno.store.fields import InstantField


class Migration(migrations.Migration):
    dependencies = (("store", "0014_limits"),)

    operations = (
        migrations.CreateModel(
            name="Erased",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("digest", models.CharField(max_length=64)),
                ("at", InstantField()),
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
                "db_table": "erased",
                "constraints": (models.UniqueConstraint(fields=("shop", "digest"), name="erased_once"),),
            },
        ),
        migrations.CreateModel(
            name="PrivacyRequest",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uid", models.CharField(max_length=64)),
                ("kind", models.CharField(max_length=16)),
                ("status", models.CharField(max_length=9)),
                ("source", models.CharField(max_length=64)),
                ("by", models.CharField(max_length=200)),
                ("digest", models.CharField(max_length=64)),
                ("about", models.TextField(default="")),
                ("work", models.TextField(default="")),
                ("stage", models.CharField(default="", max_length=16)),
                ("worker", models.CharField(max_length=64, null=True)),
                ("lease_until", InstantField(null=True)),
                ("created_at", InstantField()),
                ("start_at", InstantField(null=True)),
                ("due_at", InstantField()),
                ("finished_at", InstantField(null=True)),
                ("report", sereno.store.fields.DocumentField(default=dict)),
                ("file", models.BinaryField(null=True)),
                ("file_until", InstantField(null=True)),
                ("problem", models.CharField(max_length=500, null=True)),
                (
                    "shop",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.shop"),
                ),
            ],
            options={
                "db_table": "privacy_request",
                "indexes": (
                    models.Index(fields=["shop", "-id"], name="privacy_request_recent"),
                    models.Index(fields=["shop", "digest"], name="privacy_request_about"),
                    models.Index(
                        condition=models.Q(("finished_at__isnull", True)),
                        fields=["shop", "due_at"],
                        name="privacy_request_open",
                    ),
                    models.Index(
                        condition=models.Q(("status__in", ("planned", "running"))),
                        fields=["start_at"],
                        name="privacy_request_due",
                    ),
                    models.Index(
                        condition=models.Q(("file__isnull", False)), fields=["file_until"], name="privacy_request_file"
                    ),
                ),
                "constraints": (models.UniqueConstraint(fields=("shop", "uid"), name="privacy_request_once"),),
            },
        ),
    )
