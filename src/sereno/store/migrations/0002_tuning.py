"""PostgreSQL: room on the pages of rows that change often, and a vacuum that keeps up with queues."""

from django.db import migrations

TABLES = {
    "run": "fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000",
    "flow_entry": "fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05",
    "effect": "fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000",
    "event_queue": "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000",
    "delivery": "fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02",
    "run_link": "autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000",
}


def tune(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table, settings in TABLES.items():
            schema_editor.execute(f"ALTER TABLE {table} SET ({settings})")


class Migration(migrations.Migration):
    dependencies = [("store", "0001_initial")]
    operations = [migrations.RunPython(tune, migrations.RunPython.noop)]
