"""Effects have a class they go out in, and may be called back while they are under way; runs of a flow that is resumed are
woken a page at a time."""

import django.db.models.deletion
from django.db import migrations, models

import sereno.store.fields


class Migration(migrations.Migration):
    dependencies = [("store", "0006_webhooks")]
    operations = [
        migrations.CreateModel(
            name="FlowWaking",
            fields=[
                (
                    "flow",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="store.flow",
                    ),
                ),
                ("after", models.BigIntegerField(default=0)),
            ],
            options={"db_table": "flow_waking"},
        ),
        migrations.AddField("effect", "recalled_at", sereno.store.fields.InstantField(null=True)),
        migrations.AddField("effect", "priority", models.SmallIntegerField(db_default=1)),
        migrations.RemoveIndex("effect", "effect_pending"),
        migrations.AddIndex(
            "effect",
            models.Index(
                condition=models.Q(("status", "pending")), fields=["priority", "due_at", "id"], name="effect_waiting"
            ),
        ),
    ]
