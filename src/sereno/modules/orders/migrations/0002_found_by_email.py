"""An order is found by its address, without reading the whole shop."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]
    operations = [
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["shop", "email"], name="orders_order_email"),
        ),
    ]
