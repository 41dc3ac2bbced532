"""A real Sereno in its own process (pages, door, worker) over a seeded database, and a real Chromium in front of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from browsing import PATIENCE, Installation, sign_in
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

HERE = Path(__file__).resolve().parent
SEED = """
import django; django.setup()
from sereno.site.plugins import load_plugins; load_plugins()
from django.conf import settings
from sereno.store.secrets import configure; configure(settings.ENVIRONMENT.secret_key)
from django.core.management import call_command
call_command("migrate", verbosity=0)
import json, sys, seeding, addresses
held = seeding.seed()
addresses.own_message(held.owner)
json.dump(addresses.whole_pages(held.owner, held.shop), open(sys.argv[1], "w"))
from sereno.store.models import Worker; Worker.objects.all().delete()
"""
expect.set_options(timeout=PATIENCE)
_LONGEST = 1200
"""Seconds for one test: some walk over every page."""
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(_LONGEST))


def found_chromium() -> str | None:
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Chromium's path; installed from the distribution's packages where that is possible."""
    path = found_chromium()
    if path is None and shutil.which("apt-get") and os.geteuid() == 0:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(["apt-get", "update", "-q"], check=False, timeout=120, **quiet)
        subprocess.run(
            ["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium", "fonts-noto-core"],
            check=False,
            timeout=280,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            **quiet,
        )
        path = found_chromium()
    if path is None:
        message = "NOT TESTED in a browser: no Chromium here, and none can be installed: apt-get install chromium"
        print(message, file=sys.__stderr__)
        pytest.skip(message)
    return path


@pytest.fixture(scope="session")
def browser_type_launch_args(chromium: str) -> dict[str, object]:
    return {"executable_path": chromium, "args": ["--no-sandbox", "--disable-dev-shm-usage"]}


@pytest.fixture(scope="session")
def browser(browser: Browser) -> Browser:
    """The plug-in's, of which every context has patience, whoever opens it."""
    open_context = browser.new_context

    def patient(**options: object) -> BrowserContext:
        context = open_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        return context

    browser.new_context = patient  # type: ignore[method-assign]
    return browser


@pytest.fixture(scope="session")
def address(installation: Installation) -> str:
    """The address of a running `sereno serve`."""
    return installation.url


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = tmp_path_factory.mktemp("sereno")
    url = f"http://127.0.0.1:{port}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SERENO_")},
        "SERENO_DATA_DIR": str(home),
        "SERENO_BIND": f"127.0.0.1:{port}",
        "SERENO_BASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "sereno.site.settings",
        "PYTHONPATH": str(HERE.parent / "web"),
    }
    (home / "demo" / "inbox").mkdir(parents=True)
    subprocess.run([sys.executable, "-c", SEED, home / "pages.json"], env=environment, check=True, timeout=600)
    pages = json.loads((home / "pages.json").read_text())
    with (home / "log").open("wb") as log:
        command = [sys.executable, "-c", "from sereno.site.command import main; main()", "serve"]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _wait_for(url, process, home / "log")
            yield Installation(url, environment, pages)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(scope="session")
def base_url(address: str) -> str:
    """In place of the plug-in's own fixture, which this pytest warns about."""
    return address


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(f"{url}/readyz", timeout=20):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"sereno serve did not start:\n{log.read_text(errors='replace')}")


@pytest.fixture
def desk(page: Page, address: str) -> Page:
    """A page signed in as the owner; anything the browser complains about fails the test."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if _is_complaint(message) else None)
    sign_in(page, address)
    yield page  # type: ignore[misc]
    assert not complaints


def _is_complaint(message: ConsoleMessage) -> bool:
    # A form that is refused answers 422, which the browser notes as an error too.
    return message.type == "error" and "422" not in message.text
