"""Nothing on the hot path asks the database about one row at a time."""

from __future__ import annotations

import ast

from source import SOURCE, short, tree

ASKING = {"one", "all", "run", "many", "many_returning", "text", "text_many"}
ROOMS = ("runtime", "ingest")

ALLOWED = {
    # One query for each root a flow names, however many rows.
    "runtime/records.py:_fetch",
    # After a batch failed, its items are tried one by one, so that the bad one fails alone.
    "runtime/dispatcher.py:_one_by_one",
    # A handful of named statements, none of them of a row.
    "runtime/runtime.py:next_due",
    "runtime/replays/replaying.py:_next_due",
    "runtime/publishing.py:install_derived",
    # A person's rows are asked for by hundreds of ids, or table by table; none of it is on anybody's way.
    "runtime/privacy/erasing.py",
    "runtime/privacy/finding.py",
    "runtime/privacy/searching.py",
    "runtime/privacy/retention.py",
    "runtime/privacy/stores.py",
    "runtime/privacy/tables.py",
    # Two tables, whoever is asked for.
    "runtime/explaining/finding.py:_people",
    # A page at a time, for each flow named; flows and their entries once, before a replay begins.
    "runtime/replays/history.py:past_entries",
    "runtime/replays/stream.py:publish",
    # The watch looks every few seconds, at a handful of logs, and learns a few rhythms at a time; what it writes is
    # about flows and connections that changed.
    "runtime/watching/checking.py:problems",
    "runtime/watching/counting.py:count",
    "runtime/watching/judging.py:learn",
    "runtime/watching/looking.py",
    # A file at a time, in pieces of whole records; a source's kinds of records are three at most.
    "runtime/feeds/working.py",
    # A shop's few connections, when somebody looks at the rules or makes one.
    "runtime/syncing/stores.py:with_products",
    # A shop's stores, when a key is given or a process begins.
    "runtime/stores/permitting.py:set_paces",
    # One for each segment of the shop, however many people: the next may ask for the one before.
    "runtime/segments/keeping.py:decide",
    # A page of people at a time.
    "runtime/segments/reading.py:compared",
    "runtime/segments/working.py:_pass",
    # The ways by which one person is written to, five at most.
    "runtime/preferences.py:save",
    # What staff decided, each once in a replay.
    "runtime/replays/people.py:_decide",
    # The questions of one trial, in a scratch database of its own.
    "runtime/trying.py:_decide",
}


def test_no_query_in_a_loop_over_rows() -> None:
    found: list[str] = []
    for room in ROOMS:
        for path in sorted((SOURCE / room).rglob("*.py")):
            place = str(path.relative_to(SOURCE))
            for function in ast.walk(tree(path)):
                if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                    continue
                name = f"{place}:{function.name}"
                if place in ALLOWED or name in ALLOWED:
                    continue
                found += [f"{name} line {line}" for line in _queries_in_loops(function)]
    assert found == []


def _queries_in_loops(function: ast.AST) -> list[int]:
    lines: list[int] = []
    for loop in ast.walk(function):
        for node in (found for part in _repeated(loop) for found in ast.walk(part)):
            if isinstance(node, ast.Call) and _asks(node):
                lines.append(node.lineno)
    return sorted(set(lines))


def _repeated(loop: ast.AST) -> list[ast.AST]:
    """What is evaluated again and again; not what is walked over, which is asked for once."""
    if isinstance(loop, ast.For):
        return list(loop.body)
    if isinstance(loop, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
        made = [loop.key, loop.value] if isinstance(loop, ast.DictComp) else [loop.elt]
        conditions = [condition for generator in loop.generators for condition in generator.ifs]
        return [*made, *conditions, *(generator.iter for generator in loop.generators[1:])]
    return []


def _asks(call: ast.Call) -> bool:
    """`tx.all("name", ...)` and its like."""
    function = call.func
    if not isinstance(function, ast.Attribute) or function.attr not in ASKING:
        return False
    owner = function.value
    name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
    return name.strip("_") == "tx"


def test_the_check_sees_a_query_in_a_loop() -> None:
    bad = ast.parse("def f(tx, rows):\n    for row in rows:\n        tx.one('x', {'id': row})\n")
    assert _queries_in_loops(bad) == [3]


def test_no_file_of_the_core_reads_a_clock_or_draws_chance() -> None:
    wrong: list[str] = []
    for room in ("commerce", "engine"):
        for path in sorted((SOURCE / room).rglob("*.py")):
            for node in ast.walk(tree(path)):
                is_clock = isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today", "monotonic")
                if is_clock and ast.unparse(node.value) in ("datetime", "date", "time"):
                    wrong.append(f"{short(path)}:{node.lineno}")
                if isinstance(node, ast.Import) and any(
                    item.name in ("random", "secrets", "os") for item in node.names
                ):
                    wrong.append(f"{short(path)}:{node.lineno}")
    assert wrong == []
