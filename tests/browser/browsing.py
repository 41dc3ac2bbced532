"""The Sereno under test, and signing in by the page, as a person would."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page

PASSWORD = "a long enough password"


@dataclass(frozen=True)
class Installation:
    """A running Sereno: its address, the environment its commands need, and the addresses of all its pages."""

    url: str
    environment: dict[str, str]
    pages: list[str]


def sign_in(page: Page, address: str, email: str = "ana@example.com") -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{address}/")
