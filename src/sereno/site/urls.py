"""All addresses served through Django. The door, health and metrics are answered before it (see `asgi.py`)."""

from __future__ import annotations

from django.conf import settings
from django.urls import include, path

from sereno.api.docs import docs
from sereno.api.version1 import api
from sereno.modules.risk import places
from sereno.runtime.deliverability import names
from sereno.site.composition import build_mailer
from sereno.web.wiring import Wiring, configure

configure(
    Wiring(
        base_url=settings.ENVIRONMENT.base_url,
        data_dir=settings.ENVIRONMENT.data_dir,
        can_mail=bool(settings.ENVIRONMENT.smtp_url),
        make_mailer=lambda: build_mailer(settings.ENVIRONMENT),
        trusted_proxies=settings.ENVIRONMENT.trusted_proxies,
        second_factor_roles=settings.ENVIRONMENT.second_factor_roles,
        company=settings.ENVIRONMENT.company,
    )
)
names.configure(settings.ENVIRONMENT.nameserver)
places.configure(settings.ENVIRONMENT.ip_cities)

urlpatterns = [
    path("api/v1/docs", docs, name="api-docs"),
    path("api/v1/", api.urls),
    path("", include("sereno.web.urls")),
]

handler403 = "sereno.web.pages.errors.refused"
handler404 = "sereno.web.pages.errors.missing"
handler500 = "sereno.web.pages.errors.broken"
