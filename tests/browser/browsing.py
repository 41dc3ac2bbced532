"""Signing in by the page, as a person would."""

from __future__ import annotations

from playwright.sync_api import Page

PASSWORD = "a long enough password"


def sign_in(page: Page, address: str, email: str = "ana@example.com") -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{address}/")
