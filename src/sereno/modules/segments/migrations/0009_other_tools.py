"""What other tools keep of people: lists they are on, and how a CRM has them. Nobody has any yet: nobody is read
anew."""

from django.db import migrations, models


def _text():
    return models.CharField(max_length=200, null=True)


FIELDS = {
    "crm_stage": _text(),
    "crm_owner": _text(),
    "deal_stage": _text(),
    "deal_amount": models.BigIntegerField(null=True),
    "lists": models.TextField(null=True),
}


class Migration(migrations.Migration):
    dependencies = [
        ("segments", "0008_visits"),
    ]

    operations = [migrations.AddField("person", name, field) for name, field in FIELDS.items()]
