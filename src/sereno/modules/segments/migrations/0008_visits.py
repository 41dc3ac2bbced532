"""What is known of people's visits of the storefront. Nobody has any yet: nobody is read anew."""

from django.db import migrations, models


def _text():
    return models.CharField(max_length=200, null=True)


FIELDS = {
    "first_visit_on": models.IntegerField(null=True),
    "last_visit_on": models.IntegerField(null=True),
    "visit_count": models.FloatField(null=True),
    "visit_pages": models.FloatField(null=True),
    "visit_products": models.FloatField(null=True),
    "device": _text(),
    "visit_language": _text(),
    "visit_source": _text(),
    "visit_medium": _text(),
    "visit_campaign": _text(),
    "first_source": _text(),
    "first_medium": _text(),
    "first_campaign": _text(),
}


class Migration(migrations.Migration):
    dependencies = [
        ("segments", "0007_snapshots_of_flows"),
    ]

    operations = [migrations.AddField("person", name, field) for name, field in FIELDS.items()]
