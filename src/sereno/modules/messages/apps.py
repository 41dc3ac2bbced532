from django.apps import AppConfig


class MessagesConfig(AppConfig):
    name = "sereno.modules.messages"
    # "messages" is the label of Django's own app.
    label = "sereno_messages"
    default_auto_field = "django.db.models.BigAutoField"
