from django.apps import AppConfig


class PricingConfig(AppConfig):
    name = "sereno.modules.pricing"
    label = "pricing"
    default_auto_field = "django.db.models.BigAutoField"
