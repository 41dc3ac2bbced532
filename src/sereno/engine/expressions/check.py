"""Checks an expression against what is known of the world, and rewrites it for Google's CEL engine.

Both happen in one walk: every path that begins with a known root becomes a flat variable (`v0`, `v1`, ...), bound from
null-safe getters, so that evaluation converts only what is read and a missing value is null wherever the path breaks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sereno.engine.expressions.bindings import HEAVY, Binding, Bindings, Kept, Path, path_text
from sereno.engine.expressions.functions import FUNCTIONS, MATH, METHODS, STRING_ARGUMENTS, TYPE_NAMES
from sereno.engine.expressions.operators import Code, arithmetic, as_double, compare, constant, is_null, logical
from sereno.engine.expressions.paths import fixed_part, flatten, typed
from sereno.engine.expressions.tree import (
    Binary,
    Call,
    Comprehension,
    Conditional,
    Constant,
    ExpressionInvalid,
    Has,
    Index,
    ListOf,
    MapOf,
    Name,
    Node,
    Select,
    Unary,
)
from sereno.engine.expressions.types import (
    ANY,
    BOOLEAN,
    MAP,
    NUMBER,
    NUMERIC,
    Type,
    of_field,
)
from sereno.engine.names import nearest

NOTHING = Code(ANY, "null")


@dataclass(frozen=True, slots=True)
class Names:
    """What an expression may name. `roots`: those the trigger supplies. `absent`: the other roots there are, each with
    the reason why it is not there. `variables`: the `vars` that a step before this one can set."""

    roots: Mapping[str, Type]
    absent: Mapping[str, str] = field(default_factory=dict[str, str])
    variables: Mapping[str, Type] = field(default_factory=dict[str, Type])


@dataclass(frozen=True, slots=True)
class _Local:
    """A loop's variable: the name it has in the rewritten text, and the binding its items come from."""

    name: str
    type: Type
    binding: Binding | None


