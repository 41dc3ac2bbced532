"""Tables of many rows lie in the order of their keys."""

from django.db import migrations

ROWS = {
    "segments_day": ("shop_id bigint", "kind integer", "person_id bigint", "day integer", "| count integer"),
    "segments_order": (
        *("shop_id bigint", "person_id bigint", "day integer", "order_key varchar(200)"),
        "| amount bigint",
    ),
    "segments_member": (
        *("segment_id bigint", "key varchar(200)"),
        *("| person_id bigint", "is_in smallint", "due integer NULL", "crossings integer", "since_at bigint NULL"),
    ),
    "segments_tally": (
        *("segment_id bigint", "day integer", "slot smallint"),
        *("| began integer", "entered integer", "went integer"),
    ),
}
"""Columns up to the bar are the key."""
INDEXES = (
    "CREATE INDEX segments_order_key ON segments_order (shop_id, order_key)",
    "CREATE INDEX segments_member_due ON segments_member (segment_id, due) WHERE due IS NOT NULL",
)


def keep_in_order(apps, schema_editor):
    """SQLite: the rows lie in the key's own tree, without a second one. PostgreSQL: the key's index holds what is added
    up, so that it need not go to the rows."""
    if schema_editor.connection.vendor != "sqlite":
        for table, column in (("segments_day", "count"), ("segments_order", "amount")):
            key = ", ".join(part.split()[0] for part in ROWS[table] if not part.startswith("|"))
            schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey")
            schema_editor.execute(f"ALTER TABLE {table} ADD PRIMARY KEY ({key}) INCLUDE ({column})")
        return
    for table, parts in ROWS.items():
        bar = next((place for place, part in enumerate(parts) if part.startswith("|")), len(parts))
        columns = [part.removeprefix("| ") for part in parts]
        key = ", ".join(column.split()[0] for column in columns[:bar])
        typed = ", ".join(column if column.endswith("NULL") else f"{column} NOT NULL" for column in columns)
        schema_editor.execute(f"DROP TABLE {table}")
        schema_editor.execute(f"CREATE TABLE {table} ({typed}, PRIMARY KEY ({key})) WITHOUT ROWID")
    for index in INDEXES:
        schema_editor.execute(index)


class Migration(migrations.Migration):
    dependencies = [
        ("segments", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(keep_in_order, migrations.RunPython.noop),
    ]
