"""More of what is known of a person; which products they looked at, wished or wait for; and no index twice. People are
read anew, with what they did so far, in the background."""

import django.db.models.deletion
from django.db import migrations, models

_LOOK = (
    "shop_id bigint NOT NULL, kind integer NOT NULL, person_id bigint NOT NULL, day integer NOT NULL, "
    "product bigint NOT NULL, count integer NOT NULL"
)
_KEY = "shop_id, kind, person_id, day, product"


def _text():
    return models.CharField(max_length=200, null=True)


def _day():
    return models.IntegerField(null=True)


def _number():
    return models.FloatField(null=True)


FIELDS = {
    "phone": _text(),
    "birthday": _day(),
    "last_seen_on": _day(),
    "lead_score": _number(),
    "lead_stage": _text(),
    "form": _text(),
    "form_on": _day(),
    "nps": _number(),
    "satisfaction": _number(),
    "opinion_on": _day(),
    "tier": _text(),
    "points": _number(),
    "store_credit": models.BigIntegerField(null=True),
    "last_channel": _text(),
    "telegram": _text(),
    "takes_push": models.SmallIntegerField(null=True),
    "wishes": _number(),
    "waits": _number(),
    "answers": models.TextField(null=True),
    "topics": models.TextField(null=True),
}


def keep_in_order(apps, schema_editor):
    """SQLite: the rows lie in the key's own tree. PostgreSQL: the key's index holds what is added up."""
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TABLE segments_look")
        schema_editor.execute(f"CREATE TABLE segments_look ({_LOOK}, PRIMARY KEY ({_KEY})) WITHOUT ROWID")
    else:
        schema_editor.execute("ALTER TABLE segments_look DROP CONSTRAINT segments_look_pkey")
        schema_editor.execute(f"ALTER TABLE segments_look ADD PRIMARY KEY ({_KEY}) INCLUDE (count)")


def gather_again(apps, schema_editor):
    schema_editor.execute("UPDATE segments_shop SET stage = 'people', cursor = 0 WHERE stage <> 'goods'")


class Migration(migrations.Migration):
    dependencies = [
        ("segments", "0005_lines_in_order"),
    ]

    operations = [
        *(migrations.AddField("person", name, field) for name, field in FIELDS.items()),
        migrations.CreateModel(
            name="Look",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        *("shop", "kind", "person_id", "day", "product"),
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("kind", models.IntegerField()),
                ("person_id", models.BigIntegerField()),
                ("day", models.IntegerField()),
                ("product", models.BigIntegerField()),
                ("count", models.IntegerField()),
                (
                    "shop",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="store.shop",
                    ),
                ),
            ],
            options={"db_table": "segments_look"},
        ),
        migrations.RemoveIndex("person", "segments_person_key"),
        migrations.RemoveIndex("touched", "segments_touched_key"),
        migrations.RunPython(keep_in_order, migrations.RunPython.noop),
        migrations.RunPython(gather_again, migrations.RunPython.noop, elidable=True),
    ]
