"""What an address chooses beside yes and no is a pause alone."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("customers", "0005_saved_views")]
    operations = [migrations.RemoveField("marketing", "topics_off")]
