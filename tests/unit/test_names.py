"""Texts are asked of a name server on this machine; what it says of a sending domain is judged."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from sereno.runtime.deliverability.domains import check_texts
from sereno.runtime.deliverability.names import NamesUnavailable, Resolver

TEXTS = {"a.example": ["v=spf1 -all", "x" * 300], "long.example": ["y" * 200] * 10}


def answer_to(question: bytes, *, code: int, is_cut: bool) -> bytes:
    at, labels = 12, []
    while question[at]:
        labels.append(question[at + 1 : at + 1 + question[at]].decode())
        at += 1 + question[at]
    texts = [] if is_cut else TEXTS.get(".".join(labels), [])
    code = code or (0 if ".".join(labels) in TEXTS else 3)
    flags = 0x8180 | (0x0200 if is_cut else 0) | code
    body = b""
    for text in texts:
        pieces = [text[start : start + 255].encode() for start in range(0, len(text), 255)]
        data = b"".join(bytes([len(piece)]) + piece for piece in pieces)
        body += b"\xc0\x0c" + struct.pack(">HHIH", 16, 1, 60, len(data)) + data
    return question[:2] + struct.pack(">HHHHH", flags, 1, len(texts), 0, 0) + question[12 : at + 5] + body


@contextmanager
def name_server(*, code: int = 0, is_short: bool = False) -> Iterator[tuple[str, int]]:
    """Answers by UDP, and by TCP what does not fit."""
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    place = udp.getsockname()
    tcp = socket.create_server(place)

    def by_udp() -> None:
        while True:
            question, asker = udp.recvfrom(4096)
            if question == b"stop":
                return
            udp.sendto(answer_to(question, code=code, is_cut=is_short), asker)

    def by_tcp() -> None:
        while True:
            line, _ = tcp.accept()
            with line:
                head = line.recv(2)
                if len(head) < 2:
                    return
                answer = answer_to(line.recv(struct.unpack(">H", head)[0]), code=code, is_cut=False)
                line.sendall(struct.pack(">H", len(answer)) + answer)

    threads = [threading.Thread(target=by_udp), threading.Thread(target=by_tcp)]
    for thread in threads:
        thread.start()
    yield place
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.sendto(b"stop", place)
    socket.create_connection(place).close()
    for thread in threads:
        thread.join(5)
    udp.close()
    tcp.close()


def test_texts_are_read_whole() -> None:
    with name_server() as server:
        resolver = Resolver(server, timeout=20)
        assert resolver.texts("a.example") == TEXTS["a.example"]
        assert resolver.texts("nothing.example") == []


def test_what_is_cut_short_comes_by_tcp() -> None:
    with name_server(is_short=True) as server:
        assert Resolver(server, timeout=20).texts("long.example") == TEXTS["long.example"]


def test_a_server_that_fails_is_not_a_domain_without_records() -> None:
    with name_server(code=2) as server, pytest.raises(NamesUnavailable):
        Resolver(server, timeout=20).texts("a.example")
    with pytest.raises(NamesUnavailable):
        Resolver(server, timeout=0.2).texts("a.example")
    with name_server() as server, pytest.raises(NamesUnavailable):
        Resolver(server, timeout=0.2).texts("a" * 64 + ".example")


GOOD = {
    "shop.example": ["v=spf1 include:host.example -all", "google-site-verification=x"],
    "host.example": ["v=spf1 ip4:192.0.2.1 -all"],
    "s._domainkey.shop.example": ["v=DKIM1; k=rsa; p=AB C"],
    "_dmarc.shop.example": ["v=DMARC1; p=reject"],
}
MANY = {f"i{number}.example": [f"v=spf1 include:i{number + 1}.example mx -all"] for number in range(9)}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("spf.ok", "dkim.ok", "dmarc.ok")),
        ({"shop.example": []}, ("spf.missing", "dkim.ok", "dmarc.ok")),
        ({"shop.example": ["v=spf1 -all", "v=spf1 ~all"]}, ("spf.several", "dkim.ok", "dmarc.ok")),
        ({"shop.example": ["v=spf1 +all"]}, ("spf.open", "dkim.ok", "dmarc.ok")),
        ({"shop.example": ["v=spf1 include:i0.example -all"], **MANY}, ("spf.too_many", "dkim.ok", "dmarc.ok")),
        ({"shop.example": ["v=spf1 include:shop.example -all"]}, ("spf.too_many", "dkim.ok", "dmarc.ok")),
        ({"s._domainkey.shop.example": ["v=DKIM1; p=OTHER"]}, ("spf.ok", "dkim.other_key", "dmarc.ok")),
        ({"s._domainkey.shop.example": []}, ("spf.ok", "dkim.missing", "dmarc.ok")),
        ({"_dmarc.shop.example": ["v=DMARC1; p=none"]}, ("spf.ok", "dkim.ok", "dmarc.watching")),
        ({"_dmarc.shop.example": []}, ("spf.ok", "dkim.ok", "dmarc.missing")),
    ],
)
def test_what_a_name_service_says_is_judged(changes: Mapping[str, list[str]], expected: tuple[str, ...]) -> None:
    texts = {**GOOD, **changes}
    found = check_texts("shop.example", "s", "ABC", lambda name: texts.get(name, []))
    assert (found["spf"], found["dkim"], found["dmarc"]) == expected


def test_a_domain_below_another_is_under_its_policy() -> None:
    found = check_texts("mail.shop.example", "s", "ABC", lambda name: GOOD.get(name, []))
    assert (found["dmarc"], found["dmarc_name"]) == ("dmarc.ok", "_dmarc.shop.example")
