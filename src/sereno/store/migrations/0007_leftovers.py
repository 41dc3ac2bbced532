"""Effects have a class they go out in, and may be called back while they are under way."""

from django.db import migrations, models

import sereno.store.fields


class Migration(migrations.Migration):
    dependencies = [("store", "0006_webhooks")]
    operations = [
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
