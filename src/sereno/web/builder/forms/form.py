"""A form: the controls of one place of a flow, and how what they change gets back into the document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sereno.web.builder.forms.condition_control import ConditionControl
from sereno.web.builder.forms.controls import Control, Note, Part, Post, Said
from sereno.web.builder.forms.places import Place, place_at

if TYPE_CHECKING:
    from sereno.store.models import Shop


@dataclass(frozen=True)
class Setting:
    """What a form is made for. `document` is a copy that may be changed; `post` what a person has typed so far."""

    document: Part
    path: str
    shop: Shop
    post: Post | None = None

    def place(self) -> Place:
        return place_at(self.document, self.path)

    def sent(self, name: str) -> str | None:
        """What was sent for this input; None when it was not on the page."""
        found = self.post.getlist(name) if self.post is not None else []
        return found[-1] if found else None

    def condition(self, name: str, keys: tuple[str, ...], label: Said, place: Place, **more: Any) -> ConditionControl:
        return ConditionControl(
            name=name, keys=keys, label=label, names=place.names, timezone=self.shop.timezone, **more
        )


@dataclass
class Form:
    """`part` is what the controls change, inside the setting's document unless `commit` brings it there. `check` says
    what is wrong with the whole, by the name of an input, after everything was written."""

    part: Part
    controls: list[Control]
    place: Place
    notes: list[Note] = field(default_factory=list[Note])
    commit: Callable[[], None] = lambda: None
    check: Callable[[], Mapping[str, str]] = dict[str, str]
    more: tuple[str, ...] = ()
    """Controls that are folded away until they are used."""
    variant: str = ""
    """Which of several shapes this is; what was sent for another shape is not taken for this one."""

    def control(self, name: str) -> Control | None:
        return next((control for control in self.controls if control.name == name), None)
