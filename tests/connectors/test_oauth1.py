"""OAuth 1.0a: the base string of RFC 5849, and a signature worked out apart from this code."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from sereno.connectors import oauth1
from sereno.connectors.magento.client import ask as ask_magento
from sereno.connectors.magento.client import criteria
from sereno.connectors.magento.client import sign as sign_magento
from sereno.connectors.woocommerce.client import ask as ask_woo
from sereno.connectors.woocommerce.client import sign as sign_woo
from sereno.modules.http.client import GuardedHttp
from sereno.sdk.stores import Exchange, StoreRefused


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


class Checking(BaseHTTPRequestHandler):
    """Works the signature out from the request line as it came, as a shop does."""

    def do_GET(self) -> None:
        given = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        header = self.headers.get("Authorization") or ""
        pairs = list(given.items())
        if header.startswith("OAuth "):
            named = {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', header)}
            pairs += named.items()
            given |= named
        signature = given.pop("oauth_signature")
        pairs = [(name, value) for name, value in pairs if name != "oauth_signature"]
        url = f"http://127.0.0.1:{self.server.server_address[1]}{self.path.partition('?')[0]}"
        secret = b"cs&ts" if "oauth_token" in given else b"cs&"
        digest = hmac.new(secret, oauth1.base_string("GET", url, pairs).encode(), hashlib.sha256).digest()
        is_right = base64.b64encode(digest).decode() == signature
        body = b'{"code": "EUR", "items": []}' if is_right else b'{"message": "wrong signature"}'
        self.send_response(200 if is_right else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Checking) as found:
        Thread(target=found.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{found.server_address[1]}"
        found.shutdown()


def test_what_is_signed_is_what_goes_over_the_wire(server: str) -> None:
    http = GuardedHttp([server.removeprefix("http://")])
    keys = {"consumer_key": "ck", "consumer_secret": "cs"}
    filters = [("updated_at", "gteq", "2026-11-20 12:00:00"), ("sku", "in", "Ä/1,B+2&C")]
    magento = Exchange(http, {"url": server}, {**keys, "access_token": "at", "token_secret": "ts"}, sign_magento)
    assert ask_magento(magento, "GET", "orders", query=criteria(filters, sort=[("updated_at", "ASC")]))["items"] == []
    woo = Exchange(http, {"url": server}, keys, sign_woo)
    assert ask_woo(woo, "GET", "orders", query={"search": "Ana María +x@example.com", "page": 1})["code"] == "EUR"
    wrong = Exchange(http, {"url": server}, {**keys, "consumer_secret": "no"}, sign_woo)
    with pytest.raises(StoreRefused, match="wrong signature"):
        ask_woo(wrong, "GET", "orders")
