"""What the engine must know of the world to check a flow: events, what they supply, actions.

The engine asks a `Catalog`; the SDK's registry is one. So the core never imports a plugin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from sereno.commerce.schema import Record

OnErrorDefault = Literal["stop", "continue"]

ROOTS = ("event", "customer", "order", "cart", "product", "store", "run", "vars", "now")
"""The names an expression may begin with."""


@dataclass(frozen=True, slots=True)
class EventType:
    """A type of event, as the engine sees it. `supplies` are the context roots (`order`, `customer`, ...) that a run
    started by it can read; `data` describes `event.data` (None: anything goes, as for `custom.*`)."""

    name: str
    supplies: frozenset[str]
    data: Record | None


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One thing wrong with an action's config: which key, what, and what to do."""

    key: str
    message: str


@dataclass(frozen=True, slots=True)
class ActionType:
    """An action, as the engine sees it.

    `validate` gives the problems of a config as written (templates unrendered). `templates` names the config keys that
    are Liquid and rendered when the step is reached; those also in `html` have every value escaped for HTML.
    `needs` are the roots the action reads by itself (sending a mail to "the customer" needs `customer`), given the
    config as written. `writes` are the roots whose data it changes: a later step that reads one of them waits for the
    effect first. `on_error` is what happens to the run when the effect
    fails for good and the step does not say: `stop` makes the run wait for the outcome, `continue` lets it go on.
    `result` describes what the action returns (for `vars.<as>`). `purpose` is what a message is for, given the config
    as written: `transactional` or `marketing`, empty where that is not known yet, None for what is no message.
    """

    name: str
    validate: Callable[[Mapping[str, Any]], list[ConfigProblem]]
    keys: frozenset[str]
    templates: frozenset[str] = frozenset()
    needs: Callable[[Mapping[str, Any]], frozenset[str]] = lambda config: frozenset()
    writes: frozenset[str] = frozenset()
    on_error: OnErrorDefault = "continue"
    result: Record | None = None
    html: frozenset[str] = frozenset()
    purpose: Callable[[Mapping[str, Any]], str | None] = lambda config: None


class Catalog(Protocol):
    """Everything that a flow may name. All look-ups are by exact name; `None` means there is no such thing."""

    def event_type(self, name: str) -> EventType | None:
        """`custom.<verb>` is always known: it supplies every root, each of which may be null."""
        ...

    def event_names(self) -> list[str]: ...

    def action(self, name: str) -> ActionType | None: ...

    def action_names(self) -> list[str]: ...

    def root(self, name: str) -> Record | None:
        """The record behind `customer`, `order`, `cart`, `product` or `store`."""
        ...


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that refuses a flow, said so that its author can mend it."""

    code: str
    message: str
    line: int
    path: str = ""
    suggestion: str | None = None
    column: int | None = None
    """Where on the line, from 1, when it is known."""


class FlowInvalid(Exception):  # noqa: N818 - reads as a sentence: "raise FlowInvalid"
    """A flow document that cannot be saved; carries every problem found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"line {p.line}: {p.message}" for p in self.problems))
