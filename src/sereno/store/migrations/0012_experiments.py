"""Who was in which arm, and when."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("store", "0011_arbiter"),)

    operations = ()
