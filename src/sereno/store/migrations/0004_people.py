"""People: invitations, second factors, sign-ins, wrong tries; scopes and ends of API keys; the audit trail's indexes."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from sereno.store import fields


class Migration(migrations.Migration):
    dependencies = [("store", "0003_drafts"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            name="Identity",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("issuer", models.CharField(max_length=255)),
                ("subject", models.CharField(max_length=255)),
                ("email", models.CharField(max_length=254)),
                ("linked_at", fields.InstantField()),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "db_table": "identity",
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("email", models.CharField(max_length=254)),
                ("role", models.CharField(max_length=16)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("invited_by", models.CharField(max_length=200)),
                ("created_at", fields.InstantField()),
                ("expires_at", fields.InstantField()),
                ("accepted_at", fields.InstantField(null=True)),
                ("revoked_at", fields.InstantField(null=True)),
                ("shop", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="store.shop")),
            ],
            options={
                "db_table": "invitation",
            },
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("digest", models.CharField(max_length=64)),
                ("used_at", fields.InstantField(null=True)),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "db_table": "recovery_code",
            },
        ),
        migrations.CreateModel(
            name="SecondFactor",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("secret", models.TextField()),
                ("last_step", models.BigIntegerField(default=0)),
                ("created_at", fields.InstantField()),
                ("confirmed_at", fields.InstantField(null=True)),
            ],
            options={
                "db_table": "second_factor",
            },
        ),
        migrations.CreateModel(
            name="SignIn",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("session_key", models.CharField(max_length=40, unique=True)),
                ("how", models.CharField(default="", max_length=16)),
                ("address", models.CharField(max_length=64)),
                ("device", models.CharField(max_length=300)),
                ("began_at", fields.InstantField()),
                ("seen_at", fields.InstantField()),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "db_table": "sign_in",
            },
        ),
        migrations.CreateModel(
            name="Tries",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("count", models.IntegerField()),
                ("until", fields.InstantField()),
            ],
            options={
                "db_table": "tries",
            },
        ),
        migrations.AddField(
            model_name="apikey",
            name="expires_at",
            field=fields.InstantField(null=True),
        ),
        migrations.AlterField(
            model_name="apikey",
            name="scopes",
            field=models.CharField(default="read", max_length=100),
        ),
        migrations.RunSQL(
            "UPDATE api_key SET scopes = 'read events:write flows:write work' WHERE scopes = 'read write'",
            migrations.RunSQL.noop,
        ),
        migrations.AddIndex(
            model_name="audit",
            index=models.Index(fields=["shop", "by", "-id"], name="audit_by"),
        ),
        migrations.AddIndex(
            model_name="audit",
            index=models.Index(fields=["shop", "action", "-id"], name="audit_action"),
        ),
        migrations.AddIndex(
            model_name="audit",
            index=models.Index(fields=["shop", "target", "-id"], name="audit_target"),
        ),
        migrations.AddIndex(
            model_name="tries",
            index=models.Index(fields=["until"], name="tries_until"),
        ),
        migrations.AddConstraint(
            model_name="identity",
            constraint=models.UniqueConstraint(fields=("issuer", "subject"), name="identity_once"),
        ),
    ]
