"""Reading a store back in a real browser: history asked for, paused, let go on and ended; how often it is read."""

from __future__ import annotations

import os
import subprocess
import sys

from browsing import Installation
from playwright.sync_api import Page, expect
from test_access import faults

STORE = """
import django; django.setup()
from sereno.site.plugins import load_plugins; load_plugins()
from django.conf import settings
from sereno.store.secrets import configure; configure(settings.ENVIRONMENT.secret_key)
from datetime import UTC, datetime
from sereno.runtime.stores.finding import seal_access
from sereno.store.models import Backfill, Connection, Reading, ReadingGap, Shop
from seeding import NOW
shop = Shop.objects.order_by("id").first()
row = Connection.objects.create(shop=shop, name="far-store", kind="woocommerce", settings={"title": "Far store"},
    access=seal_access({"url": "https://far.example", "key": "k", "secret": "s"}), created_at=NOW, secrets="")
Reading.objects.create(connection=row, shop=shop, every=86400, begin_at=NOW, through_at=NOW, last_at=NOW,
    next_at=datetime(2099, 1, 1, tzinfo=UTC), last_counts={"order": {"read": 12, "gaps": 1, "new": 1, "failed": 0}})
Backfill.objects.create(shop=shop, connection=row, kinds=["order"], until=NOW, created_at=NOW, by="ana@example.com",
    counts={"order": {"read": 40, "new": 30, "failed": 0, "total": 100}}, status="paused")
ReadingGap.objects.create(shop=shop, connection=row, delivery=1, kind="order", facts=1, found_at=NOW, behind=300)
"""


def connect(installation: Installation) -> None:
    """A store with a key, whose history is half read."""
    subprocess.run(
        [sys.executable, "-c", STORE], env={**os.environ, **installation.environment}, check=True, timeout=300
    )


def test_history_and_the_steady_reading(desk: Page, installation: Installation) -> None:
    connect(installation)
    desk.goto(f"{installation.url}/connections/far-store/reading")
    expect(desk.get_by_role("progressbar", name="How much of it was read")).to_have_attribute("value", "40")
    expect(desk.locator("#gaps tbody tr")).to_have_count(1)
    assert faults(desk) == []
    history = desk.locator("#history")
    history.get_by_role("button", name="End it").click()
    expect(desk.get_by_text("It ended; what it brought stays.")).to_be_visible()
    history.get_by_label("Orders").check()
    history.get_by_label("How far back").select_option("30")
    history.get_by_role("button", name="Bring history in").click()
    expect(desk.get_by_text("Its history is being read. You can leave this page")).to_be_visible()
    expect(history.locator(".jobs > li")).to_have_count(2)
    assert faults(desk) == []
    desk.get_by_label("The store is read").select_option("3600")
    desk.get_by_role("button", name="Change", exact=True).click()
    expect(desk.get_by_label("The store is read")).to_have_value("3600")
    desk.get_by_role("button", name="Stop reading").click()
    expect(desk.locator("#gaps .status", has_text="off")).to_be_visible()
    desk.set_viewport_size({"width": 390, "height": 800})
    assert desk.evaluate("document.documentElement.scrollWidth") <= 390
    desk.get_by_role("button", name="Read again").click()
    expect(desk.locator("#gaps .status", has_text="off")).to_have_count(0)
