"""A connection may have a key to its platform."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("store", "0016_explaining"),)

    operations = (
        migrations.AddField(model_name="connection", name="access", field=models.TextField(db_default="", default="")),
    )
