"""Where orders stand in Sereno itself, and tickets to pick or make them."""

import django.db.models.deletion
from django.db import migrations, models

import sereno.store.fields


def projected() -> list[tuple[str, models.Field]]:
    return [
        ("id", models.BigAutoField(primary_key=True, serialize=False)),
        ("key", models.CharField(max_length=200)),
        ("version", models.BigIntegerField()),
        ("data", sereno.store.fields.DocumentField()),
        ("seen_at", sereno.store.fields.InstantField()),
        ("subject", models.CharField(max_length=210, null=True)),
        ("warehouse", models.CharField(max_length=100, null=True)),
        (
            "shop",
            models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.shop"
            ),
        ),
    ]


class Migration(migrations.Migration):
    dependencies = (("orders", "0003_carts_found_by_person"), ("store", "0017_stores"))

    operations = (
        migrations.CreateModel(
            "OrderStanding",
            fields=[
                *projected(),
                ("is_held", models.BooleanField(null=True)),
                ("is_verified", models.BooleanField(null=True)),
                ("held_at", sereno.store.fields.InstantField(null=True)),
                ("team", models.CharField(max_length=100, null=True)),
                ("queue", models.CharField(max_length=100, null=True)),
            ],
            options={
                "db_table": "orders_standing",
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_held", True)),
                        fields=["shop", "held_at", "id"],
                        name="orders_standing_held",
                    ),
                    models.Index(fields=["shop", "queue", "-id"], name="orders_standing_queue"),
                    models.Index(fields=["shop", "warehouse", "-id"], name="orders_standing_house"),
                    models.Index(fields=["shop", "team", "-id"], name="orders_standing_team"),
                    models.Index(fields=["shop", "subject"], name="orders_standing_subject"),
                ],
                "constraints": [models.UniqueConstraint(fields=("shop", "key"), name="orders_standing_once")],
            },
        ),
        migrations.CreateModel(
            "PickTicket",
            fields=[
                *projected(),
                ("kind", models.CharField(max_length=8, null=True)),
                ("created_at", sereno.store.fields.InstantField(null=True)),
            ],
            options={
                "db_table": "orders_ticket",
                "indexes": [models.Index(fields=["shop", "subject"], name="orders_ticket_subject")],
                "constraints": [models.UniqueConstraint(fields=("shop", "key"), name="orders_ticket_once")],
            },
        ),
    )
