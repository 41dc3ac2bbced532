from django.apps import AppConfig


class StockConfig(AppConfig):
    name = "sereno.modules.stock"
    label = "stock"
    default_auto_field = "django.db.models.BigAutoField"
