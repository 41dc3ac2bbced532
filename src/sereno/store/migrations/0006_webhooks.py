"""Outgoing webhooks, and the answers the API keeps for requests that come twice."""

import django.db.models.deletion
from django.db import migrations, models

import sereno.store.fields


class Migration(migrations.Migration):
    dependencies = [("store", "0005_content")]
    operations = [
        migrations.CreateModel(
            name="Webhook",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100)),
                ("url", models.CharField(max_length=2000)),
                ("types", sereno.store.fields.DocumentField(default=list)),
                ("secrets", models.TextField(default="")),
                ("status", models.CharField(default="active", max_length=8)),
                ("reason", models.CharField(max_length=500, null=True)),
                ("run", models.BigIntegerField()),
                ("failing_since", sereno.store.fields.InstantField(null=True)),
                ("succeeded_at", sereno.store.fields.InstantField(null=True)),
                ("created_by", models.CharField(default="", max_length=200)),
                ("created_at", sereno.store.fields.InstantField()),
                ("updated_at", sereno.store.fields.InstantField()),
                ("shop", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="store.shop")),
            ],
            options={"db_table": "webhook"},
        ),
        migrations.CreateModel(
            name="ApiAnswer",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("shop", models.BigIntegerField()),
                ("caller", models.CharField(max_length=64)),
                ("key", models.CharField(max_length=200)),
                ("request", models.CharField(max_length=64)),
                ("status", models.SmallIntegerField(null=True)),
                ("headers", sereno.store.fields.DocumentField(default=dict)),
                ("body", models.BinaryField(default=b"")),
                ("begun_at", sereno.store.fields.InstantField()),
            ],
            options={"db_table": "api_answer"},
        ),
        migrations.AddConstraint(
            "apianswer", models.UniqueConstraint(fields=("shop", "caller", "key"), name="api_answer_once")
        ),
        migrations.AddIndex("apianswer", models.Index(fields=["begun_at"], name="api_answer_old")),
    ]
