"""Whatever a person changes leaves a line in the audit trail: every form of every page is filled in and sent, whoever
added it, and what changed something must have been written down."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

from crawling import addresses, forms_of
from describing import filled, operations_of, paths_of
from django.apps import apps
from django.test import Client
from seeding import PASSWORD
from stocked import Statement, Stocked, digest_of, statement_of, stock

from sereno.store.keys import SCOPES, issue
from sereno.store.models import Audit

UNWATCHED = {
    "Session", "SignIn", "Tries", "Audit", "ContentType", "Worker",
    # What the runtime does of itself when a page has asked for something; what was asked is written down.
    "EventQueue", "EventLink", "RunTrace", "StepTally", "ApiAnswer",
}  # fmt: skip
ALLOWED = {
    "/sign-in": "signing in and out changes nothing of the shop; the list of devices shows it",
    "/sign-out": "as above",
    "/language": "a cookie of the reader",
    "/shops/switch": "the session's own",
    "/account/two-factor": "a secret is offered when the page is opened; switching it on is written down",
}
LEFT_OUT = {"/sign-out", "/account/sign-ins/end", "/account/password"}
"""They end the walk's own session, or change what it signs in with; each has tests of its own."""


@lru_cache(maxsize=1)
def watched() -> dict[str, Statement]:
    """What to ask of every table but those that hold no settings of anybody."""
    found: dict[str, Statement] = {}
    for model in apps.get_models():
        if model.__name__ not in UNWATCHED:
            names = [one.attname for one in model._meta.fields if one.name not in ("last_login", "used_at", "seen_at")]
            found[model.__name__] = statement_of(model._default_manager.order_by("pk").values_list(*names))
    return found


def state() -> dict[str, str]:
    return {name: digest_of([statement]) for name, statement in watched().items()}


def submissions(shops: Stocked) -> dict[str, tuple[str, dict[str, list[str]]]]:
    """One way of sending each form for each kind of address."""
    found: dict[str, tuple[str, dict[str, list[str]]]] = {}
    for address in addresses():
        if address.name in ("join", "answer", "unsubscribe", "preferences", "password-reset", "setup", "sign-out"):
            continue
        for path in address.filled(shops.values, 24):
            answer = shops.owner.get(path)
            if answer.status_code != 200 or answer.streaming:
                continue
            for form in forms_of(path, answer.content.decode(errors="replace")):
                for action, data in form.submissions():
                    button = [
                        value for name, values in data.items() if name in ("do", "answer", "status") for value in values
                    ]
                    kind = re.sub(r"\d+|zqwx[\w-]*", "_", action.split("?")[0])
                    found.setdefault(f"{kind} {sorted(data)} {button}", (action, data))
    return found


def test_every_change_leaves_a_line() -> None:
    shops = stock()
    shops.owner.raise_request_exception = False
    silent: dict[str, Any] = {}
    changed: set[str] = set()
    for key, (action, data) in submissions(shops).items():
        path = action.split("?")[0]
        if not path.startswith("/") or path in LEFT_OUT:
            continue
        if "password" in data:
            data["password"] = [PASSWORD]
        before, lines = state(), Audit.objects.count()
        answer = shops.owner.post(action, data)
        after = state()
        different = [name for name in after if after[name] != before[name]]
        if different and answer.status_code < 500:
            changed.add(path)
            if Audit.objects.count() == lines and path not in ALLOWED:
                silent[key] = different
        if path == "/shops/new":
            shops.owner.post("/shops/switch", {"shop": shops.first.slug})
        if shops.owner.get("/account").status_code != 200:
            shops.owner.force_login(shops.seeded.owner)
    assert silent == {}
    assert len(changed) > 20, sorted(changed)


FACTS = {
    "/api/v1/events": "facts of the store, not changes by somebody; the record shows them",
    "/api/v1/interests": "what somebody said in another system of the shop's; the record shows it",
    "/api/v1/visits": "what somebody looked at in another system of the shop's; the record shows it",
    "/api/v1/consents": "a line of the ledger, which is kept as its own proof",
}


def test_every_change_through_the_api_leaves_a_line() -> None:
    from sereno.api.version1 import api

    shops = stock()
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {issue(shops.first.pk, 'erp', ' '.join(SCOPES), 'ana')}"}
    whole = api.get_openapi_schema()
    silent: dict[str, Any] = {}
    changed: set[str] = set()
    client = Client(raise_request_exception=False)
    for method, path, operation in operations_of(whole):
        if method == "get" or path in FACTS:
            continue
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        body = json.dumps(filled(content["schema"], whole, "", shops)) if content else ""
        for address in paths_of(path, operation, shops):
            before, lines = state(), Audit.objects.count()
            answer = client.generic(method.upper(), address, body, "application/json", **bearer)
            after = state()
            different = [name for name in after if after[name] != before[name]]
            if different and answer.status_code < 500:
                changed.add(path)
                if Audit.objects.count() == lines:
                    silent[f"{method} {address}"] = different
            if answer.status_code == 401:  # it has revoked itself
                bearer = {"HTTP_AUTHORIZATION": f"Bearer {issue(shops.first.pk, 'erp', ' '.join(SCOPES), 'ana')}"}
    assert silent == {}
    assert len(changed) >= 5, sorted(changed)


def test_a_line_belongs_to_one_shop_and_names_somebody() -> None:
    shops = stock()
    shops.owner.post("/shop", {"name": "Other", "currency": "EUR", "timezone": "Europe/Madrid", "locale": "es"})
    line = Audit.objects.order_by("-id")[0]
    assert (line.shop_id, line.by[-15:], line.action) == (shops.first.pk, "ana@example.com", "shop.changed")
    assert line.details["after"]["name"] == "Other"
