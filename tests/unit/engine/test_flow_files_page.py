"""The reference page of flow files says what the program does: its examples compile, and it names all there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sereno.engine import flow, read_steps, trace, trigger
from sereno.engine.expressions import functions
from sereno.engine.expressions.tree import MACROS
from sereno.engine.expressions.types import RUN, envelope
from sereno.engine.flow import compile_flow
from sereno.engine.schedule import WEEKDAYS
from sereno.site.plugins import load_plugins

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "flow-files.md").read_text()
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
PROSE = re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)
NAMED = set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", " ".join([*re.findall(r"`([^`]+)`", PROSE), *EXAMPLES])))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.partition("\n")[0])
def test_examples_compile(example: str) -> None:
    compile_flow(example, load_plugins())


def names() -> dict[str, set[str]]:
    methods = {name for kind in functions.METHODS.values() for name in kind}
    return {
        "keys at the top": set(flow._KEYS),  # pyright: ignore[reportPrivateUsage]
        "triggers": {*trigger.KINDS, *(key for keys in trigger.KINDS.values() for key in keys)},
        "records": set(trigger.SUPPLIED),
        "steps": {*read_steps.SIBLINGS, *(key for keys in read_steps.SIBLINGS.values() for key in keys)},
        "beside actions": set(read_steps.ACTION_SIBLINGS),
        "functions": set(functions.FUNCTIONS) | set(functions.MATH) | methods | set(MACROS),
        "fields of event and run": set(envelope(None).fields) | set(RUN.fields),
        "reasons": set(trace.SKIPS) | {"no_date", "wait_unknown"},
        "filters": {"money", "number", "date", "time"},
        "weekdays": set(WEEKDAYS[:2]),
    }


@pytest.mark.parametrize(("what", "wanted"), names().items(), ids=list(names()))
def test_everything_is_named(what: str, wanted: set[str]) -> None:
    assert wanted <= NAMED, f"{what} not on the page: {sorted(wanted - NAMED)}"
