from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "sereno.web"
    label = "web"
