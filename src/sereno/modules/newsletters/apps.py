from django.apps import AppConfig


class NewslettersConfig(AppConfig):
    name = "sereno.modules.newsletters"
    label = "newsletters"
    default_auto_field = "django.db.models.BigAutoField"
