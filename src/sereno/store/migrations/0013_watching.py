"""What is expected of flows and connections, and what was missed."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("store", "0012_experiments"),)

    operations = ()
