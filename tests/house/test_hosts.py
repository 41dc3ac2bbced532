"""The flows that messages of Sereno's own hang on are flows: each document is one the engine takes."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import sereno.runtime
from installation import ready


def test_every_host_is_a_flow() -> None:
    ready()
    from sereno.runtime.flows import compiled
    from sereno.runtime.notices import Host
    from sereno.sdk.plugin import registry

    hosts = {
        one
        for module in pkgutil.walk_packages(sereno.runtime.__path__, "sereno.runtime.")
        for one in vars(import_module(module.name)).values()
        if isinstance(one, Host)
    }
    assert len(hosts) >= 5
    for host in hosts:
        assert compiled(host.document, registry()).name == host.name
