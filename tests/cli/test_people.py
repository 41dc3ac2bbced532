"""`sereno shop | user | connect`."""

from __future__ import annotations

import pytest


def test_shop_settings(shop) -> None:
    assert shop("shop", "set", "casa-azahar", "abandoned_after=2h", "low_stock_threshold=7").status == 0
    (row,) = shop("shop", "list", "--json").json
    assert row["settings"] == {"abandoned_after": "2h", "low_stock_threshold": 7}
    assert shop("shop", "set", "casa-azahar", "abandoned_after=").status == 0
    assert shop("shop", "list", "--json").json[0]["settings"] == {"low_stock_threshold": 7}
    assert shop("shop", "add", "Casa Azahar").status == 1


def test_a_person_gets_a_password_printed_once(shop) -> None:
    from django.contrib.auth import authenticate

    made = shop("user", "add", "Ana@Example.com", "--role", "owner")
    assert made.status == 0
    password = made.out.rpartition(": ")[2].strip()
    assert authenticate(username="ana@example.com", password=password) is not None
    assert shop("user", "add", "ana@example.com", "--role", "viewer").status == 1  # the last owner
    shop("user", "add", "boss@example.com")
    again = shop("user", "add", "ana@example.com", "--role", "viewer")
    shop("user", "remove", "boss@example.com")
    assert "Password" not in again.out
    assert authenticate(username="ana@example.com", password=password) is not None
    row = shop("user", "list", "--json").json[0]
    assert row == {
        "email": "ana@example.com",
        "shop": "casa-azahar",
        "role": "viewer",
        "second_factor": False,
        "seen_at": None,
    }
    assert shop("user", "add", "bo@example.com", "--password", "short").status == 2


def test_the_owner_of_all_shops_owns_the_next_one(shop) -> None:
    shop("user", "add", "ana@example.com")
    shop("user", "add", "bo@example.com", "--role", "viewer")
    shop("shop", "add", "Second")
    roles = {(row["email"], row["shop"]): row["role"] for row in shop("user", "list", "--json").json}
    assert roles[("ana@example.com", "second")] == "owner"
    assert ("bo@example.com", "second") not in roles
    assert "--shop" in shop("flow", "templates", "--install", "low-stock").err


def test_a_person_is_taken_out_and_let_in_again(shop) -> None:
    from django.contrib.auth.models import User

    from sereno.store.models import Audit, Membership

    shop("user", "add", "ana@example.com")
    shop("user", "add", "bo@example.com", "--role", "support")
    refused = shop("user", "remove", "ana@example.com")
    assert refused.status == 1 and "last owner" in refused.err
    assert User.objects.get(username="ana@example.com").is_active
    assert shop("user", "remove", "bo@example.com", "--shop", "casa-azahar").status == 0
    assert shop("user", "remove", "bo@example.com", "--shop", "casa-azahar").status == 1
    assert shop("user", "remove", "bo@example.com").status == 0
    assert not User.objects.get(username="bo@example.com").is_active
    assert not Membership.objects.filter(user__username="bo@example.com").exists()
    shop("user", "add", "bo@example.com", "--role", "viewer")
    assert User.objects.get(username="bo@example.com").is_active
    assert [line.action for line in Audit.objects.filter(target="bo@example.com").order_by("id")] == [
        "person.added", "person.removed", "person.added",
    ]  # fmt: skip
    missing = shop("user", "remove", "bob@example.com")
    assert missing.status == 2 and "Did you mean 'bo@example.com'" in missing.err


def test_a_person_gets_back_in_after_losing_everything(shop) -> None:
    from datetime import UTC, datetime

    from django.contrib.auth import authenticate
    from django.contrib.auth.models import User

    from sereno.store.models import Audit, SecondFactor, SignIn

    shop("user", "add", "ana@example.com", "--password", "the first long password")
    ana, now = User.objects.get(), datetime.now(UTC)
    SecondFactor.objects.create(user=ana, secret="x", created_at=now, confirmed_at=now)
    SignIn.objects.create(user=ana, session_key="k", address="", device="", began_at=now, seen_at=now)
    row = shop("user", "list", "--json").json[0]
    assert row["second_factor"] is True and row["seen_at"]
    plain = shop("user", "reset", "Ana@example.com", "--password", "another long password")
    assert plain.status == 0 and SecondFactor.objects.exists() and not SignIn.objects.exists()
    made = shop("user", "reset", "ana@example.com", "--second-factor")
    assert not SecondFactor.objects.exists()
    password = made.out.rpartition(": ")[2].strip()
    assert authenticate(username="ana@example.com", password=password) is not None
    assert shop("user", "reset", "ana@example.com", "--password", "short").status == 2
    lines = Audit.objects.filter(action="person.reset")
    assert lines.count() == 2 and password not in str(list(lines.values()))


def test_connect_prints_the_address_and_keeps_the_secret_to_itself(shop) -> None:
    from sereno.store.models import Connection
    from sereno.store.secrets import decrypt

    made = shop("connect", "shopify", "--shop", "casa-azahar", "--name", "tienda", "--secret", "hush")
    assert made.status == 0, made.err
    assert made.out.strip().endswith("/hooks/tienda")
    assert "hush" not in made.out
    row = Connection.objects.get(name="tienda")
    assert "hush" not in row.secrets
    assert decrypt(row.secrets) == ["hush"]
    assert shop("connect", "shopify", "--name", "tienda", "--secret", "other").status == 1
    assert shop("connect", "shopify", "--name", "tienda", "--secret", "other", "--rotate").status == 0
    assert decrypt(Connection.objects.get(name="tienda").secrets) == ["other", "hush"]


def test_a_secret_is_made_where_the_shop_may_choose(shop) -> None:
    made = shop("connect", "woocommerce", "--json").json
    assert len(made["secret"]) > 30
    missing = shop("connect", "shopify", "--name", "x")
    assert missing.status == 2
    assert "--secret" in missing.err


def test_generic_says_how_it_signs(shop) -> None:
    from sereno.store.models import Connection

    outcome = shop(
        "connect", "generic", "--name", "erp", "--secret", "s", "--signature-header", "X-Erp-Signature",
        "--signature-encoding", "hex", "--signature-prefix", "sha256=", "--topic-header", "X-Erp-Topic",
    )  # fmt: skip
    assert outcome.status == 0, outcome.err
    assert Connection.objects.get(name="erp").settings == {
        "signature_header": "X-Erp-Signature",
        "signature_encoding": "hex",
        "signature_prefix": "sha256=",
        "hook": "http://127.0.0.1:8000/hooks/erp",
        "topic_header": "X-Erp-Topic",
    }
    assert shop("connect", "shopify", "--secret", "s", "--topic-header", "X").status == 2
    assert shop("connect", "generic", "--name", "My ERP").status == 2


@pytest.mark.parametrize(
    "kind",
    [
        "shopify",
        "woocommerce",
        "bigcommerce",
        "magento",
        "salesforce",
        "zohocommerce",
        "medusa",
        "vendure",
        "saleor",
        "stripe",
        "oscar",
        "generic",
    ],
)
def test_every_kind_connects_or_says_how(shop, kind: str) -> None:
    outcome = shop("connect", kind, "--secret", "whsec_c2VjcmV0")
    if outcome.status:
        assert outcome.status == 2
        assert "sereno connect generic" in outcome.err


def test_switching_a_connection_off(shop) -> None:
    shop("connect", "woocommerce")
    assert shop("connection", "off", "woocommerce").status == 0
    assert shop("connection", "list", "--json").json[0]["is_active"] is False
    assert shop("connection", "on", "woocomerce").status == 2
