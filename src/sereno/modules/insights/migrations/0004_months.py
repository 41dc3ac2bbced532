"""Sums of calendar months beside those of days, and of all of a shop's day: what was counted before is added up once;
from then on the counting itself keeps them."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

MONTHS = {
    "sqlite": (
        "CAST(strftime('%Y', day * 86400, 'unixepoch') AS INTEGER) * 12"
        " + CAST(strftime('%m', day * 86400, 'unixepoch') AS INTEGER) - 1"
    ),
    "postgresql": (
        "CAST(EXTRACT(YEAR FROM DATE '1970-01-01' + day) * 12"
        " + EXTRACT(MONTH FROM DATE '1970-01-01' + day) - 1 AS integer)"
    ),
}
WHAT = (
    *("sent", "segments", "failed", "withheld", "delivered", "opened", "machine", "clicked", "unsubscribed"),
    *("complained", "bounced", "orders", "revenue", "known", "margin", "codes"),
)
KINDS = "shop_id, source, source_id, step, variant, channel, locale, currency, shard"


def filling(vendor: str) -> tuple[str, str]:
    names, sums = ", ".join(WHAT), ", ".join(f"SUM({one})" for one in WHAT)
    month = MONTHS[vendor]
    months = f"SELECT {KINDS}, {month}, {sums} FROM insights_tally GROUP BY {KINDS}, {month}"  # noqa: S608
    days = (
        f"SELECT shop_id, day, '*', 0, '*', '', channel, '', currency, shard, {sums} "  # noqa: S608
        "FROM insights_tally WHERE step = '*' GROUP BY shop_id, day, channel, currency, shard"
    )
    place = "shop_id, day, source, source_id, step, variant, channel, locale, currency, shard"
    return (
        f"INSERT INTO insights_month ({KINDS}, month, {names}) {months}",
        f"INSERT INTO insights_tally ({place}, {names}) {days}",
    )


def fill(apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        for statement in filling(schema_editor.connection.vendor):
            cursor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [
        ("insights", "0003_days_of_a_source"),
        ("store", "0022_topics"),
    ]

    operations = [
        migrations.CreateModel(
            name="MonthTally",
            fields=[
                ("source", models.CharField(max_length=10)),
                ("source_id", models.BigIntegerField()),
                ("step", models.CharField(max_length=200)),
                ("variant", models.CharField(max_length=64)),
                ("channel", models.CharField(max_length=16)),
                ("locale", models.CharField(max_length=8)),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("currency", models.CharField(max_length=3)),
                ("shard", models.SmallIntegerField()),
                *((name, models.BigIntegerField()) for name in WHAT),
                ("month", models.IntegerField()),
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
                "db_table": "insights_month",
                "indexes": [
                    models.Index(fields=["shop", "source", "source_id", "month"], name="insights_month_source"),
                    models.Index(
                        condition=models.Q(("step", "*")), fields=["shop", "month"], name="insights_month_whole"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            *("shop", "month", "source", "source_id", "step", "variant", "channel", "locale"),
                            *("currency", "shard"),
                        ),
                        name="insights_month_once",
                    )
                ],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
