"""A shop's own message templates."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("store", "0004_people")]
    operations = []
