"""People: invitations, second factors, sign-ins."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("store", "0003_drafts")]
    operations = []
