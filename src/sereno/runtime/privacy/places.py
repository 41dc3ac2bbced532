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
    searched, and only the person blotted out. `scope` says which rows are this shop's. `told`: what else of
    them is handed over, numbers and instants."""

    table: str
    columns: tuple[str, ...]
    made: Made
    by: tuple[tuple[str, By], ...] = ()
    children: tuple[tuple[str, str], ...] = ()
    is_shared: bool = False
    scope: str = "shop_id = {shop}"
    id: str = "id"
    id_type: str = "bigint"
    told: tuple[str, ...] = ()


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
    Place("customers_customer", ("key", "data", "email", "phone", "name", "birthday", "merged_into"), "deleted"),
    Place("orders_order", ("data", "email", "customer_key"), "redacted"),
    Place("orders_cart", ("key", "data", "email", "customer_key"), "deleted"),
)
"""What the steps of the erasure know by name."""

_CAME_BY = ("device", "language", "source", "medium", "campaign")
BACKTESTS: tuple[tuple[str, By], ...] = (("subject", "subject"), ("customer", "customer"), ("address", "address"))
_REACHED: tuple[tuple[str, By], ...] = (("person", "customer"), ("person", "address"), ("address", "address"))
_ON_LIST: tuple[tuple[str, By], ...] = (("key", "customer"), ("address", "address"))
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
        by=_REACHED,
        id="key",
        id_type="text",
    ),
    Place(
        "shadow_slot",
        ("person", "address"),
        "deleted",
        by=_REACHED,
        id="key",
        id_type="text",
    ),
    Place("mail_soft_bounce", ("address",), "deleted", by=(("address", "address"),)),
    Place("store_echo", ("link", "marks"), "deleted", by=(("link", "subject"),)),
    Place("orders_standing", ("key", "data", "subject"), "deleted", by=(("subject", "subject"),)),
    Place(
        "feed_held",
        ("name", "rows", "faults", "subject", "address"),
        "deleted",
        by=(("subject", "subject"), ("address", "address")),
    ),
    Place("orders_ticket", ("data", "subject"), "deleted", by=(("subject", "subject"),)),
    Place(
        "recommendations_basket",
        ("person",),
        "deleted",
        by=(("person", "customer"),),
        children=(("recommendations_member", "basket_id"),),
    ),
    Place("newsletters_piece", ("person", "address"), "deleted", by=_REACHED),
    Place("insights_message", ("person", "address"), "deleted", by=_REACHED),
    Place("scores_customer", ("key",), "deleted", by=(("key", "customer"),)),
    Place("scores_lead", ("key",), "deleted", by=(("key", "customer"),)),
    Place("scores_moment", ("key",), "deleted", by=(("key", "customer"),)),
    Place(
        "scores_moment_send",
        ("key", "person"),
        "deleted",
        by=(("person", "customer"), ("person", "address")),
    ),
    Place(
        "segments_person",
        (
            *("key", "email", "name", "country", "region", "city", "postal_code", "locale", "channel", "company"),
            *("status", "score_group", "tags", "custom", "phone", "telegram", "answers"),
            *("lead_stage", "form", "tier", "last_channel", "topics", "device", "visit_language", "visit_source"),
            *("visit_medium", "visit_campaign", "first_source", "first_medium", "first_campaign"),
            *("crm_stage", "crm_owner", "deal_stage", "lists"),
        ),
        "deleted",
        by=(("key", "customer"),),
        children=(("segments_member", "person_id"),),
    ),
    # Who may be on a list over there is taken off first (`erasing.Eraser._off_lists`).
    Place("tools_audience_person", ("key", "address", "phone"), "deleted", by=_ON_LIST),
    Place("tools_audience_touched", ("key",), "deleted", by=(("key", "customer"),)),
    Place("tools_mirror_person", ("key", "address"), "deleted", by=_ON_LIST),
    Place("segments_touched", ("key",), "deleted", by=(("key", "customer"),)),
    Place(
        "interests_interest",
        ("person", "email", "source"),
        "deleted",
        by=(("person", "customer"), ("email", "address")),
    ),
    Place("interests_person", ("person",), "deleted", by=(("person", "customer"),)),
    Place("interests_purchase", ("person",), "deleted", by=(("person", "customer"),)),
    Place(
        "visits_visitor",
        ("person", *_CAME_BY, "first_source", "first_medium", "first_campaign"),
        "deleted",
        by=(("person", "customer"),),
        told=("first_at", "last_at", "visits", "pages", "products"),
    ),
    Place(
        "visits_visit",
        ("person", *_CAME_BY),
        "deleted",
        by=(("person", "customer"),),
        told=("number", "started_at", "last_at", "pages", "products"),
    ),
    Place("visits_view", ("person", "product"), "deleted", by=(("person", "customer"),), told=("at",)),
    Place("pricing_code", ("customer", "run", "effect_key", "order_key"), "deleted", by=(("customer", "customer"),)),
    Place(
        "loyalty_account",
        ("customer",),
        "deleted",
        by=(("customer", "customer"),),
        children=(
            ("loyalty_posting", "account"),
            ("loyalty_line", "account"),
            ("loyalty_lot", "account"),
            ("loyalty_purchase", "account"),
        ),
    ),
    Place("content_showing", ("customer",), "deleted", by=(("customer", "customer"),)),
    Place(
        "surveys_answer",
        ("email", "about", "customer", "answers", "effect"),
        "deleted",
        by=(("email", "address"), ("customer", "customer")),
    ),
    Place(
        "forms_submission",
        ("customer", "email", "phone", "answers", "consents", "result", "page", "uid"),
        "deleted",
        by=(("email", "address"), ("customer", "customer")),
    ),
    Place("forms_lead", ("person", "email"), "deleted", by=(("person", "customer"), ("email", "address"))),
    Place("customers_identity", ("value", "key"), "deleted", by=(("key", "customer"),)),
    Place("customers_join", ("one", "other"), "deleted", by=(("one", "customer"), ("other", "customer"))),
    Place("customers_to_match", ("key",), "deleted", by=(("key", "customer"),)),
    Place("customers_marketing", ("address",), "deleted", by=(("address", "address"),)),
    Place(
        "channels_message",
        ("address", "customer", "provider_id", "said"),
        "deleted",
        by=(("customer", "customer"), ("address", "address")),
    ),
    Place(
        "channels_contact",
        ("address", "customer", "name"),
        "deleted",
        by=(("customer", "customer"), ("address", "address")),
    ),
    Place("channels_order", ("customer",), "deleted", by=(("customer", "customer"),)),
    Place("channels_browser", ("customer", "subscription"), "deleted", by=(("customer", "customer"),)),
    Place("risk_assessment", ("key", "data", "subject"), "deleted", by=(("subject", "subject"),)),
    Place("decisions_visitor", ("link",), "deleted", by=(("link", "subject"), ("link", "customer"))),
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
    Place("newsletters_newsletter", ("name", "document", "audience", "trial"), "blotted", is_shared=True),
    Place("risk_entry", ("value", "reason"), "blotted", is_shared=True),
    Place("segments_segment", ("title", "definition"), "blotted", is_shared=True),
    Place("alert", ("about", "facts"), "blotted", is_shared=True),
    Place("alert_note", ("about", "facts"), "blotted", is_shared=True, scope="shop = {shop}"),
    Place("api_answer", ("headers", "body"), "deleted", is_shared=True, scope="shop = {shop}"),
)
"""What staff wrote, where somebody's address may stand by accident: few rows, searched as text."""

