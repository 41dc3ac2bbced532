"""When a thing came on sale, of those that are known already by what was kept of them."""

from django.db import migrations, models

import sereno.store.fields
from sereno.commerce.merging import micros

PIECE = 1000


def tell(apps, schema_editor):
    things = apps.get_model("recommendations", "Thing").objects.using(schema_editor.connection.alias)
    after = 0
    while found := list(things.filter(id__gt=after).order_by("id")[:PIECE]):
        for one in found:
            one.since = _at(one.facts)
        things.bulk_update([one for one in found if one.since is not None], ["since"], batch_size=200)
        after = found[-1].id


def _at(facts):
    at = micros(facts.get("at")) if isinstance(facts, dict) else None
    return None if at is None else sereno.store.fields.from_micros(at)


class Migration(migrations.Migration):
    dependencies = [
        ("recommendations", "0002_pulls"),
    ]

    operations = [
        migrations.AddField("thing", "since", sereno.store.fields.InstantField(null=True)),
        migrations.AddIndex(
            "thing",
            models.Index(fields=("shop", "-since"), name="recommendations_since", condition=~models.Q(since=None)),
        ),
        migrations.RunPython(tell, migrations.RunPython.noop, elidable=True),
    ]
