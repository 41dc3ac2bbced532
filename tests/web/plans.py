"""What SQLite would do for each query of a page: which table would be read from end to end."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

SMALL = frozenset({
    "shop", "membership", "connection", "connection_budget", "worker", "flow", "flow_schedule", "api_key",
    "event_queue", "invitation", "message_picture", "webhook", "message_template", "message_version",
    "switch", "limit_question", "deputy", "watch_series", "watch_pause", "alert_listener", "stock_location",
    "purchasing_supplier", "decisions_winner", "decisions_document", "storefront_key", "feed_source", "feed_out",
    "recommendations_learned", "pricing_pool", "pricing_use", "loyalty_program", "recommendations_rule", "risk_policy",
    "scores_state", "segments_segment", "segments_shop", "mail_domain", "newsletters_newsletter",
    "content_campaign", "purchasing_event", "scores_moment_state", "desk_person",
    "surveys_survey", "forms_form", "forms_count", "social_account", "social_setting", "tools_audience", "tools_mirror",
    "catalog_sync_rule",
})  # fmt: skip
"""Tables that hold a handful of rows however busy the shop is; the queue is read to a limit. No other is scanned."""
OF_FEW = frozenset({
    "approval_open", "effect_failed", "event_failed", "feed_held_waiting", "purchasing_line_coming",
    "risk_assessment_waiting",
})  # fmt: skip
"""Indexes on the shop that hold only what went wrong or waits."""
_WHOLE_SHOP = re.compile(r"^SEARCH (\S+) USING (?:COVERING )?INDEX (\S+) \(shop_id=\?\)$")
_SCAN = re.compile(r"^SCAN (\S+)(?: USING (?:COVERING )?INDEX (\S+))?")
_JUMPS = frozenset({
    "Eq", "Ne", "Lt", "Le", "Gt", "Ge", "ElseEq", "If", "IfNot", "IfNullRow", "IsNull", "NotNull", "IsType", "Filter",
    "Found", "NotFound", "NoConflict", "SeekLT", "SeekLE", "SeekGE", "SeekGT", "IdxLT", "IdxLE", "IdxGE", "IdxGT",
    "Rewind", "Last", "RowSetTest",
})  # fmt: skip
"""What a program of SQLite's decides by where to go on, without looking up by a key and without counting an offset."""
_ALIAS = re.compile(r"(?:FROM|JOIN|,)\s+\"?(\w+)\"?\s+(?:AS\s+)?\"?(\w+)\"?", re.IGNORECASE)


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every statement that this thread's connections carry out meanwhile, with its values."""
    from django.db import connection

    from sereno.store.database import default_database

    connection.ensure_connection()
    opened: list[sqlite3.Connection] = [connection.connection, default_database().connection()]  # type: ignore[attr-defined]
    found: list[str] = []
    for one in opened:
        one.set_trace_callback(found.append)
    try:
        yield found
    finally:
        for one in opened:
            one.set_trace_callback(None)


def is_query(statement: str) -> bool:
    return statement.lstrip().upper().startswith(("SELECT", "WITH", "UPDATE", "DELETE", "INSERT"))


def scanned(statement: str, marks: Sequence[object] = ()) -> list[str]:
    """The tables that the statement would read from end to end, or all of a shop's rows of; small ones left out. Rows
    of a shop that an index gives in order, to a limit, are not all, as long as each of them counts: where a join or a
    condition that the index cannot answer leaves some out, the walk goes on until enough are found, if it must through
    the whole shop."""
    from django.db import connection

    with connection.cursor() as cursor:
        raw = cursor.connection
        plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", marks)]
        tables = {row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        walked = _walked(raw, statement, marks)
    aliases = {alias: table for table, alias in _ALIAS.findall(statement)}
    is_limited = " LIMIT " in statement and not any("TEMP B-TREE" in line for line in plan) and "ORDER BY" in statement
    found: list[str] = []
    for line in plan:
        match = _SCAN.match(line) or _WHOLE_SHOP.match(line)
        if match is None or match.group(2) in OF_FEW:
            continue
        if is_limited and match.re is _WHOLE_SHOP and match.group(2) not in walked:
            continue
        table = aliases.get(match.group(1), match.group(1))
        if table in tables - SMALL:
            found.append(f"{table}: {line}")
    return found


def _walked(raw: sqlite3.Connection, statement: str, marks: Sequence[object]) -> set[str]:
    """The indexes of which the statement's program goes on to the next row without having used this one. A row that is
    looked up by the key it is referred to by is there, and leaves nothing out."""
    names = dict(raw.execute("SELECT rootpage, name FROM sqlite_master WHERE type = 'index'"))
    program = [row[:4] for row in raw.execute(f"EXPLAIN {statement}", marks)]
    opened = {p1: names[p2] for _at, does, p1, p2 in program if does == "OpenRead" and p2 in names}
    steps = {at: opened[p1] for at, does, p1, _p2 in program if does in ("Next", "Prev") and p1 in opened}
    return {steps[p2] for _at, does, _p1, p2 in program if does in _JUMPS and p2 in steps}
