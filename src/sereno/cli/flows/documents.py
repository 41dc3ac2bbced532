"""Flow files: reading them, and telling a person what is wrong in them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sereno.cli.output import WrongUse


@dataclass(frozen=True, slots=True)
class Document:
    """A flow file as read. `path` is `-` for standard input."""

    path: str
    text: str


def read(paths: Sequence[str]) -> list[Document]:
    """The files; a folder gives every .yaml and .yml in it, `-` standard input. Raises WrongUse."""
    found: list[Document] = []
    for name in paths:
        if name == "-":
            found.append(Document("-", sys.stdin.read()))
            continue
        path = Path(name)
        if path.is_dir():
            files = sorted(file for file in path.iterdir() if file.suffix in (".yaml", ".yml"))
            if not files:
                raise WrongUse(f"there is no .yaml file in {name}")
        else:
            files = [path]
        found += [_read_one(file) for file in files]
    if not found:
        raise WrongUse("give a flow file, a folder of them, or - for standard input")
    return found


def _read_one(path: Path) -> Document:
    try:
        return Document(str(path), path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise WrongUse(f"there is no file {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUse(f"{path} cannot be read: {error}") from error


def in_shop(place: Any) -> AbstractContextManager[None]:
    """What is checked in this block may name the shop's own messages; without a shop only those that ship."""
    if place is None:
        return nullcontext()
    from sereno.store import scope

    return scope.in_shop(place.pk, is_given=True)


def check(document: Document, catalog: Any, place: Any = None) -> tuple[Any, list[dict[str, Any]]]:
    """(the compiled flow or None, its problems as plain data). `place` is the shop it is for."""
    from sereno.engine.catalog import FlowInvalid
    from sereno.engine.flow import compile_flow

    try:
        with in_shop(place):
            return compile_flow(document.text, catalog), []
    except FlowInvalid as error:
        problems = [
            {
                "code": problem.code,
                "line": problem.line,
                "path": problem.path,
                "message": problem.message,
                "suggestion": problem.suggestion,
            }
            for problem in error.problems
        ]
        return None, problems


def problem_lines(document: Document, problems: Sequence[dict[str, Any]]) -> list[str]:
    """`file:line: message`, and the nearest right name where there is one and the message does not say it."""
    lines: list[str] = []
    for problem in problems:
        hint = problem["suggestion"]
        tail = f" Did you mean {hint!r}?" if hint and hint not in problem["message"] else ""
        lines.append(f"{document.path}:{problem['line']}: {problem['message']}{tail} [{problem['code']}]")
    return lines


def warnings_of(flow: Any) -> list[dict[str, str]]:
    """What a writer may want to change although the flow is right, as plain data."""
    from sereno.modules.messages.intimacy import steps_too_close

    found = steps_too_close(flow.document) if flow is not None else ()
    return [
        {"code": code, "path": path, "message": f"{name!r} says more about its reader than a message should ({code})"}
        for path, name, code in found
    ]
