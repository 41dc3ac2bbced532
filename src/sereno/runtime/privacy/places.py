"""The one list of where something about a person may lie: each table with how its rows are found and what an erasure
makes of them; and the tables that hold nothing of the kind, each with the reason why.

Invariant: a test holds this list beside the models, so that no table and no column of text is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

By = Literal["subject", "customer", "address", "key"]
"""What a column holds: `customer:17` or `order:1001`; a customer's key; an address; any of these, as a flow's key."""
Made = Literal["deleted", "redacted", "renamed", "blotted", "cancelled"]


@dataclass(frozen=True, slots=True)
class Place:
    """A table whose rows may be about a person. `columns` hold it. `by`: column -> what is looked for in it, each with
    an index; without any, `step` of the erasure finds the rows by other means. `made`: what becomes of the rows.
    `children`: (table, column) whose rows go with them. `is_shared`: rows are staff's or all people's: their text is
    searched, and only the person blotted out. `scope` says which rows are this shop's."""

    table: str
    columns: tuple[str, ...]
    made: Made
    by: tuple[tuple[str, By], ...] = ()
    children: tuple[tuple[str, str], ...] = ()
    is_shared: bool = False
    scope: str = "shop_id = {shop}"
    id: str = "id"
    id_type: str = "bigint"


_CONNECTION = "connection_id IN (SELECT id FROM connection WHERE shop_id = {shop})"
_FLOW = "flow_id IN (SELECT id FROM flow WHERE shop_id = {shop})"
_RUN = "run_id IN (SELECT id FROM run WHERE shop_id = {shop})"
_TEMPLATE = "template_id IN (SELECT id FROM message_template WHERE shop_id = {shop})"

CORE = (
    Place("delivery", ("dedupe_key", "topic", "headers", "body", "reason"), "redacted", scope=_CONNECTION),
    Place("event", ("source", "uid", "subject", "data", "refs", "error"), "redacted"),
    Place("event_link", ("link",), "renamed"),
    Place("run", ("subject", "key", "reason", "state"), "redacted"),
    Place("run_link", ("link",), "deleted"),
    Place("run_trace", ("entries",), "redacted", scope=_RUN),
    Place("effect", ("subject", "config", "result", "message"), "redacted"),
    Place("approval", ("text", "note"), "redacted"),
    Place("skip", ("subject", "details"), "deleted"),
    Place("flow_entry", ("key",), "renamed", scope=_FLOW),
    Place("tag", ("key", "tag"), "deleted"),
    Place("consent", ("address", "source", "proof", "uid"), "renamed"),
    Place("suppression", ("address", "reason"), "renamed"),
    Place("audit", ("target", "details"), "blotted", is_shared=True),
    Place("customers_customer", ("key", "data", "email", "phone", "name", "birthday"), "deleted"),
    Place("orders_order", ("data", "email", "customer_key"), "redacted"),
    Place("orders_cart", ("key", "data", "email", "customer_key"), "deleted"),
)
"""What the steps of the erasure know by name."""

BACKTESTS: tuple[tuple[str, By], ...] = (("subject", "subject"), ("customer", "customer"), ("address", "address"))
SIMPLE: tuple[Place, ...] = (
    Place(
        "backtest_run",
        ("subject", "customer", "address", "key", "event", "reason", "story"),
        "deleted",
        by=BACKTESTS,
        children=(("backtest_effect", "run_id"),),
    ),
    Place("backtest_skip", ("subject", "customer", "address", "event", "details"), "deleted", by=BACKTESTS),
    Place(
        "message_slot",
        ("person", "address", "merge", "details"),
        "deleted",
        by=(("person", "customer"), ("person", "address"), ("address", "address")),
        id="key",
        id_type="text",
    ),
    Place(
        "shadow_slot",
        ("person", "address"),
        "deleted",
        by=(("person", "customer"), ("person", "address"), ("address", "address")),
        id="key",
        id_type="text",
    ),
    Place("store_echo", ("link", "marks"), "deleted", by=(("link", "subject"),)),
    Place("orders_standing", ("key", "data", "subject"), "deleted", by=(("subject", "subject"),)),
    Place("orders_ticket", ("data", "subject"), "deleted", by=(("subject", "subject"),)),
    Place("exposure", ("unit", "customer", "outcome"), "deleted", by=(("unit", "subject"), ("customer", "customer"))),
)
"""What is found by columns of its own, each under an index, and treated alike."""

SHARED = (
    Place("flow", ("draft", "title"), "blotted", is_shared=True),
    Place("flow_version", ("document",), "blotted", is_shared=True, scope=_FLOW),
    Place("flow_draft_change", ("text",), "blotted", is_shared=True, scope=_FLOW),
    Place("flow_origin", ("document",), "blotted", is_shared=True, scope=_FLOW, id="flow_id"),
    Place("message_template", ("draft",), "blotted", is_shared=True),
    Place("message_version", ("document",), "blotted", is_shared=True, scope=_TEMPLATE),
    Place("message_change", ("document",), "blotted", is_shared=True, scope=_TEMPLATE),
    Place("backtest", ("text", "facts", "summary", "message"), "blotted", is_shared=True),
    Place("alert", ("about", "facts"), "blotted", is_shared=True),
    Place("alert_note", ("about", "facts"), "blotted", is_shared=True, scope="shop = {shop}"),
    Place("api_answer", ("headers", "body"), "deleted", is_shared=True, scope="shop = {shop}"),
)
"""What staff wrote, where somebody's address may stand by accident: few rows, searched as text."""