PLACES = (*CORE, *SIMPLE, *SHARED)

NOT_PERSONAL: dict[str, str] = {
    "social_setting": "hours of posts",
    "social_account": "accounts of the shop itself",
    "social_post": "what the shop says to everybody; who wrote it is staff",
    "social_copy": "what the shop says to everybody",
    "stock_item": "what is counted",
    "stock_balance": "numbers",
    "stock_low_cover": "goods",
    "stock_retelling": "how far a telling has come",
    "stock_reservation": "numbers of orders and of goods; who ordered is with the order",
    "stock_movement": "what came and went, for which order, and who of the staff counted it",
    "stock_location": "places of the shop",
    "stock_safety": "numbers",
    "catalog_mark": "what was changed on products",
    **dict.fromkeys(("catalog_sync_rule", "catalog_to_compare"), "which products are compared between stores"),
    **dict.fromkeys(("catalog_agreed", "catalog_difference"), "what stores say of products"),
    "stock_transfer": "goods, and who of the staff moved them",
    "feed_source": "where tables come from, and how they are written",
    "feed_file": "a file on its way in; its content goes once it is taken, within a day at the latest",
    "feed_out": "tables of goods that others fetch",
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
    "desk_person": "staff: who they are in a chat",
    "desk_post": "where questions to staff stand; their words lie with the question",
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
    "decisions_document": "what a checkout offers, by whom of the staff",
    "decisions_version": "the same, as published",
    "decisions_winner": "sums, and which variant won",
    "decisions_tally": "counts",
    "storefront_key": "keys that stand in the shop's pages",
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
    "risk_trace": "keyed hashes and numbers of orders",
    "risk_bought": "goods, numbers of orders, and keyed hashes",
    "risk_outbreak": "goods and keyed hashes",
    "risk_policy": "rules, and weights learned of all orders together",
    "recommendations_member": "goods; goes with its basket",
    "recommendations_thing": "goods, and sums over all baskets",
    "recommendations_shelf": "goods",
    "recommendations_rule": "goods, and who of the staff said so",
    "recommendations_learned": "how far was read",
    "recommendations_shown": "sums by day",
    "recommendations_showing": "digests alone",
    "interests_item": "goods and prices",
    "interests_demand": "how many want which goods",
    "interests_round": "goods, and how far a telling has come; who was told last goes when it is over",
    "interests_gap": "goods, and days between purchases",
    "interests_habit": "goods, and after how long they are bought again",
    "interests_learning": "how far was counted",
    "newsletters_count": "sums",
    "customers_view": "ways of looking at the list: filters, and who of the staff named them",
    "loyalty_program": "rules, and rewards",
    "loyalty_posting": "what moved; goes with its account",
    "loyalty_line": "numbers; go with their account",
    "loyalty_lot": "numbers; go with their account",
    "loyalty_purchase": "rewards; go with their account",
    "pricing_pool": "what codes are worth",
    "pricing_use": "sums by flow and month",
    "segments_shop": "how far a shop's people were gathered",
    "segments_tally": "counts",
    "segments_member": "keys of people in segments; the rows go with that of the person",
    "segments_day": "counts by the row of a person, which goes when they are erased",
    "segments_order": "days and amounts of orders by the row of a person, which goes when they are erased",
    "segments_line": "goods of orders by the row of a person, which goes when they are erased",
    "segments_look": "at what goods, by the row of a person, which goes when they are erased",
    "segments_mark": "what the catalogue says of goods",
    "segments_locality": "where a postal code is",
    "segments_snapshot": "names that staff gave, and sizes",
    "segments_snapshot_member": "rows of people, who go when they are erased",
    "insights_tally": "counts of messages and orders by day",
    "insights_month": "the same by month",
    "insights_credit": "an order's key and the message it counts for, which name nobody",
    "scores_state": "what all customers together taught, and how many are in which group",
    "scores_moment_state": "at which hours all customers together answer",
    "scores_job": "numbers, and who of the staff asked",
    "content_claim": "what flows have a store's site say in public",
    "content_due": "when what a store's site says is looked at",
    "content_written": "what a store's site says in public, and said before",
    "content_campaign": "what the site shows, and who of the staff wrote it",
    "forms_form": "fields and texts, and who of the staff wrote them",
    "forms_count": "numbers",
    "surveys_survey": "questions, and who of the staff wrote them",
    "mail_tally": "counts by day and mailbox provider",
    "mail_domain": "the shop's own domains and their keys",
    "mail_warmup": "counts",
    "purchasing": "numbers",
    "purchasing_supplier": "businesses the shop buys from, and whom to write to there",
    "purchasing_price": "goods and prices",
    "purchasing_refusal": "goods a supplier could not deliver",
    "purchasing_rule": "goods",
    "purchasing_event": "days of the shop's calendar",
    "purchasing_forecast": "sums over all customers",
    "purchasing_job": "numbers, and who of the staff asked",
    "purchasing_order": "orders to suppliers, and who of the staff made them",
    "purchasing_line": "goods and prices",
    "purchasing_receipt": "when goods came, and who of the staff took them in",
    "purchasing_receipt_line": "goods",
    "tools_audience": "lists over there, segments and numbers, and who of the staff attached them",
    "tools_mirror": "lists over there, numbers, and who of the staff has them read back",
}
"""Tables that hold nothing about the shop's customers, and why."""

