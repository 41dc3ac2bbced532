"""What answers of why need."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("store", "0015_privacy"),)

    operations = ()
