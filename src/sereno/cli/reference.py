"""The reference page of the command line, made from the commands themselves so that it cannot lag behind.

`python -m sereno.cli.reference` writes it to standard output; a test compares it with the page in `docs/reference`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from cyclopts import App

from sereno.cli.main import make_app

HEAD = """\
# The command line

Made from the commands themselves by `make docs`; do not edit.

Every list takes `--json`: one JSON document on standard output, nothing else there; without `--limit` it is complete.
Exit status: 0 done, 1 the thing failed, 2 wrong use; the reason is on standard error.
A subject is `kind:id` (`order:1001`). An instant is ISO 8601 (UTC unless it says otherwise) or a time ago (`24h`).
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(_commands(make_app(), "sereno"))


def commands() -> list[str]:
    """Every command that does something, as typed: `sereno flow lint`."""
    return [words for words, _ in _leaves(make_app(), "sereno")]


def _commands(app: App, words: str) -> Iterator[str]:
    for typed, leaf in _leaves(app, words):
        arguments = list(leaf.assemble_argument_collection(parse_docstring=True))
        first, _, rest = _text(leaf.help).partition("\n")
        rest = rest.partition("Parameters\n")[0]
        yield f"\n## `{typed}`\n\n{first}\n"
        if rest.strip():
            yield f"\n{rest.strip()}\n"
        lines = [_argument(argument) for argument in arguments if argument.show]
        if lines:
            yield "\n| argument | what it is |\n| --- | --- |\n" + "".join(lines)


def _leaves(app: App, words: str) -> Iterator[tuple[str, App]]:
    for name in sorted(app):
        if name.startswith("-"):
            continue
        child = app[name]
        if child.default_command is not None:
            yield f"{words} {name}", child
        yield from _leaves(child, f"{words} {name}")


def _argument(argument: Any) -> str:
    names = ", ".join(f"`{name}`" for name in argument.names if not name.startswith("--no-"))
    told = _text(argument.parameter.help)
    default = argument.field_info.default
    if default not in (None, "", False, ()) and isinstance(default, str | int):
        told = f"{told} ({default})" if told else f"({default})"
    sentence = " ".join(told.split()).replace("|", "\\|") or "-"
    return f"| {names} | {sentence} |\n"


def _text(found: Any) -> str:
    return str(found or "").strip()


if __name__ == "__main__":
    sys.stdout.write(page())
