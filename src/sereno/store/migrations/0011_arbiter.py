"""What may reach a person, when, and on what ground."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("store", "0010_stages"),)

    operations = ()
