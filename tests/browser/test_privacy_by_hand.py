"""Somebody asks for everything, and then to be forgotten: found, handed over once, erased with the proof, by a person
at the pages."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from browsing import Installation, looked_until
from playwright.sync_api import Page, expect
from test_access import faults

BERTA = "berta.browser@example.com"
ORDER = {
    "id": "b7001",
    "number": "#7001",
    "email": BERTA,
    "customer_id": "b70",
    "total": "40.00",
    "currency": "EUR",
    "status": "open",
    "customer": {"id": "b70", "email": BERTA, "first_name": "Berta", "last_name": "Quintanilla"},
}


@pytest.fixture
def found(desk: Page, address: str, installation: Installation) -> Page:
    """The page of what is held about Berta, once her order has gone through."""
    installation.order(**ORDER)
    find(desk, address)
    known, order = desk.get_by_text("Known as"), desk.get_by_text("order:b7001")
    looked_until(desk, lambda: known.count() > 0 and order.count() > 0)
    return desk


def find(desk: Page, address: str) -> None:
    desk.goto(f"{address}/privacy")
    desk.get_by_label("Find a person").fill(BERTA)
    desk.get_by_role("button", name="Find", exact=True).click()
    desk.wait_for_url("**/privacy/person?q=*")


def reloaded_until(desk: Page, text: str) -> None:
    looked_until(desk, lambda: desk.get_by_text(text).count() > 0)


def test_found_handed_over_and_erased(found: Page, address: str, tmp_path: Path) -> None:
    desk = found
    assert faults(desk) == []
    desk.get_by_role("button", name="Hand over everything").click()
    reloaded_until(desk, "The file is ready")
    assert faults(desk) == []
    with desk.expect_download() as coming:
        desk.get_by_role("button", name="Fetch the file").click()
    path = tmp_path / "held.zip"
    coming.value.save_as(path)
    with ZipFile(BytesIO(path.read_bytes())) as archive:
        assert "Quintanilla" in archive.read("data/customers.json").decode()
        assert "Quintanilla" in archive.read("index.html").decode()

    find(desk, address)
    desk.get_by_role("button", name="Erase the person").click()
    expect(desk.get_by_text("Until then it can be taken back.", exact=False)).to_be_visible()
    desk.get_by_role("button", name="Do it now").click()
    reloaded_until(desk, "Places searched")
    after = desk.get_by_role("table").locator("tbody td:nth-child(3)").all_inner_texts()
    assert after and set(after) <= {"0", "–"}
    assert faults(desk) == []
    find(desk, address)
    expect(desk.get_by_text("Nothing is held")).to_be_visible()
