"""Whatever tells of a person is found by them, so that it goes with them."""

import django.db.models.deletion
from django.db import migrations, models

_SHOP = {
    "db_constraint": False,
    "db_index": False,
    "on_delete": django.db.models.deletion.CASCADE,
    "related_name": "+",
    "to": "store.shop",
}


class Migration(migrations.Migration):
    dependencies = [
        ("segments", "0002_kept_in_order"),
    ]

    operations = [
        migrations.DeleteModel(name="SnapshotMember"),
        migrations.DeleteModel(name="Touched"),
        migrations.CreateModel(
            name="SnapshotMember",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "snapshot_id", "person_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("snapshot_id", models.BigIntegerField()),
                ("person_id", models.BigIntegerField()),
            ],
            options={"db_table": "segments_snapshot_member"},
        ),
        migrations.CreateModel(
            name="Touched",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=200)),
                ("shop", models.ForeignKey(**_SHOP)),
            ],
            options={
                "db_table": "segments_touched",
                "indexes": [models.Index(fields=["shop", "key"], name="segments_touched_key")],
                "constraints": [models.UniqueConstraint(fields=("shop", "key"), name="segments_touched_once")],
            },
        ),
        migrations.AddIndex("person", models.Index(fields=["shop", "key"], name="segments_person_key")),
        migrations.AddIndex("member", models.Index(fields=["person_id"], name="segments_member_person")),
    ]
