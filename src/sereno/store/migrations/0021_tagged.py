"""Who bears a tag is found without reading all tags."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0020_storefronts")]

    operations = [
        migrations.AddIndex(
            model_name="tag",
            index=models.Index(fields=["shop", "kind", "tag"], name="tag_by"),
        ),
    ]
