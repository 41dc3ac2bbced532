"""Records of one person are known as such; and what a person chose beside yes and no."""

import django.db.models.deletion
from django.db import migrations, models

import sereno.store.fields


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0003_found_by_phone"),
        ("store", "0020_storefronts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Identity",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=8)),
                ("value", models.CharField(max_length=300)),
                ("key", models.CharField(max_length=200)),
            ],
            options={
                "db_table": "customers_identity",
            },
        ),
        migrations.CreateModel(
            name="Join",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("one", models.CharField(max_length=200)),
                ("other", models.CharField(max_length=200)),
                ("status", models.CharField(max_length=8)),
                ("rule", models.CharField(max_length=32)),
                ("at", sereno.store.fields.InstantField()),
                ("by", models.CharField(default="", max_length=200)),
            ],
            options={
                "db_table": "customers_join",
            },
        ),
        migrations.CreateModel(
            name="Marketing",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("address", models.CharField(max_length=254)),
                ("paused_until", sereno.store.fields.InstantField(null=True)),
                ("topics_off", sereno.store.fields.DocumentField(default=list)),
                ("updated_at", sereno.store.fields.InstantField()),
            ],
            options={
                "db_table": "customers_marketing",
            },
        ),
        migrations.CreateModel(
            name="ToMatch",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=200)),
            ],
            options={
                "db_table": "customers_to_match",
            },
        ),
        migrations.AddField(
            model_name="customer",
            name="is_main",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="customer",
            name="merged_into",
            field=models.CharField(db_default="", default="", max_length=200),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["shop", "accepts_email", "-last_order_at"], name="customers_customer_consent"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("merged_into", ""), _negated=True),
                fields=["shop", "merged_into"],
                name="customers_customer_joined",
            ),
        ),
        migrations.AddField(
            model_name="identity",
            name="shop",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.shop"
            ),
        ),
        migrations.AddField(
            model_name="join",
            name="shop",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.shop"
            ),
        ),
        migrations.AddField(
            model_name="marketing",
            name="shop",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.shop"
            ),
        ),
        migrations.AddField(
            model_name="tomatch",
            name="shop",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.shop"
            ),
        ),
        migrations.AddIndex(
            model_name="identity",
            index=models.Index(fields=["shop", "key"], name="customers_identity_key"),
        ),
        migrations.AddConstraint(
            model_name="identity",
            constraint=models.UniqueConstraint(fields=("shop", "kind", "value", "key"), name="customers_identity_once"),
        ),
        migrations.AddIndex(
            model_name="join",
            index=models.Index(fields=["shop", "other"], name="customers_join_other"),
        ),
        migrations.AddIndex(
            model_name="join",
            index=models.Index(fields=["shop", "one"], name="customers_join_one"),
        ),
        migrations.AddIndex(
            model_name="join",
            index=models.Index(fields=["shop", "status", "id"], name="customers_join_status"),
        ),
        migrations.AddConstraint(
            model_name="join",
            constraint=models.UniqueConstraint(fields=("shop", "one", "other"), name="customers_join_once"),
        ),
        migrations.AddIndex(
            model_name="marketing",
            index=models.Index(fields=["shop", "address"], name="customers_marketing_of"),
        ),
        migrations.AddConstraint(
            model_name="marketing",
            constraint=models.UniqueConstraint(fields=("shop", "address"), name="customers_marketing_once"),
        ),
        migrations.AddIndex(
            model_name="tomatch",
            index=models.Index(fields=["shop", "key"], name="customers_to_match_key"),
        ),
        # What is known already is held side by side once, by the worker.
        migrations.RunSQL(
            "INSERT INTO customers_to_match (shop_id, key) SELECT shop_id, key FROM customers_customer ORDER BY id",
            migrations.RunSQL.noop,
        ),
    ]
