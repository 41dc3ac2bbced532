"""What versions and their pages need."""

import django.db.models.deletion
from django.db import migrations, models

import sereno.store.fields


class Migration(migrations.Migration):
    dependencies = [("store", "0007_leftovers")]
    operations = [
        migrations.CreateModel(
            name="FlowOrigin",
            fields=[
                (
                    "flow",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="origin",
                        serialize=False,
                        to="store.flow",
                    ),
                ),
                ("template", models.CharField(max_length=100)),
                ("digest", models.CharField(max_length=64)),
                ("document", models.TextField()),
                ("installed_at", sereno.store.fields.InstantField()),
            ],
            options={"db_table": "flow_origin"},
        ),
    ]