class Checker:
    """Walks one expression. `problems` collects all that is wrong; the code is only good when there are none."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.bindings = Bindings()
        self.problems: list[ExpressionInvalid] = []
        self._locals: dict[str, _Local] = {}
        self._loops = 0

    def visit(self, node: Node) -> Code:
        match node:
            case Constant():
                return constant(node)
            case Name() | Select() | Index():
                return self._path(node)
            case Has():
                code = self._partly(node.operand, "presence")
                return Code(BOOLEAN, f"({code.raw or code.text} != null)")
            case Unary():
                return self._unary(node)
            case Binary():
                return self._binary(node)
            case Conditional():
                return self._conditional(node)
            case Call():
                return self._call(node)
            case ListOf():
                items = [self.visit(item) for item in node.items]
                item = items[0].type if items and all(i.type.kind == items[0].type.kind for i in items) else ANY
                return Code(Type("list", item=item), "[" + ", ".join(i.text for i in items) + "]")
            case MapOf():
                entries = [f"{self.visit(key).text}: {self.visit(value).text}" for key, value in node.entries]
                return Code(MAP, "{" + ", ".join(entries) + "}")
            case Comprehension():
                return self._comprehension(node)

    def report(self, code: str, message: str, position: int, suggestion: str | None = None) -> Code:
        self.problems.append(ExpressionInvalid(code, message, position, suggestion))
        return NOTHING

    def _partly(self, node: Node, kept: Kept) -> Code:
        """A value of which only its presence or its size matters: whole records and lists need not be converted."""
        before = len(self.bindings.found)
        code = self.visit(node)
        if code.path is not None and len(self.bindings.found) > before and code.type.kind in HEAVY:
            self.bindings.found[-1].kept = kept
        return code

    # --- paths -------------------------------------------------------------------------------------

    def _path(self, node: Name | Select | Index) -> Code:
        root, steps = flatten(node)
        if not isinstance(root, Name):
            code = self.visit(root)
            return self._follow(code, steps, "this")
        local = self._locals.get(root.name)
        if local is not None:
            return self._from_local(root, local, steps)
        if root.name == "math" or (root.name in TYPE_NAMES and not steps):
            return Code(ANY, root.name)
        return self._from_root(root, steps)

    def _from_root(self, root: Name, steps: list[Select | Index]) -> Code:
        name = root.name
        if name == "vars" and steps and isinstance(steps[0], Select):
            return self._from_variable(steps[0], steps[1:])
        type_ = self.names.roots.get(name)
        if type_ is None:
            if name in self.names.absent:
                return self.report("expression.not_supplied", self.names.absent[name], root.position)
            known = [*self.names.roots, "vars"]
            guess = nearest(name, known)
            for root_name, root_type in self.names.roots.items():
                if root_type.record is not None and root_type.record.get(name) is not None:
                    guess = f"{root_name}.{name}"
            return self.report(
                "expression.unknown_name", f"there is nothing called {name!r}{_perhaps(guess)}", root.position, guess
            )
        return self._along((name,), type_, steps)

    def _from_variable(self, first: Select, steps: list[Select | Index]) -> Code:
        type_ = self.names.variables.get(first.field)
        if type_ is None:
            guess = nearest(first.field, self.names.variables)
            suggestion = f"vars.{guess}" if guess else None
            message = f"no step before this one sets vars.{first.field}{_perhaps(suggestion)}"
            return self.report("expression.unknown_variable", message, first.position, suggestion)
        return self._along(("vars", first.field), type_, steps)

    def _along(self, path: Path, type_: Type, steps: list[Select | Index]) -> Code:
        """The longest part of the steps that is a fixed path becomes one variable; the rest is CEL's."""
        for number, step in enumerate(steps):
            part = fixed_part(step)
            if part is None:
                return self._follow(self._bound(path, type_), steps[number:], path_text(path))
            if path == ("event",) and isinstance(part, str) and type_.record is not None:
                data = type_.record.fields["data"]
                if type_.record.get(part) is None:
                    # `event.total` is short for `event.data.total`.
                    path, type_ = ("event", "data"), of_field(data)
            found = self._member(type_, part, step, path_text(path))
            if found is None:
                return NOTHING
            path, type_ = (*path, part), found
        return self._bound(path, type_)

    def _bound(self, path: Path, type_: Type) -> Code:
        raw = self.bindings.name(path, type_.kind)
        return typed(type_, raw, path=path)

    def _from_local(self, root: Name, local: _Local, steps: list[Select | Index]) -> Code:
        first = steps[0] if steps else None
        if local.binding is not None and local.binding.fields is not None:
            if not isinstance(first, Select):
                # The item is used as a whole: it cannot be cut down to some of its fields.
                local.binding.fields = None
            else:
                found = self._member(local.type, first.field, first, root.name)
                if found is None:
                    return NOTHING
                local.binding.fields.add(first.field)
                code = typed(found, f"{local.name}.{first.field}")
                return self._follow(self._guarded(code, local, first.field), steps[1:], f"{root.name}.{first.field}")
        return self._follow(typed(local.type, local.name), steps, root.name)

    def _guarded(self, code: Code, local: _Local, name: str) -> Code:
        # Whole items may lack a field, items cut down to fields never do; which it is shows only after the walk.
        return typed(code.type, f"({local.name} != null && has({local.name}.{name}) ? {local.name}.{name} : null)")

    def _follow(self, code: Code, steps: list[Select | Index], shown: str) -> Code:
        """Steps after a value that is computed, or a loop's item: each is null where it breaks."""
        for step in steps:
            raw = code.raw or code.text
            part = fixed_part(step)
            if isinstance(step, Select):
                found = self._member(code.type, step.field, step, shown)
                if found is None:
                    return NOTHING
                guard = f"{raw} != null && has({raw}.{step.field})"
                code = typed(found, f"({guard} ? {raw}.{step.field} : null)")
            else:
                index = self.visit(step.index)
                item = code.type.item or ANY
                if isinstance(part, str) and code.type.kind == "record":
                    item = self._member(code.type, part, step, shown) or ANY
                elif code.type.kind not in ("list", "map", "any", "record"):
                    return self.report(
                        "expression.wrong_type", f"{shown} is {code.type}; it has no items", step.position
                    )
                code = typed(item, f"{raw}[{index.text}]")
            shown = "this"
        return code

    def _member(self, type_: Type, part: str | int, step: Select | Index, shown: str) -> Type | None:
        """The type of one step further; None, and a problem, when there is no such step."""
        if type_.kind in ("any", "map"):
            return ANY
        if isinstance(part, int):
            if type_.kind == "list":
                return type_.item or ANY
            self.report("expression.wrong_type", f"{shown} is {type_}; it has no items", step.position)
            return None
        if type_.record is None:
            more = "; pick one with exists, all or [0]" if type_.kind == "list" else ""
            self.report("expression.wrong_type", f"{shown} is {type_}; it has no field {part!r}{more}", step.position)
            return None
        found = type_.record.get(part)
        if found is not None:
            return of_field(found)
        candidates = type_.record.fields
        data = candidates["data"].of if shown == "event" and "data" in candidates else None
        guess = nearest(part, [*candidates, *(getattr(data, "fields", {}))])
        label = shown.removesuffix(".data") if shown == "event.data" else shown
        suggestion = f"{label}.{guess}" if guess else None
        message = f"{label} has no field {part!r}{_perhaps(suggestion)}"
        self.report("expression.unknown_field", message, step.position, suggestion)
        return None

    # --- operators ---------------------------------------------------------------------------------

    def _unary(self, node: Unary) -> Code:
        code = self.visit(node.operand)
        if node.operator == "!":
            self._boolean(code, node.position, "!")
            return Code(BOOLEAN, f"!({code.text})")
        if code.type.kind not in NUMERIC | {"any", "duration"}:
            self.report("expression.wrong_type", f"- wants a number, this is {code.type}", node.position)
        return Code(code.type, f"-({code.text})")

    def _binary(self, node: Binary) -> Code:
        if node.operator in ("==", "!=") and (is_null(node.left) or is_null(node.right)):
            left, right = self._partly(node.left, "presence"), self._partly(node.right, "presence")
        else:
            left, right = self.visit(node.left), self.visit(node.right)
        try:
            match node.operator:
                case "&&" | "||":
                    return logical(node, left, right)
                case "==" | "!=" | "<" | "<=" | ">" | ">=":
                    return compare(node, left, right)
                case "in":
                    return self._in(node, left, right)
                case _:
                    return arithmetic(node, left, right)
        except ExpressionInvalid as problem:
            self.problems.append(problem)
            return replace(NOTHING, type=BOOLEAN if node.operator not in "+-*/%" else ANY)

    def _in(self, node: Binary, left: Code, right: Code) -> Code:
        if right.type.kind not in ("list", "map", "any"):
            raise ExpressionInvalid(
                "expression.wrong_type", f"in wants a list on its right, this is {right.type}", node.position
            )
        item = right.type.item
        if isinstance(node.right, ListOf):
            for member in node.right.items:
                compare(Binary(node.position, "==", node.left, member), left, self.visit(member))
        elif item is not None and item.kind != "any":
            compare(Binary(node.position, "==", node.left, node.right), left, Code(item, "null"))
        return Code(BOOLEAN, f"({left.text} in {right.text})")

    def _conditional(self, node: Conditional) -> Code:
        test, then, otherwise = self.visit(node.test), self.visit(node.then), self.visit(node.otherwise)
        self._boolean(test, node.position, "?")
        texts = (then.text, otherwise.text)
        type_ = ANY
        if then.type.kind in (otherwise.type.kind, "null"):
            type_ = otherwise.type
        elif otherwise.type.kind == "null":
            type_ = then.type
        elif then.type.kind in NUMERIC and otherwise.type.kind in NUMERIC:
            type_ = NUMBER
            texts = (as_double(then, node.then), as_double(otherwise, node.otherwise))
        return Code(type_, f"({test.text} ? {texts[0]} : {texts[1]})")

    def _boolean(self, code: Code, position: int, operator: str) -> None:
        if code.type.kind not in ("boolean", "any", "null"):
            message = f"{operator} wants true or false, this is {code.type}"
            self.report("expression.wrong_type", message, position)

    # --- calls -------------------------------------------------------------------------------------

    def _call(self, node: Call) -> Code:
        if node.target is None:
            return self._function(node)
        arguments = [self.visit(argument) for argument in node.arguments]
        if isinstance(node.target, Name) and node.target.name == "math":
            found = MATH.get(node.function)
            result = self._arity(node, found, f"math.{node.function}", MATH, len(arguments))
            kind = Type("integer") if all(a.type.kind == "integer" for a in arguments) else result
            return Code(kind, f"math.{node.function}({', '.join(a.text for a in arguments)})")
        target = self._partly(node.target, "size") if node.function == "size" else self.visit(node.target)
        methods = METHODS[target.type.kind]
        found = methods.get(node.function)
        if found is None:
            guess = nearest(node.function, methods)
            message = f"{target.type} has no method {node.function!r}{_perhaps(guess)}"
            return self.report("expression.unknown_function", message, node.position, guess)
        result = self._arity(node, found, node.function, methods, len(arguments))
        if node.function in STRING_ARGUMENTS and arguments and arguments[0].type.kind not in ("string", "date", "any"):
            message = f"{node.function} wants a text, this is {arguments[0].type}"
            self.report("expression.wrong_type", message, node.arguments[0].position)
        return Code(result, f"{target.text}.{node.function}({', '.join(a.text for a in arguments)})")

    def _function(self, node: Call) -> Code:
        if node.function in ("duration", "timestamp") and len(node.arguments) == 1:
            (argument,) = node.arguments
            if isinstance(argument, Constant) and argument.kind == "string":
                try:
                    return constant(argument, as_kind="duration" if node.function == "duration" else "timestamp")
                except ExpressionInvalid as problem:
                    self.problems.append(problem)
                    return NOTHING
        if node.function == "size":
            arguments = [self._partly(argument, "size") for argument in node.arguments]
        else:
            arguments = [self.visit(argument) for argument in node.arguments]
        found = FUNCTIONS.get(node.function)
        result = self._arity(node, found, node.function, FUNCTIONS, len(arguments))
        if node.function == "size" and arguments and arguments[0].type.kind in NUMERIC | {"boolean", "timestamp"}:
            self.report(
                "expression.wrong_type", f"size wants a list or a text, this is {arguments[0].type}", node.position
            )
        return Code(result, f"{node.function}({', '.join(a.text for a in arguments)})")

    def _arity(
        self,
        node: Call,
        found: tuple[int, int, Type] | None,
        shown: str,
        known: Mapping[str, object],
        count: int,
    ) -> Type:
        if found is None:
            guess = nearest(node.function, known)
            message = f"there is no function {shown!r}{_perhaps(guess)}"
            self.report("expression.unknown_function", message, node.position, guess)
            return ANY
        fewest, most, result = found
        if not fewest <= count <= most:
            wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
            message = f"{shown} wants {wanted} arguments, not {count}"
            self.report("expression.wrong_arguments", message, node.position)
        return result

    # --- loops -------------------------------------------------------------------------------------

    def _comprehension(self, node: Comprehension) -> Code:
        before = len(self.bindings.found)
        over = self.visit(node.over)
        if over.type.kind not in ("list", "map", "any"):
            message = f"{node.macro} wants a list, this is {over.type}"
            return self.report("expression.wrong_type", message, node.position)
        item = over.type.item or ANY if over.type.kind == "list" else ANY
        text, binding = over.text, None
        if over.path is not None and item.record is not None and node.macro != "filter":
            text, binding = self.bindings.looped(over.path, before)
        self._loops += 1
        name = f"x{self._loops}"
        outer = self._locals.get(node.variable)
        self._locals[node.variable] = _Local(name, item, binding)
        bodies = [self.visit(body) for body in node.bodies]
        del self._locals[node.variable]
        if outer is not None:
            self._locals[node.variable] = outer
        tests = bodies if node.macro != "map" else bodies[:-1]
        for test, body in zip(tests, node.bodies, strict=False):
            self._boolean(test, body.position, node.macro)
        result = {"filter": over.type, "map": Type("list", item=bodies[-1].type)}.get(node.macro, BOOLEAN)
        return Code(result, f"{text}.{node.macro}({name}, {', '.join(body.text for body in bodies)})")


def _perhaps(guess: str | None) -> str:
    return f"; did you mean {guess}?" if guess else ""
