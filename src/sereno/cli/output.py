"""How the command line speaks: JSON or tables on standard output, reasons on standard error.

Invariant: with `--json` exactly one JSON document is written; without a terminal no escape sequence leaves.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from sereno.cli.host import Progress


class Failed(Exception):  # noqa: N818 - reads as a sentence: "raise Failed"
    """The thing asked for did not work: exit status 1."""

    status = 1


class WrongUse(Failed):
    """The command was asked for something that does not exist or makes no sense: exit status 2."""

    status = 2


def nearest(word: str, choices: Iterable[str]) -> str:
    """`" Did you mean 'x'?"` for the nearest choice, or nothing."""
    import difflib

    found = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.5)
    return f" Did you mean {found[0]!r}?" if found else ""


def no_such(kind: str, name: str, choices: Sequence[str], hint: str = "") -> WrongUse:
    """The error for a name that is not there: what it was, the nearest, what there is, and the next step."""
    text = f"there is no {kind} {name!r}.{nearest(name, choices)}"
    if choices and len(choices) <= 30:
        text += f" There {'is' if len(choices) == 1 else 'are'}: {', '.join(choices)}."
    return WrongUse(f"{text} {hint}".rstrip())


def say(text: str = "") -> None:
    """A line for people, on standard output."""
    print(text, flush=True)


def note(text: str) -> None:
    """A remark, on standard error."""
    print(text, file=sys.stderr, flush=True)


def instant(value: datetime | int | None) -> str | None:
    """ISO 8601 in UTC, as everywhere in Sereno's JSON."""
    from sereno.store.fields import instant_text

    return instant_text(value)


def emit(document: Any) -> None:
    """Write one JSON document."""
    import msgspec

    sys.stdout.write(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")


def emit_rows(rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows as one JSON array without holding them all; gives how many there were."""
    import msgspec

    encode = msgspec.json.Encoder().encode
    count = 0
    sys.stdout.write("[")
    for row in rows:
        sys.stdout.write((",\n " if count else "\n ") + encode(row).decode())
        count += 1
    sys.stdout.write("\n]\n" if count else "]\n")
    return count


def console() -> Console:
    """For people: in colour and to the terminal's width, or plain and wide when piped."""
    from rich.console import Console

    if sys.stdout.isatty():
        return Console(highlight=False)
    return Console(highlight=False, width=240, color_system=None, force_terminal=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str, widest: int = 120) -> int:
    """A table for people; `empty` says what to do when there is nothing to show. Cells over `widest` are cut."""
    from rich.table import Table
    from rich.text import Text

    view = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        view.add_column(column, no_wrap=not sys.stdout.isatty(), overflow="fold")
    count = 0
    for row in rows:
        view.add_row(*(Text(cell(value, widest)) for value in row))
        count += 1
    if count:
        screen = console()
        with screen.capture() as shown:
            screen.print(view)
        # Cells are padded to their column; what ends a line is no use to anybody.
        say("\n".join(line.rstrip() for line in shown.get().splitlines()))
    else:
        note(empty)
    return count


def cell(value: Any, widest: int = 120) -> str:
    """A value as a person reads it; control characters of whatever came from outside are made harmless."""
    if value is None:
        return "-"
    if isinstance(value, (dict, list)):
        import msgspec

        value = msgspec.json.encode(value).decode()
    text = "".join(character if character.isprintable() else " " for character in str(value))
    if found := _INSTANT.fullmatch(text):
        return f"{found[1]} {found[2]}Z"
    return text if len(text) <= widest else text[: widest - 3] + "..."


_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z")


def card(fields: Mapping[str, Any]) -> None:
    """One thing, a field a line."""
    width = max((len(name) for name in fields), default=0)
    for name, value in fields.items():
        print(f"{name:<{width}}  {cell(value)}")


@contextmanager
def refusals() -> Iterator[None]:
    """What a service refuses, in its own words: a name that is not there is wrong use, anything else failed."""
    try:
        yield
    except LookupError as error:
        raise WrongUse(str(error.args[0]) if error.args else str(error)) from error
    except ValueError as error:
        raise Failed(str(error)) from error


@contextmanager
def progress(label: str) -> Iterator[Progress]:
    """A bar on standard error while long work goes on; silent where standard error is not a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)

        def tell(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total)

        yield tell
