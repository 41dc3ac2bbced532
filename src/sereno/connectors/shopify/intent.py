"""How things stood before a write, kept on the order itself, for what Shopify takes no idempotency keys for.

Invariant: it is written before anything is changed and never changed after. So an attempt that follows a lost answer
reckons from where the first one began, and does only what is left.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sereno.connectors.reading import iso
from sereno.connectors.shopify.client import ask, mark, told
from sereno.sdk.stores import Call

NAMESPACE = "$app:sereno"
SETTLES = timedelta(minutes=2)
"""After which a request that was not answered is not under way any more: Shopify ends one after a minute."""

KEPT = 'intent: metafield(namespace: "$app:sereno", key: $mark) { value }'
"""To be asked for with the order; `$mark` is `mark(call)`."""

_KEEP = """
mutation Keep($metafields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $metafields) { metafields { id } userErrors { code field message } }
}"""


def before(call: Call, record: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """What the first attempt saw: `now`, where this is the first. `record` was asked for with KEPT."""
    now = {**now, "at": iso(call.now)}
    kept: dict[str, Any] = record.get("intent") or {}
    if kept.get("value"):
        return json.loads(kept["value"])
    field = {
        "ownerId": record["id"],
        "namespace": NAMESPACE,
        "key": mark(call),
        "type": "json",
        "value": json.dumps(now, sort_keys=True),
    }
    told(ask(call.exchange, _KEEP, {"metafields": [field]}), "metafieldsSet")
    return {**now, "is_new": True}
