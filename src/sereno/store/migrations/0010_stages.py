"""A version beside the live one, and how far it is let out."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("store", "0009_backtests"),)

    operations = ()
