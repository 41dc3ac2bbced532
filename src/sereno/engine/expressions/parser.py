"""A Pratt parser for CEL: source text to syntax tree."""

from __future__ import annotations

from typing import cast

from sereno.engine.expressions.tokens import Token, tokens
from sereno.engine.expressions.tree import (
    MACROS,
    Binary,
    Call,
    Comprehension,
    Conditional,
    Constant,
    ExpressionInvalid,
    Has,
    Index,
    ListOf,
    Macro,
    MapOf,
    Name,
    Node,
    Select,
    Unary,
)

LONGEST = 8192
DEEPEST = 64
_BINDING = {
    "||": 1, "&&": 2,
    "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "in": 3,
    "+": 4, "-": 4, "*": 5, "/": 5, "%": 5,
}  # fmt: skip
_WORDS = {"and": "&&", "or": "||", "not": "!", "AND": "&&", "OR": "||", "NOT": "!"}


def parse(source: str) -> Node:
    """Raises ExpressionInvalid where the source first stops being an expression."""
    if len(source) > LONGEST:
        raise ExpressionInvalid("expression.too_long", f"an expression may have {LONGEST} characters", LONGEST)
    parser = _Parser(tokens(source))
    node = parser.expression()
    parser.finish()
    return node


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._at = 0
        self._depth = 0

    def finish(self) -> None:
        token = self._here()
        if token.kind == "end":
            return
        if token.text in _WORDS:
            word = _WORDS[token.text]
            raise _syntax(token, f"write {word} instead of {token.text}", word)
        raise _syntax(token, f"did not expect {_shown(token)} here")

    def expression(self) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise _syntax(self._here(), "this expression is nested too deeply")
        test = self._binary(1)
        token = self._here()
        if token.text == "?" and token.kind == "operator":
            self._next()
            then = self._binary(1)
            self._expect(":")
            otherwise = self.expression()
            test = Conditional(token.position, test, then, otherwise)
        self._depth -= 1
        return test

    def _binary(self, least: int) -> Node:
        left = self._unary()
        while True:
            token = self._here()
            power = _BINDING.get(token.text, 0) if token.kind in ("operator", "name") else 0
            if power < least:
                return left
            self._next()
            left = Binary(token.position, token.text, left, self._binary(power + 1))

    def _unary(self) -> Node:
        token = self._here()
        if token.kind == "operator" and token.text in ("!", "-"):
            self._next()
            self._depth += 1
            if self._depth > DEEPEST:
                raise _syntax(token, "this expression is nested too deeply")
            following = self._here()
            if token.text == "-" and following.kind in ("integer", "number"):
                # One literal, so that the smallest integer can be written.
                self._next()
                kind = "integer" if following.kind == "integer" else "number"
                literal = Constant(token.position, kind, -following.value, "-" + following.text)
                operand: Node = self._postfix(literal)
            else:
                operand = Unary(token.position, "!" if token.text == "!" else "-", self._unary())
            self._depth -= 1
            return operand
        return self._postfix(self._primary())

    def _postfix(self, node: Node) -> Node:
        while True:
            token = self._here()
            if token.kind != "operator" or token.text not in (".", "["):
                return node
            self._next()
            if token.text == "[":
                node = Index(token.position, node, self.expression())
                self._expect("]")
                continue
            name = self._next()
            if name.kind != "name":
                raise _syntax(name, f"expected a field's name after the dot, found {_shown(name)}")
            node = self._method(node, name) if self._is("(") else Select(name.position, node, name.text)

    def _method(self, target: Node, name: Token) -> Node:
        arguments = self._arguments()
        if name.text not in MACROS:
            return Call(name.position, target, name.text, arguments)
        allowed = (2, 3) if name.text == "map" else (2,)
        if len(arguments) not in allowed or not isinstance(arguments[0], Name):
            example = f"{name.text}(item, item.quantity > 1)"
            raise _syntax(name, f"{name.text} wants a name and an expression, as in {example}")
        return Comprehension(name.position, cast("Macro", name.text), target, arguments[0].name, arguments[1:])

    def _primary(self) -> Node:
        token = self._next()
        match token.kind:
            case "string" | "bytes" | "integer" | "uint" | "number":
                return Constant(token.position, token.kind, token.value, token.text)
            case "name":
                return self._named(token)
            case "operator":
                return self._bracketed(token)
            case "end":
                raise _syntax(token, "the expression ends too early")

    def _named(self, token: Token) -> Node:
        if token.text in ("true", "false"):
            return Constant(token.position, "boolean", token.text == "true", token.text)
        if token.text == "null":
            return Constant(token.position, "null", None, token.text)
        if token.text in _WORDS:
            word = _WORDS[token.text]
            raise _syntax(token, f"write {word} instead of {token.text}", word)
        if not self._is("("):
            return Name(token.position, token.text)
        arguments = self._arguments()
        if token.text != "has":
            return Call(token.position, None, token.text, arguments)
        if len(arguments) != 1 or not isinstance(arguments[0], Select | Index):
            raise _syntax(token, "has wants one path, as in has(order.note)")
        return Has(token.position, arguments[0])

    def _bracketed(self, token: Token) -> Node:
        if token.text == "(":
            node = self.expression()
            self._expect(")")
            return node
        if token.text == "[":
            items = self._list("]")
            return ListOf(token.position, tuple(items))
        if token.text == "{":
            return MapOf(token.position, tuple(self._entries()))
        raise _syntax(token, f"did not expect {_shown(token)} here")

    def _entries(self) -> list[tuple[Node, Node]]:
        entries: list[tuple[Node, Node]] = []
        while not self._is("}"):
            key = self.expression()
            self._expect(":")
            entries.append((key, self.expression()))
            if not self._is("}"):
                self._expect(",")
        self._expect("}")
        return entries

    def _arguments(self) -> tuple[Node, ...]:
        self._expect("(")
        return tuple(self._list(")"))

    def _list(self, closing: str) -> list[Node]:
        items: list[Node] = []
        while not self._is(closing):
            items.append(self.expression())
            if not self._is(closing):
                self._expect(",")
        self._expect(closing)
        return items

    def _here(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> Token:
        token = self._tokens[self._at]
        if token.kind != "end":
            self._at += 1
        return token

    def _is(self, text: str) -> bool:
        token = self._here()
        return token.kind == "operator" and token.text == text

    def _expect(self, text: str) -> None:
        token = self._next()
        if token.kind != "operator" or token.text != text:
            if token.kind == "end":
                raise _syntax(token, f"the expression ends before its closing {text}")
            if token.text in _WORDS:
                word = _WORDS[token.text]
                raise _syntax(token, f"write {word} instead of {token.text}", word)
            raise _syntax(token, f"expected {text} before {_shown(token)}")


def _shown(token: Token) -> str:
    return "the end" if token.kind == "end" else repr(token.text)


def _syntax(token: Token, message: str, suggestion: str | None = None) -> ExpressionInvalid:
    return ExpressionInvalid("expression.syntax", message, token.position, suggestion)
