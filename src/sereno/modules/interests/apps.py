from django.apps import AppConfig


class InterestsConfig(AppConfig):
    name = "sereno.modules.interests"
    label = "interests"
    default_auto_field = "django.db.models.BigAutoField"
