"""Where in the editor somebody is: it stands in the address, so that going back, reloading and sharing a link work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from sereno.modules.messages.documents import Document
from sereno.web.content.rendering import LOOKS, Look

PANELS = ("", "settings", "publish", "test", "checks")


@dataclass(frozen=True, slots=True)
class State:
    """`locale` is the language worked in, `block` the one whose form is open, `after` where a block is about to be
    inserted (see `arranging.insert`; "-" is the top), `record` what the preview is about, `look` how it is shown."""

    name: str
    locale: str
    block: str = ""
    after: str = ""
    record: str = ""
    look: Look = "desktop"
    panel: str = ""

    def query(self, **changes: Any) -> str:
        state = replace(self, **changes)
        values = {
            "lang": state.locale,
            "block": state.block,
            "insert": state.after,
            "record": state.record,
            "look": "" if state.look == "desktop" else state.look,
            "panel": state.panel,
        }
        return urlencode({key: value for key, value in values.items() if value})

    def to(self, **changes: Any) -> str:
        """The address of the editor with something changed; an open form or chooser is come to by its place."""
        state = replace(self, **changes)
        place = f"#row-{state.block}" if state.block else "#insert" if state.after else ""
        return f"{reverse('message', args=[self.name])}?{state.query()}{place}"

    def frame(self, **changes: Any) -> str:
        """The address of the preview."""
        query = replace(self, block="", after="", panel="").query(**changes)
        return f"{reverse('message-preview', args=[self.name])}?{query}"

    @property
    def hidden(self) -> Mapping[str, str]:
        """For forms, which come back to where they were sent from."""
        held = {"lang": self.locale, "block": self.block, "record": self.record, "look": self.look}
        return {key: value for key, value in held.items() if value}


def state_of(name: str, document: Document, shop_locale: str, given: QueryDict) -> State:
    """What an address or a form says; anything else is as if it were not said."""
    locale = given.get("lang", "")
    if locale not in document.languages:
        locale = document.language(shop_locale)
    look = given.get("look", "")
    block = given.get("block", "")
    if block not in {one.id for one in document.walk()}:
        block = ""
    panel = given.get("panel", "")
    return State(
        name=name,
        locale=locale,
        block=block,
        after=given.get("insert", "")[:60],
        record=given.get("record", "")[:200],
        look=cast(Look, look) if look in LOOKS else "desktop",
        panel=panel if panel in PANELS else "",
    )
