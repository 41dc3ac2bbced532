"""How well risk is told, on real orders with known frauds, judged on orders that came later.

Prints one JSON document; `ok` says whether what is claimed holds: a learned score is shown only where it beat the
rules. `python bench/fraud.py [--fit FILE] [--hidden FILE]`. By default the shared part under `../shared/data` is cut
by time; with `--hidden` all of `--fit` (or the shared part) teaches and that file judges. The set has no addresses and
no cards: account, amount, device and IP are all there is to go by.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from ipaddress import ip_address
from pathlib import Path
from random import Random
from typing import Any

from sereno.commerce.merging import micros
from sereno.modules.risk import marks as marking
from sereno.modules.risk.facts import gather
from sereno.modules.risk.learning import Example, compare, features, fit
from sereno.modules.risk.rules import Policy, judge
from sereno.sdk.risk import Seen

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "fraud_ecommerce" / "share_orders.csv.gz"
KEPT = 100
YEAR = 365 * 86_400_000_000


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--fit", type=Path, default=DATA)
    asked.add_argument("--hidden", type=Path)
    given = asked.parse_args()
    began = time.perf_counter()
    taught = read(given.fit)
    later = read(given.hidden) if given.hidden else []
    examples = told([*taught, *later])
    first = examples[: len(taught)]
    read_in = time.perf_counter() - began
    began = time.perf_counter()
    model, report = fit(first, examples[len(taught) :] if later else None)
    found = {
        "orders": len(examples),
        "by_time": {name: getattr(report, name) for name in report.__slots__},
        "is_shown": model is not None,
        "says": "better than the rules" if model else "no evidence that it beats the rules",
        "at_random": at_random(first),
        "seconds": {"facts": round(read_in, 1), "learning": round(time.perf_counter() - began, 1)},
        "features": len(features({})),
    }
    ok = (model is not None) == (report.low is not None and report.low > 0)
    print(json.dumps({**found, "ok": ok}, indent=1))


def read(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        rows = list(csv.DictReader(file))
    return sorted(rows, key=lambda row: row["purchase_time"])


def told(rows: Sequence[dict[str, Any]]) -> list[Example]:
    """Each order as the product would have seen it the moment it came."""
    past: dict[str, deque[Seen]] = defaultdict(lambda: deque(maxlen=KEPT))
    found: list[Example] = []
    policy, usual = Policy(), Decimal(35)
    for number, row in enumerate(rows):
        order = order_of(number, row)
        at = micros(order["placed_at"]) or 0
        marks, person = marking.marks_of(order), marking.person_of(order)
        seen = [
            Seen(one.kind, one.order, one.person, one.at, one.is_bad, one.person == person)
            for mark in marks.values()
            for one in past[mark]
            if one.at > at - YEAR
        ]
        customer = {"created_at": instant(row["signup_time"]), "status": "enabled"}
        facts = gather(order, customer, seen, (), now=at, usual=usual)
        found.append(Example(at, facts, judge(facts, policy).score, row["is_fraud"] == "1"))
        for kind, mark in marks.items():
            # What became of an order is not known when the next one comes: nothing here is spoiled.
            past[mark].append(Seen(kind, order["id"], person, at))
    return found


def order_of(number: int, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(number),
        "placed_at": instant(row["purchase_time"]),
        "email": f"{row['user_id']}@buyer.example",
        "total": row["purchase_value"],
        "device_id": row["device_id"],
        "ip_address": str(ip_address(int(float(row["ip_address"])))),
        "lines": [],
    }


def instant(text: str) -> str:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).isoformat()


def at_random(examples: Sequence[Example]) -> dict[str, float]:
    """The rules on a random quarter: what a split that ignores time would claim."""
    drawn = Random(7).sample(list(examples), len(examples) // 4)
    flagged = [one for one in drawn if one.score >= Policy().medium]
    caught = sum(one.is_bad for one in flagged)
    bad = [one.is_bad for one in drawn]
    scores = [one.score for one in drawn]
    return {
        "auc": round(compare(bad, scores, scores).first, 4),
        "flagged": round(len(flagged) / len(drawn), 4),
        "precision": round(caught / max(len(flagged), 1), 4),
        "recall": round(caught / max(sum(bad), 1), 4),
    }


if __name__ == "__main__":
    main()
