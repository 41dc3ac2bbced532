"""No statement that events, mails or pages ask reads a table, or a whole shop's rows of one, from end to end: with ten
thousand customers nothing shows, with a million all stands still. What may is named here, by why it may."""

from __future__ import annotations

from plans import is_query, scanned

from sereno.store.queries import statements

WHOLE = {
    "learning and scoring, in the background": """
        carts_to_learn claim_learning count_baskets count_orders drop_old_forecasts drop_old_leads drop_old_scores
        drop_old_moments facts_of_things forecasts_of_shop forget_pulls known_days_of lead_days_of orders_to_learn
        orders_to_score orders_with_lines products_to_learn risk_examples running_out
    """,
    "what waits or is open, by an index of those alone": """
        any_segments backtests_waiting give_up_backtests give_up_forecasts give_up_scores look open_backtests
        open_questions open_score open_stages queue_length shops_to_match take_alert_notes waiting_feed_files
        wake_all_waiting drop_newsletter_slots drop_touched_elsewhere flow_to_wake late_deliveries pending_deliveries
        stages_to_settle due_backfills claim_backtest claim_forecast claim_score door_state
        what_to_compare
    """,
    "a page or file of all of them, asked for by a person": """
        drop_risk_entries feed_products items_at_stock_location loyalty_customers loyalty_unbalanced
        newsletter_people_count on_order open_stock_transfers priced_skus prices_of_shop reorder_rules_of
        span_of_segment_people stock_variants written_by_campaigns count_compared count_differences count_unequal
    """,
    "old rows, once in a while": "forget_events forget_feed_files forget_views old_events",
    "read once, when flows change": "all_listens",
    "the copy of a try, which holds one run": "tried_run tried_skip",
    "whether there is any, which ends at the first": "any_bought any_erased",
    "a table of few rows": """
        drop_retelling localities_of open_forecast orders_of_key retell_after retelling_of_shop set_purchase_number
    """,
}


def test_no_statement_reads_a_whole_shop() -> None:
    found = {
        name: lines
        for name, statement in statements("sqlite").items()
        if is_query(statement.text)
        and not statement.text.lstrip().upper().startswith("INSERT")
        and (lines := scanned(statement.text, [None] * len(statement.parameters)))
    }
    allowed = {name for names in WHOLE.values() for name in names.split()}
    assert {name: lines for name, lines in found.items() if name not in allowed} == {}
    assert allowed <= found.keys(), "these do not any more: take them off the list"
