"""Every sentence that the engine says of a flow, a connector of a delivery, and comparing of a rule, is one the pages
can translate."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation import override
from seeding import make_shop, person
from test_gallery import signed_in

import sereno
from sereno.web.documents import problems_of
from sereno.web.phrases import known, said

ROOT = Path(sereno.__file__).parent
SAYING = {
    "problem": 1,
    "Problem": 1,
    "ExpressionInvalid": 1,
    "report": 1,
    "_syntax": 1,
    "_not_there": 0,
    "Unmappable": 0,
    "SyncRefused": 1,
}
"""Calls that say something, and which argument it is."""
ERRORS = ("durations.py", "schedule.py")
"""Whose ValueErrors become problems as they are."""


def sentences() -> Iterator[tuple[str, str]]:
    for folder in ("engine", "connectors", "runtime/syncing"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                text = _said_by(node, path.name)
                if text is not None and not text.startswith("{"):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", text  # type: ignore[attr-defined]


def _said_by(node: ast.AST, name: str) -> str | None:
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "message":
        return _text(node.value)
    if not isinstance(node, ast.Call):
        return None
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    place = 0 if called == "ValueError" and name in ERRORS else SAYING.get(called)
    return _text(node.args[place]) if place is not None and len(node.args) > place else None


def _text(node: ast.expr) -> str | None:
    """A sentence with `thing` in its places; what follows a phrase (`more`) is left out."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if not isinstance(node, ast.JoinedStr):
        return None
    parts = [
        part.value if isinstance(part, ast.Constant) else "" if _is_more(part) else "thing" for part in node.values
    ]
    return "".join(str(part) for part in parts)


def _is_more(part: ast.expr) -> bool:
    text = ast.unparse(part.value) if isinstance(part, ast.FormattedValue) else ""
    return text == "more" or text.startswith("_perhaps")


def test_there_are_sentences_to_look_at() -> None:
    assert len(list(sentences())) > 100


@pytest.mark.parametrize(("place", "text"), [pytest.param(*found, id=found[0]) for found in sentences()])
def test_a_sentence_has_a_phrase(place: str, text: str) -> None:
    assert known(text) is not None, f"put it into web/phrases.py: {text}"


@pytest.mark.parametrize(
    ("english", "romanian"),
    [
        ("there is no event 'order.payed'; did you mean order.paid?",
         "nu există evenimentul 'order.payed'; ai vrut să spui order.paid?"),
        ("a flow has no key 'stepz'; did you mean steps?", "un flux nu are cheia 'stepz'; ai vrut să spui steps?"),
        ("order.totl has no field 'x' (column 4)", "order.totl nu are câmpul 'x' (coloana 4)"),
        ("The body is not a JSON object but a list.", "Corpul nu este un obiect JSON, ci list."),
        ("nobody ever said this", "nobody ever said this"),
    ],
)  # fmt: skip
def test_it_is_said_in_romanian(english: str, romanian: str) -> None:
    with override("ro"):
        assert said(english) == romanian
    with override("en"):
        assert said(english) == english


def test_a_romanian_reads_the_problems_of_a_flow_in_romanian() -> None:
    text = 'flow: x\ntrigger: {event: order.payed, when: "order.totl > 2"}\nsteps: [{log: {text: "a"}}]\n'
    assert problems_of(text)
    client = signed_in(person(make_shop(), "ana@example.com", "owner"), "ro")
    page = client.post("/flows/new/yaml", {"do": "check", "text": text}).content.decode()
    assert "nu există evenimentul" in page and "there is no event" not in page
