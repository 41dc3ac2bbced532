"""Requests of people about their data, and how long things are kept."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("store", "0014_limits"),)

    operations = ()
