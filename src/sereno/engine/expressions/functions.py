"""The functions and methods an expression may call, with what they take and give."""

from __future__ import annotations

from sereno.engine.expressions.types import (
    ANY,
    BOOLEAN,
    DURATION,
    INTEGER,
    NUMBER,
    STRING,
    TIMESTAMP,
    Type,
)

# name -> (fewest arguments, most arguments, result)
FUNCTIONS: dict[str, tuple[int, int, Type]] = {
    "size": (1, 1, INTEGER),
    "int": (1, 1, INTEGER),
    "uint": (1, 1, INTEGER),
    "double": (1, 1, NUMBER),
    "string": (1, 1, STRING),
    "bool": (1, 1, BOOLEAN),
    "bytes": (1, 1, Type("bytes")),
    "timestamp": (1, 1, TIMESTAMP),
    "duration": (1, 1, DURATION),
    "type": (1, 1, ANY),
    "dyn": (1, 1, ANY),
    "matches": (2, 2, BOOLEAN),
}
TYPE_NAMES: frozenset[str] = frozenset({"int", "uint", "double", "string", "bool", "bytes", "list", "map", "null_type"})

MATH: dict[str, tuple[int, int, Type]] = {
    "greatest": (1, 16, NUMBER),
    "least": (1, 16, NUMBER),
    "ceil": (1, 1, NUMBER),
    "floor": (1, 1, NUMBER),
    "round": (1, 1, NUMBER),
    "trunc": (1, 1, NUMBER),
    "abs": (1, 1, NUMBER),
    "sign": (1, 1, NUMBER),
}

# kind of the target -> method -> (fewest, most, result)
_CLOCK: dict[str, tuple[int, int, Type]] = dict.fromkeys(
    ("getHours", "getMinutes", "getSeconds", "getMilliseconds"), (0, 1, INTEGER)
)
_CALENDAR: dict[str, tuple[int, int, Type]] = dict.fromkeys(
    ("getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"), (0, 1, INTEGER)
)
_TEXT: dict[str, tuple[int, int, Type]] = {
    "contains": (1, 1, BOOLEAN),
    "startsWith": (1, 1, BOOLEAN),
    "endsWith": (1, 1, BOOLEAN),
    "matches": (1, 1, BOOLEAN),
    "size": (0, 0, INTEGER),
    "lowerAscii": (0, 0, STRING),
    "upperAscii": (0, 0, STRING),
    "trim": (0, 0, STRING),
    "replace": (2, 3, STRING),
    "split": (1, 2, Type("list", item=STRING)),
    "indexOf": (1, 2, INTEGER),
    "lastIndexOf": (1, 2, INTEGER),
    "substring": (1, 2, STRING),
    "charAt": (1, 1, STRING),
    "reverse": (0, 0, STRING),
}
METHODS: dict[str, dict[str, tuple[int, int, Type]]] = {
    "string": _TEXT,
    "date": _TEXT,
    "timestamp": _CLOCK | _CALENDAR,
    "duration": dict.fromkeys(_CLOCK, (0, 0, INTEGER)),
    "list": {"size": (0, 0, INTEGER), "join": (0, 1, STRING)},
    "map": {"size": (0, 0, INTEGER)},
    "bytes": {"size": (0, 0, INTEGER)},
    "integer": {},
    "number": {},
    "money": {},
    "boolean": {},
    "record": {},
    "null": {},
}
METHODS["any"] = _TEXT | _CALENDAR | _CLOCK | METHODS["list"]
STRING_ARGUMENTS: frozenset[str] = frozenset(
    {"contains", "startsWith", "endsWith", "matches", "indexOf", "lastIndexOf"}
)
"""Methods of texts whose first argument must be a text."""
