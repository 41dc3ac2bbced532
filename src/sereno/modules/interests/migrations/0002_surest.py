from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("interests", "0001_initial"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="habit",
            index=models.Index(
                condition=models.Q(("is_regular", True)),
                fields=["shop", "-count", "item"],
                name="interests_habit_surest",
            ),
        ),
    ]
