"""What may reach a person, when, and on what ground."""

import django.db.models.deletion
from django.db import migrations, models

import sereno.store.fields


class Migration(migrations.Migration):
    dependencies = (("store", "0010_stages"),)

    operations = (
        migrations.CreateModel(
            name="MessageSlot",
            fields=[
                ("key", models.CharField(max_length=300, primary_key=True, serialize=False)),
                ("flow_id", models.BigIntegerField()),
                ("run_id", models.BigIntegerField()),
                ("channel", models.CharField(max_length=16)),
                ("purpose", models.CharField(max_length=16)),
                ("person", models.CharField(max_length=200)),
                ("address", models.CharField(max_length=320)),
                ("status", models.CharField(max_length=7)),
                ("at", sereno.store.fields.InstantField()),
                ("wanted_at", sereno.store.fields.InstantField()),
                ("expires_at", sereno.store.fields.InstantField(null=True)),
                ("priority", models.SmallIntegerField()),
                ("merge", models.CharField(max_length=320, null=True)),
                ("reason", models.CharField(max_length=64, null=True)),
                ("details", sereno.store.fields.DocumentField(null=True)),
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
                "db_table": "message_slot",
                "indexes": [
                    models.Index(fields=["shop", "person", "at"], name="message_slot_person"),
                    models.Index(fields=["shop", "address", "at"], name="message_slot_address"),
                    models.Index(
                        condition=models.Q(("status", "waiting")),
                        fields=["shop", "at", "key"],
                        name="message_slot_waits",
                    ),
                    models.Index(
                        condition=models.Q(("status", "sent")), fields=["shop", "at"], name="message_slot_sent"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShadowSlot",
            fields=[
                ("key", models.CharField(max_length=300, primary_key=True, serialize=False)),
                ("flow_id", models.BigIntegerField()),
                ("version", models.IntegerField()),
                ("channel", models.CharField(max_length=16)),
                ("purpose", models.CharField(max_length=16)),
                ("person", models.CharField(max_length=200)),
                ("address", models.CharField(max_length=320)),
                ("at", sereno.store.fields.InstantField()),
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
                "db_table": "shadow_slot",
                "indexes": [
                    models.Index(fields=["shop", "person", "at"], name="shadow_slot_person"),
                    models.Index(fields=["shop", "address", "at"], name="shadow_slot_address"),
                    models.Index(fields=["at"], name="shadow_slot_at"),
                ],
            },
        ),
    )
