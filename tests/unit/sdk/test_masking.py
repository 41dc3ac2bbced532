"""What is shown of an action's config never shows a secret."""

from __future__ import annotations

from sereno.sdk.masking import HIDDEN, masked


def test_secrets_are_hidden_and_all_else_stays() -> None:
    config = {
        "url": "https://api.example/x?api_key=abc&page=2",
        "headers": {"Authorization": "Bearer abc", "X-Shop": "demo", "X-Api-Key": "secret:erp"},
        "json": {"name": "Ana", "client_secret": "x", "list": [{"password": "p", "n": 1}], "token": None},
        "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    }
    assert masked(config) == {
        "url": f"https://api.example/x?api_key={HIDDEN}&page=2",
        "headers": {"Authorization": HIDDEN, "X-Shop": "demo", "X-Api-Key": "secret:erp"},
        "json": {"name": "Ana", "client_secret": HIDDEN, "list": [{"password": HIDDEN, "n": 1}], "token": None},
        "secret": HIDDEN,
    }
    assert masked({"secret": "erp"}) == {"secret": "erp"}
    assert masked({"text": "Order 1 of 2", "tag": "big"}) == {"text": "Order 1 of 2", "tag": "big"}
