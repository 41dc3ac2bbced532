"""What people bought by line of an order, what the catalogue says of it, and where they live."""

import django.db.models.deletion
from django.db import migrations, models

_SHOP = {
    "db_constraint": False,
    "db_index": False,
    "on_delete": django.db.models.deletion.CASCADE,
    "related_name": "+",
    "to": "store.shop",
}


def _key(*names):
    return models.CompositePrimaryKey(*names, blank=True, editable=False, primary_key=True, serialize=False)


class Migration(migrations.Migration):
    dependencies = [
        ("segments", "0003_found_by_person"),
    ]

    operations = [
        *(migrations.AddField("person", axis, models.FloatField(null=True)) for axis in "xyz"),
        migrations.AlterField("shopstate", "stage", models.CharField(default="goods", max_length=8)),
        migrations.CreateModel(
            name="Line",
            fields=[
                ("pk", _key("shop", "person_id", "day", "order", "number")),
                ("person_id", models.BigIntegerField()),
                ("day", models.IntegerField()),
                ("order", models.CharField(db_column="order_key", max_length=200)),
                ("number", models.IntegerField()),
                ("product", models.BigIntegerField()),
                ("sku", models.BigIntegerField()),
                ("amount", models.BigIntegerField()),
                ("shop", models.ForeignKey(**_SHOP)),
            ],
            options={
                "db_table": "segments_line",
                "indexes": [models.Index(fields=["shop", "order"], name="segments_line_key")],
            },
        ),
        migrations.CreateModel(
            name="Mark",
            fields=[
                ("pk", _key("shop", "mark", "product")),
                ("mark", models.BigIntegerField()),
                ("product", models.BigIntegerField()),
                ("shop", models.ForeignKey(**_SHOP)),
            ],
            options={
                "db_table": "segments_mark",
                "indexes": [models.Index(fields=["shop", "product"], name="segments_mark_product")],
            },
        ),
        migrations.CreateModel(
            name="Locality",
            fields=[
                ("pk", _key("shop", "country", "postal_code")),
                ("country", models.CharField(max_length=8)),
                ("postal_code", models.CharField(max_length=200)),
                ("north", models.FloatField()),
                ("east", models.FloatField()),
                ("shop", models.ForeignKey(**_SHOP)),
            ],
            options={"db_table": "segments_locality"},
        ),
    ]
