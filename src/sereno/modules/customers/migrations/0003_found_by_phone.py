"""Customers are found by their telephone number."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_found_by_name")]
    operations = [
        migrations.AddIndex("customer", models.Index(fields=["shop", "phone"], name="customers_customer_phone")),
    ]
