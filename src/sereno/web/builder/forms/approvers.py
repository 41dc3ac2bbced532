"""Who is asked, as people write it: a name on a line, with a condition where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sereno.web.builder.forms.controls import Part, Raw, TextField, Wrong, drop, one, pick, put

_WHEN = " when "


@dataclass(frozen=True, kw_only=True)
class Approvers(TextField):
    """`owner`, or a list: each on a line, `support when order.total < 100`."""

    def raw(self, part: Part) -> Raw:
        value = pick(part, self.keys)
        if not isinstance(value, list):
            return super().raw(part)
        return {self.name: ["\n".join(_line(item) for item in value)]}

    def write(self, part: Part, raw: Raw) -> None:
        found = [_read(line.strip()) for line in one(raw, self.name).splitlines() if line.strip()]
        if not found:
            raise Wrong(_("Say who decides."))
        # One without a condition is written the short way.
        put(part, self.keys, found[0] if len(found) == 1 and isinstance(found[0], str) else found)


@dataclass(frozen=True, kw_only=True)
class EscalateTo(TextField):
    """Whom to ask when nobody decides; how long after has a control of its own once this is set."""

    def raw(self, part: Part) -> Raw:
        value = pick(part, self.keys)
        return {self.name: [str(value.get("to", "")) if isinstance(value, Mapping) else ""]}

    def write(self, part: Part, raw: Raw) -> None:
        to, value = one(raw, self.name).strip(), pick(part, self.keys)
        if not to:
            drop(part, self.keys)
            return
        after = value.get("after") if isinstance(value, Mapping) else None
        put(part, self.keys, {"after": after or "1d", "to": to})


def _line(item: Any) -> str:
    if not isinstance(item, Mapping):
        return str(item)
    when = item.get("when")
    return f"{item.get('by', '')}{_WHEN}{when}" if when is not None else str(item.get("by", ""))


def _read(line: str) -> str | dict[str, str]:
    name, is_when, condition = line.partition(_WHEN)
    return {"by": name.strip(), "when": condition.strip()} if is_when else name
