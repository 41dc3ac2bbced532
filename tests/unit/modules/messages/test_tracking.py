"""Links and pictures that tell of clicks and openings."""

from __future__ import annotations

import html as markup
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sereno.modules.messages.tracking import (
    Stamp,
    TokenInvalid,
    Tracking,
    is_machine,
    read_click,
    read_open,
    rewrite,
    tracking_of,
    with_utm,
)
from sereno.sdk.mailboxes import PROVIDERS, mailbox_provider

SECRET, BASE = "a secret", "https://sereno.example"
AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
STAMP = Stamp(7, "run1/0", "ana@example.com", int(AT.timestamp()), "42", "cart-help")
UTM = {"utm_source": "sereno", "utm_medium": "email"}
HTML = (
    '<body><a class="b" href="https://shop.example/p/1?a=1&amp;b=2">x</a>'
    f'<a href="{BASE}/unsubscribe/t">out</a><a href="mailto:x@y.example">m</a></body>'
)
PERSON = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"


def rewritten(**changes: Any) -> tuple[str | None, str]:
    given = {"html": HTML, "text": "See https://shop.example/p/1.", "tracking": Tracking(True, True, UTM), **changes}
    return rewrite(given["html"], given["text"], STAMP, given["tracking"], secret=SECRET, base_url=BASE)


def test_a_link_leads_where_it_led_and_says_whose_it_was() -> None:
    html, text = rewritten()
    assert html is not None
    (token,) = re.findall(rf'class="b" href="{BASE}/l/([\w=-]+)"', html)
    stamp, url = read_click(SECRET, token)
    assert stamp == STAMP
    assert url == "https://shop.example/p/1?a=1&b=2&utm_source=sereno&utm_medium=email"
    assert f'href="{BASE}/unsubscribe/t"' in html and "mailto:x@y.example" in html
    assert text == "See https://shop.example/p/1?utm_source=sereno&utm_medium=email."
    assert "ana@example.com" not in html


def test_the_picture_stands_in_the_body_and_says_whose_it_was() -> None:
    html, _ = rewritten()
    found = re.search(rf'src="{BASE}/m/([\w=-]+)\.gif"', html or "")
    assert found is not None and (html or "").endswith("</body>")
    assert read_open(SECRET, found[1]) == STAMP


def test_text_alone_is_followed_too() -> None:
    html, text = rewritten(html=None)
    assert html is None
    assert read_click(SECRET, text.removeprefix(f"See {BASE}/l/").removesuffix("."))[0] == STAMP


def test_switched_off_nothing_changes() -> None:
    assert rewritten(tracking=Tracking(False, False, {})) == (HTML, "See https://shop.example/p/1.")


@pytest.mark.parametrize(
    ("settings", "purpose", "expected"),
    [
        ({}, "marketing", (True, True)),
        ({}, "transactional", (False, False)),
        ({"track_opens": "off"}, "marketing", (False, True)),
        ({"track_clicks": "all", "track_opens": "all"}, "transactional", (True, True)),
    ],
)
def test_a_shop_says_what_is_followed(settings: dict[str, str], purpose: str, expected: tuple[bool, bool]) -> None:
    found = tracking_of(settings, purpose, "winter", "cart-help")
    assert (found.opens, found.clicks) == expected
    assert bool(found.utm) == (purpose == "marketing")
    assert not tracking_of({"utm": "off"}, purpose, "winter").utm


@pytest.mark.parametrize(
    "url",
    ["https://a.example/?utm_source=me", "https://a.example/f?X-Amz-Signature=1"],
)
def test_addresses_with_words_of_their_own_stay(url: str) -> None:
    assert with_utm(url, UTM) == url


def test_a_fragment_stays_last() -> None:
    assert with_utm("https://a.example/p#top", {"utm_source": "s"}) == "https://a.example/p?utm_source=s#top"


@pytest.mark.parametrize("change", [lambda token: token[:-4], lambda token: "x" + token[1:], lambda _token: ""])
def test_nobody_makes_a_link_for_us(change: Any) -> None:
    html, _ = rewritten()
    token = re.findall(r"/l/([\w=-]+)", html or "")[0]
    with pytest.raises(TokenInvalid):
        read_click(SECRET, change(token))
    with pytest.raises(TokenInvalid):
        read_click("another", token)
    with pytest.raises(TokenInvalid):
        read_open(SECRET, token)


def test_a_hostile_address_stays_inside_its_attribute() -> None:
    bad = '<a href="https://a.example/&quot;onmouseover=&quot;x">y</a>'
    html, _ = rewritten(html=bad, tracking=Tracking(False, False, UTM))
    assert html is not None and html.count('"') == 2
    assert markup.unescape(html).startswith('<a href="https://a.example/"onmouseover="x?utm')


@pytest.mark.parametrize(
    ("agent", "after", "is_click", "method", "expected"),
    [
        (PERSON, 3600, False, "GET", False),
        (PERSON, 2, False, "GET", True),
        (PERSON, 3600, True, "HEAD", True),
        ("", 3600, True, "GET", True),
        ("Mozilla/5.0", 3600, False, "GET", True),
        ("Mozilla/5.0", 3600, True, "GET", False),
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", 60, False, "GET",
         False),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0", 60, False, "GET",
         True),
        ("Mozilla/5.0 (compatible; BarracudaSentinel)", 60, True, "GET", True),
        ("Mozilla/5.0 (compatible; bingbot/2.0)", 60, True, "GET", True),
    ],
)  # fmt: skip
def test_machines_are_told_from_people(agent: str, after: int, is_click: bool, method: str, expected: bool) -> None:
    now = AT + timedelta(seconds=after)
    assert is_machine(STAMP, now, agent, is_click=is_click, method=method) is expected


def test_mailboxes_have_few_keepers() -> None:
    assert mailbox_provider("Ana@GoogleMail.com") == "google"
    assert mailbox_provider("ana@hotmail.es") == "microsoft"
    assert mailbox_provider("ana@nandu.example") == mailbox_provider("nobody") == "other"
    assert len(PROVIDERS) == len(set(PROVIDERS)) < 25
