"""OAuth 1.0a: the base string of RFC 5849, and a signature worked out apart from this code."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

from sereno.connectors import oauth1


def test_the_base_string_of_the_rfc() -> None:
    # RFC 5849, 3.4.1.1, with its form parameters c2 and a3 and its odd characters.
    pairs = [
        *parse_qsl("b5=%3D%253D&a3=a&c%40=&a2=r%20b", keep_blank_values=True),
        ("oauth_consumer_key", "9djdj82h48djs9d2"),
        ("oauth_token", "kkk9d7dh3k39sjv7"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "137131201"),
        ("oauth_nonce", "7d8f3e4a"),
        ("c2", ""),
        ("a3", "2 q"),
    ]
    assert oauth1.base_string("post", "http://EXAMPLE.COM:80/request?b5=%3D%253D", pairs) == (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D"
        "%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1"
        "%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    )


def test_the_signature_covers_the_query_and_both_secrets() -> None:
    url = "https://shop.example:8443/rest/V1/orders?searchCriteria%5BpageSize%5D=5"
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    named = oauth1.parameters("GET", url, consumer=("ck", "c&s"), token=("at", "ts"), now=now, nonce="n")
    base = (
        "GET&https%3A%2F%2Fshop.example%3A8443%2Frest%2FV1%2Forders&oauth_consumer_key%3Dck%26oauth_nonce%3Dn"
        "%26oauth_signature_method%3DHMAC-SHA256%26oauth_timestamp%3D1795348800%26oauth_token%3Dat%26oauth_version%3D1.0"
        "%26searchCriteria%255BpageSize%255D%3D5"
    )
    digest = hmac.new(b"c%26s&ts", base.encode(), hashlib.sha256).digest()
    assert named["oauth_signature"] == base64.b64encode(digest).decode()
    other = oauth1.parameters("GET", url, consumer=("ck", "c&s"), token=("at", "t2"), now=now, nonce="n")
    assert other["oauth_signature"] != named["oauth_signature"]
    found = dict(parse_qsl(urlsplit(oauth1.in_address(url, named)).query))
    assert found["oauth_signature"] == named["oauth_signature"] and found["searchCriteria[pageSize]"] == "5"
    assert oauth1.header({"a": "1 +", "b": "2"}) == 'OAuth a="1%20%2B", b="2"'
