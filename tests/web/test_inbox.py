"""The demo's inbox: only there in a demo, and a mail in it can do nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from seeding import make_shop, person


@pytest.fixture
def folder() -> Iterator[Path]:
    path = settings.ENVIRONMENT.data_dir / "demo" / "inbox"
    path.mkdir(parents=True)
    yield path
    shutil.rmtree(path)


def client() -> Client:
    made = Client()
    made.force_login(person(make_shop(), "ana@example.com", "owner"))
    return made


def put(folder: Path, name: str, to: str, html: str | None) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Lantern <hello@lantern.example>", to, "Încă aici?"
    mail["List-Unsubscribe"] = "<https://lantern.example/unsubscribe/abc>"
    mail.set_content("plain words")
    if html:
        mail.add_alternative(html, subtype="html")
    (folder / f"{name}.eml").write_bytes(bytes(mail))


def test_without_a_demo_there_is_no_inbox() -> None:
    made = client()
    assert made.get("/inbox").status_code == 404
    assert "/inbox" not in made.get("/").content.decode()


def test_an_empty_inbox_says_so(folder: Path) -> None:
    assert "No mail yet" in client().get("/inbox").content.decode()


def test_mails_are_listed_found_and_shown_in_a_frame_without_rights(folder: Path) -> None:
    put(folder, "1700-0001", "mara@example.com", "<script>alert(1)</script><p>Hello</p>")
    put(folder, "1700-0002", "ion@example.com", None)
    made = client()
    page = made.get("/inbox/1700-0001").content.decode()
    assert "Încă aici?" in page and '<iframe class="mail-frame" sandbox' in page and "unsubscribe/abc" in page
    html = made.get("/inbox/1700-0001/html")
    assert html["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert html["X-Frame-Options"] == "SAMEORIGIN"
    assert "plain words" in made.get("/inbox/1700-0002").content.decode()
    found = made.get("/inbox?q=ion@").content.decode()
    assert "ion@example.com" in found and "mara@example.com" not in found


def test_names_that_are_no_mails_are_not_there(folder: Path) -> None:
    made = client()
    for name in ("..%2f..%2fsecret", "nothing", "..", "a%00b"):
        assert made.get(f"/inbox/{name}").status_code == 404
