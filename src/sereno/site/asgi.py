"""The whole installation but its worker as one ASGI application, for whoever brings a server of his own:
`uvicorn sereno.site.asgi:application`. `sereno serve` starts a worker too, and is quicker at the door."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sereno.site.wsgi import application as _pages  # noqa: F401 - sets Django up


def _build():
    from django.conf import settings

    from sereno.site.composition import build_door, build_front
    from sereno.site.plugins import load_plugins
    from sereno.store.secrets import configure

    load_plugins()
    configure(*settings.ENVIRONMENT.secret_keys)
    return build_front(build_door(), ThreadPoolExecutor(2, "sereno-health"))


application = _build()
