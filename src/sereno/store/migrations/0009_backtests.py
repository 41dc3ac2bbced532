"""Back-tests and what they found."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("store", "0008_rollouts"),)

    operations = ()
