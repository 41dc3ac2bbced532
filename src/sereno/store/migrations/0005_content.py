"""A shop's own message templates."""

import django.db.models.deletion
from django.db import migrations, models

import sereno.store.fields


def _key() -> tuple[str, models.Field]:
    return "id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


def _template(**options: object) -> tuple[str, models.Field]:
    to = "store.messagetemplate"
    return "template", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to=to, **options)


class Migration(migrations.Migration):
    dependencies = [("store", "0004_people")]
    operations = [
        migrations.CreateModel(
            name="MessageTemplate",
            fields=[
                _key(),
                ("name", models.SlugField(max_length=100)),
                ("title", models.CharField(max_length=200)),
                ("kind", models.CharField(max_length=8)),
                ("purpose", models.CharField(max_length=16)),
                ("about", models.CharField(max_length=16)),
                ("draft", sereno.store.fields.DocumentField()),
                ("revision", models.IntegerField(default=1)),
                ("position", models.IntegerField(default=0)),
                ("version", models.IntegerField(null=True)),
                ("created_at", sereno.store.fields.InstantField()),
                ("updated_at", sereno.store.fields.InstantField()),
                ("updated_by", models.CharField(default="", max_length=200)),
                ("shop", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="store.shop")),
            ],
            options={
                "db_table": "message_template",
                "constraints": [models.UniqueConstraint(fields=("shop", "name"), name="message_template_once")],
            },
        ),
        migrations.CreateModel(
            name="MessageVersion",
            fields=[
                _key(),
                ("number", models.IntegerField()),
                ("document", sereno.store.fields.DocumentField()),
                ("published_at", sereno.store.fields.InstantField()),
                ("published_by", models.CharField(default="", max_length=200)),
                ("note", models.CharField(default="", max_length=500)),
                _template(related_name="versions"),
            ],
            options={
                "db_table": "message_version",
                "constraints": [models.UniqueConstraint(fields=("template", "number"), name="message_version_once")],
            },
        ),
        migrations.CreateModel(
            name="MessageChange",
            fields=[
                _key(),
                ("position", models.IntegerField()),
                ("document", sereno.store.fields.DocumentField()),
                ("what", models.CharField(max_length=64)),
                ("target", models.CharField(default="", max_length=200)),
                ("at", sereno.store.fields.InstantField()),
                ("by", models.CharField(max_length=200)),
                _template(related_name="changes"),
            ],
            options={
                "db_table": "message_change",
                "constraints": [models.UniqueConstraint(fields=("template", "position"), name="message_change_once")],
            },
        ),
        migrations.CreateModel(
            name="MessagePicture",
            fields=[
                _key(),
                ("digest", models.CharField(max_length=64)),
                ("kind", models.CharField(max_length=4)),
                ("name", models.CharField(max_length=200)),
                ("size", models.IntegerField()),
                ("width", models.IntegerField()),
                ("height", models.IntegerField()),
                ("at", sereno.store.fields.InstantField()),
                ("by", models.CharField(max_length=200)),
                (
                    "shop",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.shop"),
                ),
            ],
            options={
                "db_table": "message_picture",
                "constraints": [models.UniqueConstraint(fields=("shop", "digest"), name="message_picture_once")],
            },
        ),
    ]
