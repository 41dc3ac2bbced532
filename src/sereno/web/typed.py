"""What somebody typed into a form that was refused stands in it again when the page comes back. It is kept in the
session until that form is next shown, for that shop alone; and a secret is never kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from django.http import HttpRequest

SESSION = "typed"
MOST = 200_000
"""Characters that are kept; a price list longer than this is a file."""
NEVER = frozenset({"csrfmiddlewaretoken", "secret", "password", "token"})


@dataclass(frozen=True, slots=True)
class Typed:
    """The values of one form, by the names of its fields. False where nothing was refused."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.values)

    def get(self, name: str, otherwise: object = "") -> object:
        """What was typed there; else `otherwise`, what the form shows by itself."""
        held = self.values.get(name)
        return held[-1] if held else otherwise

    def ticked(self, name: str, otherwise: bool = False, value: str = "") -> bool:
        """Whether the box was ticked; a box that was not is not sent at all. `value`: which of several of a name."""
        if not self.values:
            return otherwise
        return (value in self.values.get(name, ())) if value else name in self.values


def keep_typed(request: HttpRequest, form: str) -> None:
    """After a refusal. `form` is the name its template asks by, with the record's id where there are several."""
    values = {name: request.POST.getlist(name) for name in request.POST if name not in NEVER}
    if sum(len(one) for held in values.values() for one in held) <= MOST:
        request.session[SESSION] = {"form": form, "shop": _shop(request), "values": values}


def typed_in(request: HttpRequest) -> Callable[[str], Typed]:
    """For templates: `typed("purchase-new")` gives what is held for that form, once."""
    taken: dict[str, Typed] = {}

    def typed(form: str) -> Typed:
        held = getattr(request, "session", {}).get(SESSION)
        if isinstance(held, dict) and held.get("form") == form and held.get("shop") == _shop(request):
            del request.session[SESSION]
            taken[form] = Typed(held["values"])
        return taken.get(form, Typed())

    return typed


def _shop(request: HttpRequest) -> int | None:
    shop = getattr(request, "shop", None)
    return shop.pk if shop is not None else None
