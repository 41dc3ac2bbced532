"""Cuts the source of an expression into tokens. The rules are CEL's own."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Any, Literal

from sereno.engine.expressions.tree import ExpressionInvalid

LONGEST_NUMBER = 40
TokenKind = Literal["name", "string", "bytes", "integer", "uint", "number", "operator", "end"]

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n\f]+|//[^\n]*)
  | (?P<number>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)
  | (?P<uint>(?:0[xX][0-9a-fA-F]+|\d+)[uU])
  | (?P<integer>0[xX][0-9a-fA-F]+|\d+)
  | (?P<string>(?:[rR][bB]?|[bB][rR]?)?(?:\"{3}(?:[^\\]|\\.)*?\"{3}|'{3}(?:[^\\]|\\.)*?'{3}
        |"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*'))
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<operator>&&|\|\||==|!=|<=|>=|[-+*/%!<>?:.,()\[\]{}])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(
    r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}|[abfnrtv\\?\"'`]|(.))", re.DOTALL
)
_HINTS = {"&": "&&", "|": "||", "=": "=="}


@dataclass(frozen=True, slots=True)
class Token:
    """`value` is the literal's value; `text` the token as written."""

    kind: TokenKind
    text: str
    position: int
    value: Any = None


def tokens(source: str) -> list[Token]:
    """Raises ExpressionInvalid at the first character that begins no token."""
    found: list[Token] = []
    position = 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            raise _unexpected(source, position)
        kind = match.lastgroup
        text = match.group()
        if kind != "space":
            found.append(_token(kind or "", text, position))
        position = match.end()
    found.append(Token("end", "", len(source)))
    return found


def _token(kind: str, text: str, position: int) -> Token:
    if kind in ("number", "uint", "integer") and len(text) > LONGEST_NUMBER:
        message = f"a number has at most {LONGEST_NUMBER} digits"
        raise ExpressionInvalid("expression.number", message, position)
    match kind:
        case "number":
            return Token("number", text, position, float(text))
        case "uint":
            return Token("uint", text, position, int(text[:-1], 0 if text[:2] in ("0x", "0X") else 10))
        case "integer":
            return Token("integer", text, position, int(text, 16 if text[:2] in ("0x", "0X") else 10))
        case "string":
            return _string(text, position)
        case "name":
            return Token("name", text, position)
        case _:
            return Token("operator", text, position)


def _string(text: str, position: int) -> Token:
    prefix = text[: min(text.index(quote) for quote in "\"'" if quote in text)].lower()
    body = text[len(prefix) :]
    inner = body[3:-3] if body[:3] in ('"""', "'''") else body[1:-1]
    if "r" not in prefix:
        inner = _ESCAPE.sub(lambda match: _unescape(match, position), inner)
    if "b" in prefix:
        return Token("bytes", text, position, inner.encode())
    return Token("string", text, position, inner)


def _unescape(match: re.Match[str], position: int) -> str:
    text = match.group()
    if match.group(1) is not None:
        raise ExpressionInvalid("expression.syntax", f"there is no escape {text!r} in a text", position)
    if text[1] in "?`":
        return text[1]
    if text[1].isdigit():
        return chr(int(text[1:], 8))
    try:
        return str(ast.literal_eval(f"'{text}'"))
    except (SyntaxError, ValueError):
        raise ExpressionInvalid("expression.syntax", f"{text!r} is not a character", position) from None


def _unexpected(source: str, position: int) -> ExpressionInvalid:
    character = source[position]
    if character in "\"'":
        return ExpressionInvalid("expression.syntax", "this text has no closing quote", position)
    hint = _HINTS.get(character)
    more = f"; did you mean {hint}?" if hint else ""
    return ExpressionInvalid("expression.syntax", f"{character!r} is not part of an expression{more}", position, hint)
