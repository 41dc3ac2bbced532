"""Web push against a push service on loopback: sealed by RFC 8291, signed by RFC 8292, gone when it is gone."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sereno.connectors.webpush.channel import CHANNEL
from sereno.connectors.webpush.sealing import from_b64, make_key, public_of, seal
from sereno.modules.http.client import GuardedHttp
from sereno.sdk.channels import ChannelCall, ChannelRefused, Outgoing

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_the_example_of_rfc_8291() -> None:
    body = seal(
        b"When I grow up, I want to be a watermelon",
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
        salt=from_b64("DGv6ra1nlYgDCS1FRnbzlw"),
        key="yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw",
    )
    assert base64.urlsafe_b64encode(body).rstrip(b"=").decode() == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A"
        "_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


class Service(BaseHTTPRequestHandler):
    status = 201
    seen: list[tuple[dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def service() -> Iterator[tuple[str, type[Service]]]:
    handler = type("OneService", (Service,), {"seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    thread.join()
    server.server_close()


def test_only_the_browser_reads_it_and_the_service_knows_who_sends(service: tuple[str, type[Service]]) -> None:
    address, handler = service
    browser, auth, key = ec.generate_private_key(ec.SECP256R1()), b"0123456789abcdef", make_key()
    numbers = browser.public_key().public_numbers()
    point = b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
    keys = {"p256dh": base64.urlsafe_b64encode(point).decode(), "auth": base64.urlsafe_b64encode(auth).decode()}
    message = Outgoing(to=json.dumps({"endpoint": f"{address}/p/1", "keys": keys}), text="Sale hoy", title="Azahar")
    http = GuardedHttp(["127.0.0.1"])
    call = ChannelCall(http, {"is_local": True, "contact": "mailto:a@b.example"}, {"key": key}, "run1/0", NOW)
    CHANNEL.send(call, message)
    headers, body = handler.seen[0]
    assert headers["content-encoding"] == "aes128gcm" and int(headers["ttl"]) > 0 and len(headers["topic"]) == 32
    assert json.loads(opened(body, browser, point, auth))["body"] == "Sale hoy"
    check_signature(headers["authorization"], key, address)
    handler.status = 410
    with pytest.raises(ChannelRefused) as gone:
        CHANNEL.send(call, message)
    assert gone.value.code == "address.gone"
    assert handler.seen[1][0]["topic"] == headers["topic"]


def opened(body: bytes, browser: Any, point: bytes, auth: bytes) -> bytes:
    """As a browser opens it."""
    salt, length = body[:16], body[20]
    theirs = body[21 : 21 + length]
    shared = browser.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))

    def derive(secret: bytes, salt: bytes, info: bytes, size: int) -> bytes:
        return HKDF(algorithm=SHA256(), length=size, salt=salt, info=info).derive(secret)

    base = derive(shared, auth, b"WebPush: info\0" + point + theirs, 32)
    key = derive(base, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = derive(base, salt, b"Content-Encoding: nonce\0", 12)
    return AESGCM(key).decrypt(nonce, body[21 + length :], None).removesuffix(b"\x02")


def check_signature(header: str, key: str, address: str) -> None:
    token, _comma, public = header.removeprefix("vapid t=").partition(", k=")
    assert public == public_of(key)
    head, claims, signature = token.split(".")
    said = json.loads(from_b64(claims))
    assert said["aud"] == address and said["sub"] == "mailto:a@b.example"
    assert 0 < said["exp"] - NOW.timestamp() <= 24 * 3600
    raw = from_b64(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from_b64(public))
    point.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
