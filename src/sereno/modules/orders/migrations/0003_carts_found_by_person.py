"""Carts are found by whose they are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_found_by_email")]
    operations = [
        migrations.AddIndex("cart", models.Index(fields=["shop", "customer_key"], name="orders_cart_customer")),
        migrations.AddIndex("cart", models.Index(fields=["shop", "email"], name="orders_cart_email")),
    ]
