"""Budgets, spending, approvals by several, switches."""

import django.db.models.deletion
from django.db import migrations, models

import sereno.store.fields


def _key(to, **options):
    return models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=to, **options)


class Migration(migrations.Migration):
    dependencies = (("store", "0013_watching"),)

    operations = (
        migrations.AddField(
            model_name="approval", name="not_by", field=models.CharField(db_default="", max_length=254)
        ),
        migrations.AddField(model_name="approval", name="part", field=models.SmallIntegerField(db_default=0)),
        migrations.AddField(model_name="effect", name="counted_at", field=sereno.store.fields.InstantField(null=True)),
        migrations.CreateModel(
            name="Deputy",
            fields=(
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("person", models.CharField(max_length=254)),
                ("deputy", models.CharField(max_length=254)),
                ("since_at", sereno.store.fields.InstantField()),
                ("until_at", sereno.store.fields.InstantField()),
                ("shop", _key("store.shop", db_index=False)),
            ),
            options={
                "db_table": "deputy",
                "constraints": (models.UniqueConstraint(fields=("shop", "person"), name="deputy_once"),),
            },
        ),
        migrations.CreateModel(
            name="FlowUse",
            fields=(
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("span", models.CharField(max_length=32)),
                ("used", models.CharField(default="0", max_length=40)),
                ("raised_to", models.CharField(max_length=40, null=True)),
                ("at", sereno.store.fields.InstantField(db_index=True)),
                ("flow", _key("store.flow", db_constraint=False, db_index=False)),
            ),
            options={
                "db_table": "flow_use",
                "constraints": (models.UniqueConstraint(fields=("flow", "span"), name="flow_use_once"),),
            },
        ),
        migrations.CreateModel(
            name="LimitQuestion",
            fields=(
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=20)),
                ("span", models.CharField(max_length=32)),
                ("currency", models.CharField(default="", max_length=3)),
                ("limit", models.CharField(max_length=40)),
                ("wanted", models.CharField(max_length=40)),
                ("status", models.CharField(default="open", max_length=8)),
                ("allowed", models.CharField(max_length=40, null=True)),
                ("note", models.CharField(default="", max_length=500)),
                ("created_at", sereno.store.fields.InstantField()),
                ("decided_at", sereno.store.fields.InstantField(null=True)),
                ("decided_by", models.CharField(max_length=200, null=True)),
                ("flow", _key("store.flow", db_constraint=False)),
                ("run", _key("store.run", db_constraint=False, null=True)),
                ("shop", _key("store.shop", db_index=False)),
            ),
            options={
                "db_table": "limit_question",
                "indexes": (models.Index(fields=("shop", "-id"), name="limit_question_newest"),),
                "constraints": (
                    models.UniqueConstraint(
                        condition=models.Q(("status", "open")), fields=("flow",), name="limit_question_open"
                    ),
                ),
            },
        ),
        migrations.CreateModel(
            name="Switch",
            fields=(
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=10)),
                ("name", models.CharField(max_length=200)),
                ("actions", models.TextField(default="")),
                ("reason", models.CharField(max_length=500)),
                ("by", models.CharField(max_length=200)),
                ("at", sereno.store.fields.InstantField()),
                ("shop", _key("store.shop", db_index=False)),
            ),
            options={
                "db_table": "switch",
                "constraints": (models.UniqueConstraint(fields=("shop", "kind", "name"), name="switch_once"),),
            },
        ),
    )
