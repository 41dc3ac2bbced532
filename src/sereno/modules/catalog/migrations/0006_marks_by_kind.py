from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0005_prefixes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="productmark",
            index=models.Index(fields=["shop", "kind", "product"], name="catalog_mark_kind"),
        ),
    ]
