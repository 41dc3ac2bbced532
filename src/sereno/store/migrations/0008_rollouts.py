"""What versions and their pages need."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("store", "0007_leftovers")]
    operations = []
