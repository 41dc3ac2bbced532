"""What stands beside a thing in visits, learned anew of those that were looked at; and which visits were shown what."""

from django.db import migrations, models
from django.db.models.deletion import CASCADE

import sereno.store.fields


def want(apps, schema_editor):
    things = apps.get_model("recommendations", "Thing").objects.using(schema_editor.connection.alias)
    things.filter(seen__gt=0).update(is_due=True)


class Migration(migrations.Migration):
    dependencies = [
        ("recommendations", "0003_since"),
        ("store", "0022_topics"),
    ]

    operations = [
        migrations.AddField("thing", "beside", sereno.store.fields.DocumentField(default=list)),
        migrations.RunPython(want, migrations.RunPython.noop, elidable=True),
        migrations.CreateModel(
            name="ShownVisit",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("visit", models.CharField(max_length=32)),
                ("arm", models.CharField(max_length=8)),
                ("at", sereno.store.fields.InstantField()),
                ("clicked", models.IntegerField(default=0)),
                ("bought", models.CharField(max_length=32, null=True)),
                ("is_ordered", models.BooleanField(default=False)),
                (
                    "shop",
                    models.ForeignKey("store.shop", on_delete=CASCADE, db_index=False, db_constraint=False),
                ),
            ],
            options={
                "db_table": "recommendations_showing",
                "indexes": [
                    models.Index(fields=["shop", "at"], name="recommendations_showing_at"),
                    models.Index(
                        fields=["shop", "bought"],
                        name="recommendations_showing_order",
                        condition=~models.Q(bought=None),
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("shop", "visit"), name="recommendations_showing_once")],
            },
        ),
    ]
