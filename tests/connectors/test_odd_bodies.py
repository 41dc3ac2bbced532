"""Whatever comes in, mapping gives canonical events, a reason, or Unmappable: never another exception."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from bodies import VENDORS, body_of, connector_of, files_of, map_body
from hypothesis import given, settings
from hypothesis import strategies as st
from test_corpus import check

from sereno.sdk.connector import Unmappable

ODD: list[Any] = [
    None,
    "",
    " ",
    "x",
    "0",
    "-1",
    "NaN",
    "Infinity",
    "1e400",
    "12,50",
    "\x00a\u0000b",
    "2026-13-45",
    "2026-02-30T25:61:00",
    "9999-12-31T23:59:59-23:59",
    "😀" * 300,
    0,
    -1,
    1.5,
    10**30,
    820982911946154508,
    1e308,
    True,
    False,
    [],
    [[]],
    [None, 1, "x", {}],
    {},
    {"a": {"b": []}},
]
BODIES = [(vendor, name) for vendor in VENDORS for name in files_of(vendor) if name != "webhook_ping.form"]


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    if isinstance(value, dict):
        for key, inner in value.items():
            found += paths(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value[:3]):
            found += paths(inner, (*path, index))
    return found


def changed(document: Any, path: tuple[Any, ...], value: Any, *, remove: bool) -> Any:
    if not path:
        return value
    document = copy.deepcopy(document)
    place = document
    for step in path[:-1]:
        place = place[step]
    if remove:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


def try_to_map(vendor: str, name: str, body: bytes) -> None:
    connector_of(vendor).dedupe_key({}, body, {})
    try:
        mapped = map_body(vendor, body=body, topic=connector_of(vendor).topic({}, body, {}) or name)
    except Unmappable as error:
        assert 0 < len(str(error)) < 500
        return
    assert mapped.events or mapped.reason
    for event in mapped.events:
        check(event)


@pytest.mark.parametrize(("vendor", "name"), BODIES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_body_with_something_odd_in_it(vendor: str, name: str, data: st.DataObject) -> None:
    document = json.loads(body_of(vendor, name))
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(paths(document)))
        document = changed(
            document, path, data.draw(st.sampled_from(ODD)), remove=bool(path) and data.draw(st.booleans())
        )
        if not isinstance(document, dict | list):
            break
    try_to_map(vendor, name, json.dumps(document).encode())


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"17",
        b'"x"',
        b"{",
        b"\xff\xfe",
        b'{"a": "\xc3\x28"}',
        b"[" * 200_000,
        b'{"id":' * 50_000,
        b'{"id": 1' + b"0" * 5000 + b"}",
        b'{"id": 1e999999999, "total_price": 1e999999999}',
        b'{"id": "\\ud800"}',
        b"\xef\xbb\xbf{}",
        b"webhook_id=1",
    ],
    ids=lambda body: repr(body[:20]),
)
def test_hostile_body(vendor: str, body: bytes) -> None:
    try_to_map(vendor, "", body)
    for name in list(files_of(vendor))[:4]:
        try_to_map(vendor, name, body)


@pytest.mark.parametrize("vendor", VENDORS)
@settings(max_examples=40, deadline=None)
@given(body=st.binary(max_size=200), header=st.text(max_size=40))
def test_verifying_never_raises(vendor: str, body: bytes, header: str) -> None:
    from bodies import NOW

    connector = connector_of(vendor)
    signed = connector.sign("secret", body, {}, NOW, {})
    assert connector.verify(["secret"], signed, body, NOW, {}) == "ok"
    odd = dict.fromkeys(signed, header)
    if odd != signed:
        assert connector.verify(["secret"], odd, body, NOW, {}) == "bad_signature"
    assert connector.verify([], signed, body, NOW, {}) == "bad_signature"
    connector.topic(odd, body, {})
    connector.dedupe_key(odd, body, {})
