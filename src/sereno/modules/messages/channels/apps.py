from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "sereno.modules.messages.channels"
    label = "channels"
    default_auto_field = "django.db.models.BigAutoField"
