"""A customer chooses topics on the page behind the link in a mail, by keyboard alone, and finds them kept."""

from __future__ import annotations

from browsing import Installation
from playwright.sync_api import Page, expect
from test_access import faults

MAKE = """
from sereno.modules.messages.unsubscribe import Recipient, make_token
topics = [{"name": "offers", "titles": {"en": "Offers"}}, {"name": "stories", "titles": {"en": "Stories"}}]
Shop.objects.filter(pk=shop.pk).update(settings={**shop.settings, "topics": topics})
print(json.dumps(make_token(settings.ENVIRONMENT.secret_key, Recipient(shop.pk, "new-reader@example.com", "email"))))
"""
SAID = """
from sereno.store.models import Consent
lines = Consent.objects.filter(shop=shop, address="new-reader@example.com").order_by("purpose")
print(json.dumps([[line.purpose, line.granted] for line in lines]))
"""


def test_topics_are_chosen_by_keyboard(page: Page, installation: Installation) -> None:
    page.goto(f"{installation.url}/preferences/{installation.run(MAKE)}")
    assert faults(page) == []
    page.get_by_role("radio", name="Yes, write me offers and news").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page.get_by_role("checkbox", name="Offers")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page.get_by_role("checkbox", name="Stories")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("radio", name="Whenever there is something")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="At most once a week")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    expect(page.get_by_role("checkbox", name="Offers")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Stories")).not_to_be_checked()
    assert faults(page) == []
    assert installation.run(SAID) == [
        ["marketing", True],
        ["often:month", False],
        ["often:week", True],
        ["topic:offers", True],
        ["topic:stories", False],
    ]
