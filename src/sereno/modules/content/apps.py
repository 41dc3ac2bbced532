from django.apps import AppConfig


class ContentConfig(AppConfig):
    name = "sereno.modules.content"
    label = "site_content"
    default_auto_field = "django.db.models.BigAutoField"
