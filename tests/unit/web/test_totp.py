"""One-time passwords against the vectors of RFC 4226 and RFC 6238."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlsplit

import pytest

from sereno.web.people import totp

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("counter", "code"),
    list(enumerate("755224 287082 359152 969429 338314 254676 287922 162583 399871 520489".split())),  # noqa: SIM905
)
def test_hotp_vectors(counter: int, code: str) -> None:
    """RFC 4226, appendix D."""
    assert totp.code_at(SECRET, counter) == code


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_totp_vectors(seconds: int, code: str) -> None:
    """RFC 6238, appendix B, SHA-1."""
    assert totp.code_at(SECRET, totp.step_of(seconds), digits=8) == code


def test_a_clock_may_be_wrong_by_one_step_and_no_more() -> None:
    now = 1_800_000_000
    for drift in (-1, 0, 1):
        code = totp.code_at(SECRET, totp.step_of(now) + drift)
        assert totp.matching_step(SECRET, code, now) == totp.step_of(now) + drift
    for drift in (-2, 2):
        assert totp.matching_step(SECRET, totp.code_at(SECRET, totp.step_of(now) + drift), now) is None


def test_a_code_of_a_step_that_was_used_is_not_taken() -> None:
    now = 1_800_000_000
    code = totp.code_at(SECRET, totp.step_of(now))
    assert totp.matching_step(SECRET, code, now, after=totp.step_of(now) - 1) == totp.step_of(now)
    assert totp.matching_step(SECRET, code, now, after=totp.step_of(now)) is None


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "²²²²²²"])
def test_what_is_no_code_matches_nothing(code: str) -> None:
    assert totp.matching_step(SECRET, code, 59) is None


def test_the_address_says_what_apps_need() -> None:
    parts = urlsplit(totp.uri(SECRET, "ana+x@example.com"))
    assert (parts.scheme, parts.netloc, parts.path) == ("otpauth", "totp", "/Sereno:ana%2Bx%40example.com")
    query = parse_qs(parts.query)
    assert (query["secret"], query["issuer"], query["digits"], query["period"]) == ([SECRET], ["Sereno"], ["6"], ["30"])


def test_secrets_are_long_and_differ() -> None:
    made = {totp.new_secret() for _ in range(50)}
    assert len(made) == 50 and all(len(base64.b32decode(secret)) == 20 for secret in made)
