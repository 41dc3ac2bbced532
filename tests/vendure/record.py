"""Records what a fresh store answers to each of `tests/connectors/vendure/operations.py`, for the tests that need no
store: `python tests/vendure/record.py FOLDER-WITH-THE-INSTALLED-STORE EMPTY-FOLDER`."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "vendure"), str(TESTS / "connectors" / "vendure")]

from asking import Asking, Line, with_fields  # noqa: E402
from operations import AUTHORIZED, OPERATIONS, ORDERS  # noqa: E402
from store_process import Vendure  # noqa: E402

from sereno.sdk.ports import HttpAnswer, HttpRequest  # noqa: E402
from sereno.sdk.stores import StoreError  # noqa: E402

RECORDED = TESTS / "connectors" / "vendure" / "recorded" / "operations.json"


class Recorder(Line):
    heard: list[dict[str, Any]]

    def send(self, request: HttpRequest) -> HttpAnswer:
        answer = super().send(request)
        body = json.loads(request.body or b"{}")
        if "login(" not in body["query"]:
            said = json.loads(answer.body)
            self.heard.append({"asks": first(body["query"]), "variables": body["variables"], "answer": said})
        return answer


def first(document: str) -> str:
    """What is asked for, by the document's first field."""
    found = re.match(r"\s*(?:query|mutation)[^{]*\{\s*(\w+)", document)
    assert found is not None, document
    return found.group(1)


def main(installed: str, work: str) -> None:
    store = Vendure.on(Path(installed), Path(work))
    store.start("", **with_fields(store.work))
    try:
        for number in range(1, ORDERS + 1):
            paid = ["--authorize-only"] if str(number) in AUTHORIZED else []
            store.drive("order", "--email", "ana@example.com", "--skus", "TOTE-1:2", *paid)
        asking = Asking(store)
        words = '{languageCode: en, name: "Sale", slug: "sale", description: ""}'
        asking(f"mutation {{ createCollection(input: {{filters: [], translations: [{words}]}}) {{ id }} }}")
        line = Recorder(asking)
        found: dict[str, Any] = {}
        for name, write in OPERATIONS.items():
            line.heard = []
            try:
                outcome: dict[str, Any] = {"value": dict(line.write(write, name).value)}
            except StoreError as error:
                outcome = {"refused": getattr(error, "code", "")}
            found[name] = {"exchanges": line.heard, **outcome}
        RECORDED.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    finally:
        store.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
