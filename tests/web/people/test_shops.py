"""Several shops: the first run, what comes next, the shop's page, the switcher; keys; the audit trail."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from posting import Post
from seeding import make_shop, person, seed

from sereno.sdk.ports import Mail
from sereno.sdk.result import Fail, Result
from sereno.store import keys, models
from sereno.store.keys import issue
from sereno.store.trail import note

SHOP = {"name": "Casa", "currency": "eur", "timezone": "Europe/Madrid", "locale": "es"}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def owner(shop: models.Shop) -> Client:
    return signed_in(person(shop, "ana@example.com", "owner"))


# The first run


def test_the_first_run_leads_to_what_comes_next(post: Post) -> None:
    client = Client()
    answer = client.post("/setup", {**SHOP, "person": "Ana", "email": "ana@example.com", "password": "a long password"})
    assert answer["Location"] == "/welcome"
    page = client.get("/welcome").content.decode()
    assert "Conecta" in page
    assert {line.action for line in models.Audit.objects.all()} >= {"shop.created", "person.joined"}
    client.post("/welcome/test-mail")
    assert [mail.to for mail in post.all()] == ["ana@example.com"]
    assert models.Audit.objects.filter(action="mail.tested").exists()


def test_a_test_mail_that_does_not_go_says_why(owner: Client, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(mail: Mail) -> Result:
        return Fail("sender.refused", "550 not allowed to send for this sender")

    monkeypatch.setattr(post, "send", refuse)
    owner.post("/welcome/test-mail")
    assert "550 not allowed" in owner.get("/welcome").content.decode()


def test_without_a_mail_server_there_is_no_button(owner: Client) -> None:
    assert "SERENO_SMTP_URL" in owner.get("/welcome").content.decode()
    owner.post("/welcome/test-mail")
    assert "No mail server is set" in owner.get("/welcome").content.decode()


# The shop's page


def test_the_shops_settings_are_what_actions_read(shop: models.Shop, owner: Client) -> None:
    models.Shop.objects.update(settings={"allowed_hosts": ["erp.internal"], "website": "https://old.example"})
    fields = {
        **SHOP, "sender_email": "hola@casa.example", "postal_address": "Calle 1, Madrid", "abandoned_after": "2h",
        "low_stock_threshold": "7", "high_value_amount": "199,90", "alert_email": "a@casa.example", "website": "",
        "slack_webhook": "https://hooks.example.com/secret-path",
    }  # fmt: skip
    assert owner.post("/shop", fields).status_code == 302
    shop.refresh_from_db()
    assert (shop.name, shop.currency, shop.timezone, shop.locale) == ("Casa", "EUR", "Europe/Madrid", "es")
    assert shop.settings == {
        "allowed_hosts": ["erp.internal"], "sender_email": "hola@casa.example", "postal_address": "Calle 1, Madrid",
        "abandoned_after": "2h", "low_stock_threshold": 7, "high_value_amount": "199.90",
        "alert_email": "a@casa.example", "slack_webhook": "https://hooks.example.com/secret-path",
    }  # fmt: skip
    line = models.Audit.objects.get(action="shop.changed")
    assert line.details["before"]["website"] == "https://old.example" and line.details["after"]["name"] == "Casa"
    assert "secret-path" not in json.dumps(line.details)
    owner.post("/shop", {**fields, "abandoned_after": "2h"})
    assert models.Audit.objects.filter(action="shop.changed").count() == 1  # nothing changed, nothing written


@pytest.mark.parametrize(
    ("field", "value"),
    [("currency", "EURO"), ("timezone", "Mars/Base"), ("locale", "xx"), ("name", " "), ("sender_email", "x"),
     ("abandoned_after", "soon"), ("low_stock_threshold", "-1"), ("high_value_amount", "NaN"),
     ("brand_color", "red;}"), ("website", "javascript:alert(1)"), ("slack_webhook", "http://localhost/")],
)  # fmt: skip
def test_what_cannot_be_kept_is_said_at_its_field(owner: Client, field: str, value: str) -> None:
    before = models.Shop.objects.values().get()
    answer = owner.post("/shop", {**SHOP, field: value})
    assert answer.status_code == 422 and f'id="hint-{field}"' in answer.content.decode()
    assert models.Shop.objects.values().get() == before


def test_one_more_shop_and_back(shop: models.Shop, owner: Client) -> None:
    assert owner.post("/shops/new", {**SHOP, "name": "Lantern & Wick"})["Location"] == "/welcome"
    second = models.Shop.objects.exclude(pk=shop.pk).get()
    assert second.slug == "lantern-wick" and models.Flow.objects.filter(shop=second, is_derived=True).exists()
    assert second.slug in owner.get("/shop").content.decode()
    owner.post("/shops/switch", {"shop": shop.slug})
    assert f'<span class="mono faint small">{shop.slug}</span>' in owner.get("/shop").content.decode()


def test_nobody_switches_to_a_shop_of_others(owner: Client) -> None:
    make_shop("two", "Two & Co")
    owner.post("/shops/switch", {"shop": "two"})
    page = owner.get("/").content.decode()
    assert "You do not belong to that shop" in page and "Two" not in page


# Keys


NEEDED = [
    ("GET", "flows", "read"), ("GET", "runs/x", "read"), ("POST", "events", "events:write"),
    ("PUT", "flows/x", "flows:write"), ("POST", "flows/x/publish", "flows:write"), ("POST", "flows/x/start", "work"),
    ("POST", "flows/x/status", "flows:write"), ("POST", "runs/x/end", "work"), ("POST", "effects/replay", "work"),
    ("POST", "deliveries/replay", "work"), ("POST", "approvals/1/decide", "work"), ("POST", "people", "settings"),
    ("GET", "people", "settings"), ("GET", "audit", "settings"), ("DELETE", "anything/new", "settings"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "scope"), NEEDED)
def test_what_each_address_needs(method: str, path: str, scope: str) -> None:
    from sereno.api.keys import scope_needed

    assert scope_needed(method, f"/api/v1/{path}") == scope


def test_every_operation_is_refused_to_a_key_without_its_scope() -> None:
    """Every address of the API, whatever it will be: a key that has all scopes but the one needed gets 403."""
    from sereno.api.keys import scope_needed
    from sereno.api.version1 import api

    seeded = seed()
    tokens = {
        scope: issue(seeded.shop.pk, scope, " ".join(one for one in keys.SCOPES if one != scope), "test")
        for scope in keys.SCOPES
    }
    wrong: list[str] = []
    for path, methods in api.get_openapi_schema()["paths"].items():
        filled = path
        for name in ("{id}", "{number}"):
            filled = filled.replace(name, "1")
        filled = filled.replace("{name}", "x")
        for method in methods:
            needed = scope_needed(method, path)
            if needed == "read":
                continue  # every key may read
            bearer = {"HTTP_AUTHORIZATION": f"Bearer {tokens[needed]}"}
            answer = Client().generic(method.upper(), filled, "{}", "application/json", **bearer)
            if answer.status_code != 403 or answer.json().get("code") != "key.scope":
                wrong.append(f"{method.upper()} {path} needs {needed}, answered {answer.status_code}")
    assert wrong == []


def test_a_key_ends(shop: models.Shop, owner: Client) -> None:
    owner.post("/keys", {"name": "Warehouse", "lasts": "30", "scopes": ["work"]})
    key = models.ApiKey.objects.get()
    assert abs((key.expires_at - datetime.now(UTC)) - timedelta(days=30)) < timedelta(minutes=1)
    token = issue(shop.pk, "short", "read", "test", expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert Client().get("/api/v1/flows", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 401
    assert "over" in owner.get("/keys").content.decode()
    assert owner.post("/keys", {"name": ""}).status_code == 422


def test_keys_leave_a_line_and_no_secret(owner: Client) -> None:
    page = owner.post("/keys", {"name": "Warehouse", "scopes": ["work"]}).content.decode()
    token = page.partition('id="new-key">')[2].partition("<")[0]
    owner.post(f"/keys/{models.ApiKey.objects.get().pk}/revoke")
    lines = list(models.Audit.objects.order_by("id"))
    assert [line.action for line in lines] == ["key.made", "key.revoked"]
    assert token not in str([line.details for line in lines])


# The audit trail


def test_the_trail_says_who_changed_what_from_what_to_what(shop: models.Shop, owner: Client) -> None:
    note(shop.pk, "bo@example.com", "person.role_changed", "vic@example.com", before={"role": "viewer"},
         after={"role": "operator"})  # fmt: skip
    note(shop.pk, "api:erp", "flow.published", "thanks", version=3)
    note(shop.pk, "x", "new.kind", "<b>thing</b>", odd={"a": [1]})
    page = owner.get("/audit").content.decode()
    assert "Gave vic@example.com another role" in page and "<del>Viewer</del>" in page and "<ins>Operator</ins>" in page
    assert "Published thanks" in page and "<ins>3</ins>" in page
    assert "new.kind &lt;b&gt;thing&lt;/b&gt;" in page


def test_the_trail_is_narrowed_and_paged(shop: models.Shop, owner: Client) -> None:
    for number in range(60):
        note(shop.pk, "bo@example.com", "flow.published", f"flow-{number:02}", version=number)
    note(shop.pk, "ana@example.com", "key.made", "Warehouse")
    first = owner.get("/audit").content.decode()
    assert "Warehouse" in first and "flow-59" in first and "flow-05" not in first
    older = first.partition("before=")[2].partition('"')[0]
    assert "flow-05" in owner.get(f"/audit?before={older}").content.decode()

    def shown(query: str) -> str:
        return owner.get(f"/audit?{query}").content.decode().partition('id="list"')[2]

    assert "Warehouse" in shown("by=ana@example.com") and "flow-59" not in shown("by=ana@example.com")
    assert "Warehouse" in shown("kind=key") and "flow-59" not in shown("kind=key")
    assert "flow-07" in shown("q=flow-07") and "flow-08" not in shown("q=flow-07")
    today = datetime.now(UTC).date()
    assert "Warehouse" in shown(f"from={today - timedelta(days=1)}&to={today + timedelta(days=1)}")
    assert "Nothing matches" in shown(f"to={today - timedelta(days=2)}")
    for odd in ("from=x&to=9999-12-31", "from=0001-01-01", "kind=nothing&by=%00", "before=x"):
        assert owner.get(f"/audit?{odd}").status_code == 200


def test_the_trail_is_taken_along_as_csv(shop: models.Shop, owner: Client) -> None:
    for number in range(3):
        note(shop.pk, "bo@example.com", "flow.published", f"flow-{number}", version=number)
    note(shop.pk, "bo@example.com", "key.made", "=cmd|' /C calc'!A0")
    note(make_shop("two", "Two").pk, "eve@example.com", "flow.published", "theirs")
    answer = owner.get("/audit.csv?by=bo@example.com")
    rows = list(csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))  # type: ignore[arg-type]
    assert len(rows) == 5 and rows[1][1:4] == ["bo@example.com", "flow.published", "flow-0"]
    assert rows[4][3].startswith("'=")  # no spreadsheet takes it for a formula
    assert "theirs" not in str(rows)
