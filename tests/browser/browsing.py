"""The Sereno under test, and signing in by the page, as a person would."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

PASSWORD = "a long enough password"
PATIENCE = 120_000
"""Milliseconds in which a page or a state must come. It costs nothing where it comes at once, and machines may be slow:
the first page of a cold server in a cold browser was seen to take half a minute."""


_BEGIN = """
import django; django.setup()
import json, sys
from datetime import UTC, datetime, timedelta
from sereno.site.plugins import load_plugins; load_plugins()
from django.conf import settings
from sereno.store.secrets import configure; configure(settings.ENVIRONMENT.secret_key)
from sereno.store.models import Shop
shop, now = Shop.objects.get(slug="lantern"), datetime.now(UTC)
"""
_PLACED = """
from sereno.runtime import services
from sereno.sdk.connector import NewEvent
order = json.loads(sys.argv[1])
refs = {"order": order["id"], "customer": order.get("customer_id"), "email": order.get("email")}
event = NewEvent(f"order:{order['id']}:created", "order.created", f"order:{order['id']}", now, order,
                 {kind: key for kind, key in refs.items() if key})
services.insert_events(shop.pk, None, "test", [event])
"""


@dataclass(frozen=True)
class Installation:
    """A running Sereno: its address, the environment its commands need, and the addresses of all its pages."""

    url: str
    environment: dict[str, str]
    pages: list[str]

    def order(self, **order: Any) -> None:
        """Somebody placed this order just now; the worker will hear of it."""
        self.run(_PLACED, order)

    def run(self, program: str, given: Any = None) -> Any:
        """Run a piece of Python inside this installation, where `shop` and `now` are known and `sys.argv[1]` is what
        was given, as JSON. Gives what it printed as JSON, or None."""
        command = [sys.executable, "-c", _BEGIN + program, json.dumps(given)]
        done = subprocess.run(command, env=self.environment, check=True, timeout=300, stdout=subprocess.PIPE, text=True)
        return json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else None


def sign_in(page: Page, address: str, email: str = "ana@example.com") -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{address}/")


def looked_until(page: Page, holds: Callable[[], bool], look: Callable[[], object] | None = None) -> None:
    """Look at the page again and again (`look`; it is loaded anew where none is given) until this holds."""
    end = time.monotonic() + PATIENCE / 1000
    while not holds():
        assert time.monotonic() < end, "it did not come to pass"
        page.wait_for_timeout(200)
        (look or page.reload)()
