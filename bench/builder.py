"""Server time of opening a flow of 150 steps in the builder and of each edit of it, as a person's browser asks for it.

Prints one JSON document. `python bench/builder.py [EDITS]`. SQLite in a folder of its own; the requests go through
Django's handler in this process, so that the time is the server's alone: reading, changing, checking, keeping, and the
page. No two edits are alike, so nothing is answered from memory.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
from statistics import median
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sereno.site.settings")
STEPS = 150
HTMX = {"HX-Request": "true"}
Spent = tuple[float, float]
"""Milliseconds on the wall, and of the processor."""


def main() -> None:
    edits = next((int(part) for part in sys.argv[1:] if part.isdigit()), 120)
    with tempfile.TemporaryDirectory(prefix="sereno-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        os.environ["SERENO_DATA_DIR"] = folder
        print(json.dumps(measure(edits), indent=2))


def measure(edits: int) -> dict[str, Any]:
    client, shop = opened()
    text = document()
    from sereno.runtime import drafting

    drafting.create_draft(shop, "long", "Long", text, "ana@example.com")
    from sereno.runtime.worker import quiet_garbage

    client.get("/flows/long/builder")
    # As `sereno serve` does once it has begun.
    quiet_garbage()
    opens = [timed(lambda: client.get("/flows/long/builder"))[0] for _ in range(20)]
    forms = [timed(lambda: client.get("/flows/long/builder/panel?path=7", headers=HTMX))[0] for _ in range(20)]
    kinds: dict[str, list[Spent]] = {}
    chance = random.Random(7)
    for number in range(edits):
        draft = drafting.open_draft(shop, "long")
        name, line = wish(chance, draft.document or {}, number)
        if name == "form":
            spent, answer = timed(lambda: save(client, draft, line, number))  # noqa: B023 - called at once
        else:
            sent = {"do": line, "revision": draft.revision}
            spent, answer = timed(lambda: client.post("/flows/long/builder/edit", sent, headers=HTMX))  # noqa: B023
        assert answer.status_code == 200, answer.status_code
        assert "Two changes at once" not in answer.content.decode(), line
        kinds.setdefault(name, []).append(spent)
    spent = [one for all_ in kinds.values() for one in all_]
    return {
        "steps": STEPS,
        "edits": len(spent),
        "edit_ms": summary(spent),
        "open_ms": summary(opens),
        "panel_ms": summary(forms),
        "by_kind_ms": {name: summary(found) for name, found in sorted(kinds.items())},
        "document_kilobytes": round(len(text) / 1024, 1),
        "goal": "p95 of an edit < 150 ms",
    }


def opened() -> tuple[Any, int]:
    """A signed-in client over an empty shop."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client
    from django.test.utils import setup_test_environment

    from sereno.site.plugins import load_plugins
    from sereno.store.secrets import configure

    setup_test_environment()
    load_plugins()
    configure(settings.ENVIRONMENT.secret_key)
    call_command("migrate", verbosity=0)
    from django.contrib.auth.models import User

    from sereno.runtime import services
    from sereno.store.models import Membership

    shop = services.create_shop(slug="bench", name="Bench", currency="EUR", timezone="Europe/Madrid", locale="es")
    user = User.objects.create_user(username="ana@example.com", email="ana@example.com", password="not asked here")
    Membership.objects.create(user=user, shop_id=shop, role="owner")
    client = Client()
    client.force_login(user)
    return client, shop


def document() -> str:
    from sereno.engine.flow import to_yaml

    block: list[Any] = [
        {"wait": "4h"},
        {"messages.send_email": {"template": "cart-reminder"}},
        {
            "if": "order.total >= 100 && customer.accepts_email == true",
            "then": [
                {"orders.add_tag": {"tag": "big"}},
                {
                    "alerts.notify": {
                        "channel": "email",
                        "text": "Order {{ order.number }} of {{ order.total | money }}",
                    }
                },
            ],
            "else": [{"log": {"text": "small: {{ order.number }}"}}],
        },
        {"split": {"weights": {"a": 50, "b": 50}, "a": [{"customers.add_tag": {"tag": "a"}}], "b": []}},
        {"log": {"text": "{{ order.number }}"}},
    ]
    steps: list[Any] = []
    for number in range(STEPS // 9 + 1):
        steps += json.loads(json.dumps(block).replace("4h", f"{number + 1}h"))
    found = {"flow": "long", "name": "Long", "trigger": {"event": "order.paid"}, "steps": steps[: len(steps)]}
    return to_yaml(trimmed(found))


def trimmed(found: dict[str, Any]) -> dict[str, Any]:
    """Exactly as many steps as asked for."""
    from sereno.engine.places import walk

    while sum(1 for _ in walk(found)) > STEPS:
        found["steps"].pop()
    while sum(1 for _ in walk(found)) < STEPS:
        found["steps"].append({"wait": "1h"})
    return found


def wish(chance: random.Random, found: dict[str, Any], number: int) -> tuple[str, str]:
    from sereno.engine.places import walk

    paths = [path for path, _step in walk(found)]
    path = chance.choice(paths)
    name = ("insert", "form", "move", "duplicate", "delete", "form", "undo")[number % 7]
    if name == "insert":
        return name, f"insert {path} wait"
    if name == "form":
        return name, next(one for one, step in walk(found) if "log" in step)
    if name == "move":
        to = chance.choice([other for other in paths if not f"{other}.".startswith(f"{path}.")])
        return name, f"move {path} {to}"
    return (name, "undo") if name == "undo" else (name, f"{name} {chance.choice(paths)}")


def save(client: Any, draft: Any, path: str, number: int) -> Any:
    sent = {
        "revision": draft.revision,
        "form": "x",
        "f-variant": "",
        "c-text": f"text {number}",
        "f-onerror": "",
        "f-as": "",
    }
    return client.post(f"/flows/long/builder/panel?path={path}", sent, headers=HTMX)


def timed(what: Any) -> tuple[Spent, Any]:
    began, busy = time.perf_counter(), time.process_time()
    answer = what()
    return ((time.perf_counter() - began) * 1000, (time.process_time() - busy) * 1000), answer


def summary(found: list[Spent]) -> dict[str, dict[str, float]]:
    """`wall` as the person waits, `busy` what the processor worked for it: the same on a machine with nothing else to
    do."""
    return {"wall": _summary([wall for wall, _busy in found]), "busy": _summary([busy for _wall, busy in found])}


def _summary(found: list[float]) -> dict[str, float]:
    ordered = sorted(found)
    return {
        "p50": round(median(ordered), 1),
        "p95": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], 1),
        "max": round(ordered[-1], 1),
    }


if __name__ == "__main__":
    main()
