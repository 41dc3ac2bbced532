"""A version beside the live one, and how far it is let out."""

import django.db.models.deletion
from django.db import migrations, models

import sereno.store.fields


def _of(model: str, **options: object) -> models.ForeignKey:
    return models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=f"store.{model}", **options)


class Migration(migrations.Migration):
    dependencies = (("store", "0009_backtests"),)

    operations = (
        migrations.CreateModel(
            name="FlowStage",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("shop", _of("shop", db_index=False)),
                ("flow", _of("flow", db_index=False)),
                ("version", models.IntegerField()),
                ("live_version", models.IntegerField()),
                ("mode", models.CharField(max_length=6)),
                ("share", models.IntegerField(default=0)),
                ("step", models.IntegerField(default=0)),
                ("ladder", sereno.store.fields.DocumentField()),
                ("limits", sereno.store.fields.DocumentField()),
                ("advance", sereno.store.fields.DocumentField()),
                ("inflight", models.CharField(default="move", max_length=6)),
                ("settle", models.CharField(max_length=6, null=True)),
                ("started_at", sereno.store.fields.InstantField()),
                ("step_at", sereno.store.fields.InstantField()),
                ("ended_at", sereno.store.fields.InstantField(null=True)),
                ("outcome", models.CharField(max_length=8, null=True)),
                ("reason", sereno.store.fields.DocumentField(default=dict)),
                ("by", models.CharField(max_length=200)),
            ],
            options={"db_table": "flow_stage"},
        ),
        migrations.AddIndex(
            model_name="flowstage",
            index=models.Index(fields=["flow", "-id"], name="flow_stage_by_flow"),
        ),
        migrations.AddIndex(
            model_name="flowstage",
            index=models.Index(
                condition=models.Q(("settle__isnull", False)), fields=["id"], name="flow_stage_settling"
            ),
        ),
        migrations.AddConstraint(
            model_name="flowstage",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)), fields=("flow",), name="flow_stage_once"
            ),
        ),
        migrations.CreateModel(
            name="FlowStageStep",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("stage", _of("flowstage", related_name="steps")),
                ("at", sereno.store.fields.InstantField()),
                ("by", models.CharField(max_length=200)),
                ("what", models.CharField(max_length=8)),
                ("mode", models.CharField(max_length=6)),
                ("share", models.IntegerField()),
                ("details", sereno.store.fields.DocumentField(default=dict)),
            ],
            options={"db_table": "flow_stage_step"},
        ),
        migrations.CreateModel(
            name="FlowStageTally",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("stage", _of("flowstage", db_index=False, db_constraint=False)),
                ("is_candidate", models.BooleanField()),
                ("step", models.IntegerField()),
                ("what", models.CharField(max_length=20)),
                ("shard", models.SmallIntegerField()),
                ("count", models.BigIntegerField()),
            ],
            options={
                "db_table": "flow_stage_tally",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("stage", "is_candidate", "step", "what", "shard"), name="flow_stage_tally_once"
                    )
                ],
            },
        ),
        migrations.RemoveConstraint(model_name="flowentry", name="flow_entry_once"),
        migrations.AddField(
            model_name="flowentry",
            name="lane",
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AddConstraint(
            model_name="flowentry",
            constraint=models.UniqueConstraint(fields=("flow", "key", "lane"), name="flow_entry_once"),
        ),
    )
