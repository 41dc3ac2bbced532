"""The live test: what came since somebody began to wait, refused or received, and a command to send one by hand."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest

from sereno.sdk.standard_webhooks import PREFIX
from sereno.store.fields import from_micros, to_micros
from sereno.store.models import Connection, Delivery, Event
from sereno.web.connecting import verifying, words
from sereno.web.wiring import refusals_of, wiring


@dataclass(frozen=True, slots=True)
class Refused:
    """An attempt that the door did not let in, and why, in words."""

    at: datetime
    cause: str


@dataclass(frozen=True, slots=True)
class Test:
    """`state` is `waiting`, `received` (came in, being read) or `read`. `types` are the events found in it."""

    state: str
    delivery: Delivery | None
    types: tuple[str, ...]
    refused: Refused | None
    refusals: int


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where the waiting began: the last delivery known then, and the moment (microseconds)."""

    delivery: int
    at: int


def beginning(request: HttpRequest) -> Beginning:
    """As the address has it; without one, everything there is counts."""
    return Beginning(_number(request.GET.get("after")), _number(request.GET.get("since")))


def anew(row: Connection) -> Beginning:
    newest = Delivery.objects.filter(connection=row).order_by("-id").values_list("id", flat=True).first()
    return Beginning(newest or 0, to_micros(datetime.now(UTC)))


def look(row: Connection, after: Beginning) -> Test:
    rows = Delivery.objects.filter(connection=row, id__gt=after.delivery).defer("body", "headers")
    # The first of this test, so that what is shown does not run away under the reader's eyes.
    found = rows.order_by("id").first() if after.delivery else rows.order_by("-id").first()
    refused = [one for one in last_refusals(row) if to_micros(one.at) >= after.at]
    if found is None:
        return Test("waiting", None, (), refused[0] if refused else None, len(refused))
    types = tuple(Event.objects.filter(delivery=found).values_list("type", flat=True)[:5])
    newer = [one for one in refused if one.at > found.received_at]
    state = "received" if found.status == "pending" else "read"
    return Test(state, found, types, newer[0] if newer else None, len(newer))


def last_refusals(row: Connection) -> list[Refused]:
    """The newest first."""
    found = refusals_of(row.name)
    if found is None:
        return []
    return [Refused(from_micros(one.at), words.cause(one.cause, one.detail)) for one in reversed(list(found.recent))]


def command(row: Connection, secret: str | None) -> str:
    """A line for a terminal that signs and sends an event, with the secret where it is at hand."""
    settings: Mapping[str, Any] = row.settings
    body = json.dumps(
        {"type": "custom.hello", "subject": "custom:hello", "data": {"text": "Hello from the terminal"}},
        separators=(",", ":"),
    )
    header = settings.get("signature_header")
    address = f"{wiring().base_url}/hooks/{row.name}"
    lines = [f"secret={shlex.quote(secret or 'THE-SECRET')}", f"body={shlex.quote(body)}"]
    base64 = "| openssl base64 -A"
    if header:
        hexed = settings.get("signature_encoding") == "hex"
        how = "-hex | sed 's/.* //'" if hexed else f"-binary {base64}"
        lines.append(f'signature=$(printf %s "$body" | openssl dgst -sha256 -hmac "$secret" {how})')
        sent = [f'-H "{header}: {settings.get("signature_prefix") or ""}$signature"']
        if settings.get("topic_header"):
            sent.append(f'-H "{settings["topic_header"]}: hello"')
        if settings.get("delivery_header"):
            sent.append(f'-H "{settings["delivery_header"]}: test-$(date +%s)"')
    else:
        lines.append("id=test-$(date +%s); at=$(date +%s)")
        key = '-hmac "$secret"'
        if any(one.startswith(PREFIX) for one in verifying.secrets_of(row) or ()):
            lines.append('key=$(printf %s "${secret#whsec_}" | openssl base64 -d -A | od -An -vtx1 | tr -d " \\n")')
            key = "-mac HMAC -macopt hexkey:$key"
        lines.append(f'signature=$(printf %s "$id.$at.$body" | openssl dgst -sha256 {key} -binary {base64})')
        sent = ['-H "webhook-id: $id"', '-H "webhook-timestamp: $at"', '-H "webhook-signature: v1,$signature"']
    post = [f'curl -i -X POST {shlex.quote(address)} -d "$body"', '-H "Content-Type: application/json"']
    return "\n".join([*lines, " \\\n  ".join([*post, *sent])])


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0