PLACES = (*CORE, *SIMPLE, *SHARED)

NOT_PERSONAL: dict[str, str] = {
    "stock_item": "what is counted",
    "stock_balance": "numbers",
    "stock_reservation": "numbers of orders and of goods; who ordered is with the order",
    "stock_movement": "what came and went, for which order, and who of the staff counted it",
    "stock_location": "places of the shop",
    "stock_safety": "numbers",
    "catalog_mark": "what was changed on products",
    "stock_transfer": "goods, and who of the staff moved them",
    "shop": "what the shop says of itself",
    "connection": "a way in; no person's",
    "connection_budget": "counts by connection",
    "membership": "staff: who works here, kept as long as they do",
    "worker": "processes",
    "event_queue": "numbers of events",
    "flow_schedule": "when flows are due; `cursor` is emptied when the firing is over",
    "flow_waking": "flows",
    "step_tally": "counts",
    "backtest_effect": "numbers; goes with its run",
    "backtest_upload": "a file somebody brought, gone with its back-test within the hour",
    "message_picture": "the shop's pictures",
    "switch": "what staff switched off",
    "flow_use": "sums by flow",
    "limit_question": "a flow came to its limit: numbers, and a word of staff",
    "deputy": "staff: who answers for whom",
    "flow_stage": "how far a version has got: numbers",
    "flow_stage_step": "the same, line by line",
    "flow_stage_tally": "counts",
    "experiment_sum": "sums",
    "alert_listener": "staff: what they want to hear",
    "alert_telling": "that staff were told, and when",
    "watch_turn": "whose turn it is",
    "watch_series": "what usually happens: counts by flow and connection",
    "watch_hour": "counts",
    "watch_pause": "closing days",
    "webhook": "addresses of systems; what is sent to them lies in `effect`",
    "api_key": "staff's keys",
    "invitation": "staff: seats offered",
    "identity": "staff: accounts at the company's provider",
    "second_factor": "staff",
    "recovery_code": "staff",
    "backfill": "a job of reading history: kinds, places and counts",
    "reading": "how far a connection was read: counts, and topics of webhooks",
    "reading_gap": "numbers of deliveries",
    "sign_in": "staff: devices",
    "tries": "keyed digests alone",
    "privacy_request": "sealed while it lasts, emptied at its end",
    "erased": "keyed hashes alone",
    "catalog_product": "goods",
    "catalog_variant": "goods",
    "stock_level": "goods",
    "purchasing": "numbers",
    "purchasing_supplier": "businesses the shop buys from, and whom to write to there",
    "purchasing_price": "goods and prices",
    "purchasing_rule": "goods",
    "purchasing_forecast": "sums over all customers",
    "purchasing_job": "numbers, and who of the staff asked",
    "purchasing_order": "orders to suppliers, and who of the staff made them",
    "purchasing_line": "goods and prices",
    "purchasing_receipt": "when goods came, and who of the staff took them in",
    "purchasing_receipt_line": "goods",
}
"""Tables that hold nothing about the shop's customers, and why."""

PLAIN: dict[str, frozenset[str]] = {
    "delivery": frozenset({"status"}),
    "event": frozenset({"type"}),
    "event_link": frozenset({"type"}),
    "run": frozenset({"uid", "status", "step"}),
    "effect": frozenset({"key", "step", "action", "status", "worker", "connection", "error"}),
    "approval": frozenset({"key", "step", "by", "not_by", "status", "decided_by"}),
    "skip": frozenset({"reason"}),
    "flow_entry": frozenset({"run_uid"}),
    "tag": frozenset({"kind"}),
    "consent": frozenset({"channel", "purpose"}),
    "suppression": frozenset({"channel"}),
    "store_echo": frozenset({"effect_key", "ability", "nouns"}),
    "orders_standing": frozenset({"warehouse", "team", "queue"}),
    "orders_ticket": frozenset({"key", "kind", "warehouse"}),
    "audit": frozenset({"by", "action"}),
    "customers_customer": frozenset({"locale", "currency", "total_spent"}),
    "orders_order": frozenset({"key", "number", "status", "payment_status", "fulfillment_status", "currency", "total"}),
    "orders_cart": frozenset({"currency", "total"}),
    "backtest": frozenset({"flow", "digest", "origin", "status", "by", "worker", "error"}),
    "backtest_run": frozenset({"uid", "event_type", "status", "step", "change"}),
    "backtest_skip": frozenset({"reason"}),
    "flow": frozenset({"name", "status", "paused_reason"}),
    "flow_version": frozenset({"listens", "published_by", "note"}),
    "flow_draft_change": frozenset({"what", "by"}),
    "flow_origin": frozenset({"template", "digest"}),
    "message_template": frozenset({"name", "title", "kind", "purpose", "about", "updated_by"}),
    "message_version": frozenset({"published_by", "note"}),
    "message_change": frozenset({"what", "target", "by"}),
    "message_slot": frozenset({"key", "channel", "purpose", "status", "reason"}),
    "shadow_slot": frozenset({"key", "channel", "purpose"}),
    "exposure": frozenset({"experiment", "design", "arm"}),
    "alert": frozenset({"kind", "severity", "text_code", "status", "taken_by", "told_state"}),
    "alert_note": frozenset({"kind"}),
    "api_answer": frozenset({"caller", "key", "request"}),
}
"""Columns of text that hold codes, ids of ours or words of staff."""
