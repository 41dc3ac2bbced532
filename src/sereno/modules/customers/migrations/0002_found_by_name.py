"""A customer is found by name, without reading the whole shop."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]
    operations = [
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["shop", "name"], name="customers_customer_name"),
        ),
    ]
