"""What was written to shops' platforms and may come back as news."""

import django.db.models.deletion
from django.db import migrations, models

import sereno.store.fields


def _key(to: str) -> models.ForeignKey:
    return models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, to=to)


class Migration(migrations.Migration):
    dependencies = (("store", "0017_stores"),)

    operations = (
        migrations.CreateModel(
            name="StoreEcho",
            fields=(
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("effect_key", models.CharField(max_length=300)),
                ("ability", models.CharField(max_length=32)),
                ("link", models.CharField(max_length=250)),
                ("nouns", models.CharField(max_length=100)),
                ("marks", models.TextField()),
                ("record_version", sereno.store.fields.InstantField(null=True)),
                ("begun_at", sereno.store.fields.InstantField()),
                ("settled_at", sereno.store.fields.InstantField(null=True)),
                ("version", sereno.store.fields.InstantField(null=True)),
                ("flow", _key("store.flow")),
                ("shop", _key("store.shop")),
            ),
            options={
                "db_table": "store_echo",
                "constraints": (
                    models.UniqueConstraint(fields=("effect_key", "ability", "link"), name="store_echo_once"),
                ),
                "indexes": (
                    models.Index(fields=("shop", "link"), name="store_echo_link"),
                    models.Index(fields=("begun_at",), name="store_echo_age"),
                ),
            },
        ),
    )
