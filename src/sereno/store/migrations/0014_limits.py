"""Budgets, spending, approvals by several, switches."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("store", "0013_watching"),)

    operations = ()
