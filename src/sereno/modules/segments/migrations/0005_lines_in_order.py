"""Rows of what was bought lie in the order of their keys; and all that segments count is gathered anew."""

from django.db import migrations

ROWS = {
    "segments_line": (
        "shop_id bigint NOT NULL, person_id bigint NOT NULL, day integer NOT NULL, order_key varchar(200) NOT NULL, "
        "number integer NOT NULL, product bigint NOT NULL, sku bigint NOT NULL, amount bigint NOT NULL",
        "shop_id, person_id, day, order_key, number",
        ("CREATE INDEX segments_line_key ON segments_line (shop_id, order_key)",),
    ),
    "segments_mark": (
        "shop_id bigint NOT NULL, mark bigint NOT NULL, product bigint NOT NULL",
        "shop_id, mark, product",
        ("CREATE INDEX segments_mark_product ON segments_mark (shop_id, product)",),
    ),
}


def keep_in_order(apps, schema_editor):
    """SQLite: the rows lie in the key's own tree."""
    if schema_editor.connection.vendor == "sqlite":
        for table, (columns, key, indexes) in ROWS.items():
            schema_editor.execute(f"DROP TABLE {table}")
            schema_editor.execute(f"CREATE TABLE {table} ({columns}, PRIMARY KEY ({key})) WITHOUT ROWID")
            for index in indexes:
                schema_editor.execute(index)
    schema_editor.execute("UPDATE segments_shop SET stage = 'goods', cursor = 0")


class Migration(migrations.Migration):
    dependencies = [
        ("segments", "0004_what_was_bought_and_where"),
    ]

    operations = [
        migrations.RunPython(keep_in_order, migrations.RunPython.noop),
    ]
