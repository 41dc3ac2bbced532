"""The ledger also holds what people want to hear about, under a purpose of its own for each topic."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0021_tagged")]

    operations = [
        migrations.AlterField(
            model_name="consent",
            name="purpose",
            field=models.CharField(max_length=64),
        ),
    ]