PLAIN: dict[str, frozenset[str]] = {
    "segments_segment": frozenset({"name", "tag", "status", "by"}),
    # `sealed` names who is being erased until they are off a list over there, and cannot be read without the key.
    "tools_audience_person": frozenset({"due", "mark", "code", "sealed"}),
    "tools_mirror_person": frozenset({"mark"}),
    "delivery": frozenset({"status"}),
    "event": frozenset({"type"}),
    "feed_held": frozenset({"status"}),
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
    "newsletters_piece": frozenset({"provider", "variant", "status", "claim", "reason", "trouble", "order_key"}),
    "newsletters_newsletter": frozenset(
        {"status", "message", "schedule", "pace", "slug", "by", "paused_as", "cursor", "winner", "verdict", "worker"}
        | {"error"}
    ),
    "insights_message": frozenset({"key", "source", "step", "variant", "channel", "locale", "purpose", "trouble"}),
    "scores_customer": frozenset({"rfm_group", "told"}),
    "scores_lead": frozenset({"signals"}),
    "scores_moment": frozenset({"hours", "days"}),
    "scores_moment_send": frozenset({"arm"}),
    "interests_interest": frozenset({"product", "variant", "state"}),
    "interests_purchase": frozenset({"item", "product", "order_key"}),
    "pricing_code": frozenset(
        {"code", "pool", "status", "flow", "kind", "value", "currency", "minimum", "gift", "cost", "revenue"}
        | {"currency_used"}
    ),
    "loyalty_account": frozenset({"unit", "tier"}),
    "content_showing": frozenset({"campaign", "product", "by"}),
    "forms_submission": frozenset({"form", "variant", "locale"}),
    "forms_lead": frozenset({"form", "stage"}),
    "surveys_answer": frozenset({"survey", "locale"}),
    "customers_identity": frozenset({"kind"}),
    "customers_join": frozenset({"status", "rule", "by"}),
    "risk_assessment": frozenset({"level", "decision"}),
    "risk_entry": frozenset({"list", "kind", "digest", "by"}),
    "recommendations_basket": frozenset({"key", "kind", "items"}),
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
    "decisions_visitor": frozenset({"visitor"}),
    "exposure": frozenset({"experiment", "design", "arm"}),
    "channels_message": frozenset({"effect_key", "channel", "connection", "status", "reason"}),
    "channels_contact": frozenset({"channel"}),
    "channels_order": frozenset({"channels"}),
    "channels_browser": frozenset({"digest", "locale"}),
    "alert": frozenset({"kind", "severity", "text_code", "status", "taken_by", "told_state"}),
    "alert_note": frozenset({"kind"}),
    "api_answer": frozenset({"caller", "key", "request"}),
}
"""Columns of text that hold codes, ids of ours or words of staff."""
