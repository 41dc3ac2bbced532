"""The pages as a WSGI application: Django is synchronous, and eight times cheaper this way than over ASGI."""

from __future__ import annotations

import os

from django.apps import apps

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sereno.site.settings")

if not apps.ready:
    import django

    django.setup()

from django.core.handlers.wsgi import WSGIHandler

application = WSGIHandler()
