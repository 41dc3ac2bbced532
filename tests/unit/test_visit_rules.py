"""What is read of a page that a customer looks at: the kind of device, where they came from, and what is no person."""

from __future__ import annotations

import pytest

from sereno.runtime.visits.rules import device_of, host_of, is_machine, seen_of

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
SAMSUNG = "Mozilla/5.0 (Linux; Android 13; SM-X200) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36"
CUBOT = (
    "Mozilla/5.0 (Linux; Android 12; CUBOT NOTE 30) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Mobile Safari"
)


@pytest.mark.parametrize(
    ("headers", "is_touched", "device"),
    [
        ({"User-Agent": PHONE}, True, "mobile"),
        ({"User-Agent": MAC}, False, "desktop"),
        ({"User-Agent": MAC}, True, "tablet"),
        ({"User-Agent": CHROME}, True, "desktop"),
        ({"User-Agent": SAMSUNG}, True, "tablet"),
        ({"User-Agent": CUBOT}, True, "mobile"),
        ({"User-Agent": CHROME, "Sec-CH-UA-Mobile": "?1"}, False, "mobile"),
        ({"User-Agent": SAMSUNG, "Sec-CH-UA-Mobile": "?0", "Sec-CH-UA-Platform": '"Android"'}, False, "tablet"),
        ({"User-Agent": PHONE, "Sec-CH-UA-Mobile": "?0", "Sec-CH-UA-Platform": '"Windows"'}, False, "desktop"),
    ],
)
def test_the_kind_of_device(headers: dict[str, str], is_touched: bool, device: str) -> None:
    assert device_of(headers, is_touched=is_touched) == device


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36",
        "curl/8.5.0",
        "python-requests/2.32",
        "Mozilla/5.0 (compatible; YandexBot/3.0)",
        "Mozilla/5.0 (compatible; AhrefsBot-Site 7.0)",
    ],
)
def test_programs_say_what_they_are(agent: str) -> None:
    assert is_machine(agent)


def test_people_are_no_programs() -> None:
    assert not any(is_machine(agent) for agent in (PHONE, MAC, CHROME, SAMSUNG, CUBOT))


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://www.Instagram.com/p/123?who=ana", "instagram.com"),
        ("https://shop.example/cart", ""),
        ("https://blog.shop.example/post", ""),
        ("https://notshop.example/", "notshop.example"),
        ("android-app://com.google.android.gm/", "com.google.android.gm"),
        ("", ""),
        ("http://[", ""),
        (None, ""),
    ],
)
def test_of_a_link_only_the_host_of_another_site(address: object, host: str) -> None:
    assert host_of(address, "www.shop.example") == host


def test_what_is_kept_of_a_page() -> None:
    given = {"view": "aaaa-bbbb", "utm_medium": " social \n x", "referrer": "https://m.example/x", "language": "pt_BR"}
    seen = seen_of({**given, "device": "tablet", "source": "said"}, "7", {"User-Agent": MAC}, "shop.example")
    assert (seen.device, seen.source, seen.medium, seen.language) == ("desktop", "m.example", "social x", "pt-BR")
    assert seen_of({**given, "utm_source": "mail", "language": "<b>"}, "7", {}).source == "mail"
    told = seen_of({**given, "device": "phone", "source": "app"}, "7")
    assert (told.device, told.source) == ("mobile", "app")


@pytest.mark.parametrize(
    "values",
    [{}, {"view": "short"}, {"view": "a b c d e f"}, {"view": "x" * 65}, {"view": "x" * 9, "device": "fridge"}],
)
def test_what_cannot_be_used_is_named(values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"`view`|`device`"):
        seen_of(values, "7")
