"""What platforms answer is read as JSON with exact numbers, also where it is not quite JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sereno.sdk.ports import HttpAnswer
from sereno.sdk.stores import Exchange, StoreBusy


class Wire:
    def __init__(self, body: bytes) -> None:
        self.body = body

    def send(self, request: Any) -> HttpAnswer:
        return HttpAnswer(200, {}, self.body)


def answered(body: bytes) -> Any:
    return Exchange(Wire(body), {}, {}).send("GET", "https://store.test/orders").body


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            b'{"price": 10.50, "id": 123456789012345678901234567890}',
            {"price": "10.50", "id": 123456789012345678901234567890},
        ),
        (b"\xef\xbb\xbf[1e3, 2]", ["1e3", 2]),
        (b'["\\ud83d cut off"]', ["\ud83d cut off"]),
        ('{"a": "\u00e9"}'.encode("utf-16"), {"a": "\u00e9"}),
        (b" \n", None),
        (b"", None),
    ],
)
def test_answers_are_read_exactly(body: bytes, expected: Any) -> None:
    assert answered(body) == expected


def test_numbers_that_are_none_are_taken() -> None:
    assert json.dumps(answered(b'{"rate": NaN}')) == '{"rate": NaN}'


@pytest.mark.parametrize("body", [b"<html>", b'{"a": ', b'"\xff"'])
def test_what_is_no_json_is_said(body: bytes) -> None:
    with pytest.raises(StoreBusy, match="no JSON"):
        answered(body)
