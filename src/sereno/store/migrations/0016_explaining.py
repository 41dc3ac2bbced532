"""Pictures of messages are kept in the database, so that every host can serve them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("store", "0015_privacy"),)

    operations = (
        migrations.AddField(model_name="messagepicture", name="body", field=models.BinaryField(null=True)),
        migrations.AddIndex(
            model_name="messagepicture", index=models.Index(fields=["digest"], name="message_picture_digest")
        ),
    )
