"""Drafts with revisions."""

import django.db.models.deletion
from django.db import migrations, models

import sereno.store.fields


class Migration(migrations.Migration):
    dependencies = [("store", "0002_tuning")]
    operations = [
        migrations.CreateModel(
            name="FlowDraftChange",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("revision", models.IntegerField()),
                ("text", models.TextField()),
                ("what", models.CharField(max_length=200)),
                ("by", models.CharField(max_length=200)),
                ("at", sereno.store.fields.InstantField()),
                ("back", models.IntegerField(null=True)),
                ("forth", models.IntegerField(null=True)),
                (
                    "flow",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.flow"),
                ),
            ],
            options={
                "db_table": "flow_draft_change",
                "constraints": [
                    models.UniqueConstraint(fields=("flow", "revision"), name="flow_draft_change_once"),
                ],
            },
        ),
    ]
