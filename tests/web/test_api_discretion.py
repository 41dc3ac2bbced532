"""A key that may only read is shown what a viewer is: whoever made an operation, no answer says whom it is about."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from seeding import make_shop

from sereno.api.version1 import api
from sereno.modules.messages import services as messages
from sereno.runtime import services
from sereno.runtime.privacy import asking
from sereno.runtime.runtime import Runtime
from sereno.sdk.connector import NewEvent
from sereno.sdk.plugin import registry
from sereno.store.database import default_database
from sereno.store.keys import issue
from sereno.store.models import Approval, Effect, Event, Run, Shop

MAIL, PHONE, STREET = "kanarienvogel@quillabamba.example", "+34 699 414 213", "Callejon del Gato 13"
WORDS = (MAIL, PHONE, STREET, "Zefirina", "Quillabamba")
NOW = datetime.now(UTC)
FLOW = """flow: seen
trigger: {event: order.created, when: "customer.email != null && customer.first_name == 'Zefirina'"}
steps:
  - log: {text: "{{ customer.first_name }} {{ customer.email }}"}
  - approve: {by: owner, text: "Write to {{ customer.first_name }} {{ customer.last_name }}?"}
"""


def shop_about_somebody() -> Shop:
    shop = make_shop()
    whose = {"id": "5", "email": MAIL, "phone": PHONE, "first_name": "Zefirina", "last_name": "Quillabamba"}
    data = {
        "id": "77", "number": "77", "email": MAIL, "phone": PHONE, "customer_id": "5", "total": "20.00",
        "currency": "EUR", "customer": whose, "note": "For Zefirina", "placed_at": NOW.isoformat(), "lines": [],
        "shipping_address": {"name": "Zefirina Quillabamba", "address1": STREET, "phone": PHONE, "country": "ES"},
    }  # fmt: skip
    services.publish(shop.pk, services.save_draft(shop.pk, FLOW).name, "tester")
    refs = {"order": "77", "customer": "5", "email": MAIL}
    services.insert_events(shop.pk, None, "tests", [NewEvent("o77", "order.created", "order:77", NOW, data, refs)])
    messages.suppress(shop.pk, MAIL, "email", "complaint")
    asking.ask(shop.pk, "erase", [MAIL], "tester", delay=timedelta(days=1))
    runtime = Runtime(default_database(), registry(), worker_name="canary")
    runtime.drain()
    runtime.stop()
    return shop


def paths() -> list[str]:
    """Every GET operation, about what is there."""
    real: dict[str, Any] = {
        "runs/{id}": Run.objects.values_list("uid", flat=True).first(),
        "events/{number}": Event.objects.values_list("pk", flat=True).first(),
        "effects/{id}": Effect.objects.values_list("pk", flat=True).first(),
    }
    more = {"why": f"?subject={MAIL}", "consents": f"?about={MAIL}", "privacy/person": f"?about={MAIL}"}
    found: list[str] = []
    for path, operations in api.get_openapi_schema(path_prefix="")["paths"].items():
        if "get" in operations:
            plain = path.removeprefix("/")
            place = re.sub(
                r"{\w+}", lambda it, plain=plain: str(real.get(plain, "seen" if "name" in it[0] else 1)), plain
            )
            found.append(place + more.get(plain, ""))
    return found


def answers(shop: Shop, scopes: str) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {issue(shop.pk, scopes, scopes, 'tester')}"}
    client = Client(headers=headers)
    given = {path: client.get(f"/api/v1/{path}") for path in paths()}
    return {path: answer.content.decode() for path, answer in given.items() if answer.status_code == 200}


@pytest.mark.parametrize("scopes", ["read", "read events:write"])
def test_no_answer_names_anybody(scopes: str) -> None:
    shop = shop_about_somebody()
    assert Approval.objects.exists()
    seen, hidden = answers(shop, "read work"), answers(shop, scopes)
    telling = {path for path, text in seen.items() if any(word in text for word in WORDS)} & set(hidden)
    assert {path.partition("/")[0].partition("?")[0] for path in telling} >= {"events", "effects", "approvals", "runs"}
    for path, text in hidden.items():
        if path.startswith("flows"):
            continue  # The condition that the shop wrote itself.
        wrong = [(word, text[max(0, text.find(word) - 120) :][:200]) for word in WORDS if word in text]
        assert not wrong, (path, wrong)
    assert "order:77" in hidden["events"] and '"seen"' in hidden["runs"], "what is no person's is still told"


def test_who_writes_flows_reads_addresses_and_no_telephones() -> None:
    shop = shop_about_somebody()
    found = answers(shop, "read flows:write")
    assert MAIL in found["events"] and PHONE not in found["events"] and STREET not in found["events"]
    assert "Zefirina" in found["flows/seen"]


def test_a_letter_that_json_escapes_is_no_way_around() -> None:
    shop = make_shop()
    refs = {"order": "1", "email": "josé@quillabamba.example"}
    event = NewEvent("o1", "order.created", "order:1", NOW, {"id": "1", "memo": "josé@quillabamba.example"}, refs)
    services.insert_events(shop.pk, None, "tests", [event])
    text = answers(shop, "read")["events"]
    assert "quillabamba" not in text and "•••" in text
