"""What an installation may be set to, changed for one test; mails as a server would have got them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from posting import Post

from sereno.web import wiring as wires
from sereno.web.people import mailing


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`installed(second_factor_roles=...)`: the installation as if it had been started so."""
    import sereno.site.urls  # noqa: F401  # wires the pages

    def change(**changed: Any) -> None:
        monkeypatch.setattr(wires, "_wiring", replace(wires.wiring(), **changed))

    return change


@pytest.fixture
def post(installed: Callable[..., None]) -> Iterator[Post]:
    server = Post()
    installed(make_mailer=lambda: server)
    yield server
    mailing.wait_for_background()
