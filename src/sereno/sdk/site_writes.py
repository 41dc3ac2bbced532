"""What can be asked of a store's own site, one value class per ability.

Invariant: a write says what shall stand there, so that it is the same however often it is done; with `expected` it is
done only over what was there when somebody looked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sereno.sdk.write_values import Write


@dataclass(frozen=True, slots=True)
class OfSite(Write):
    """`fields` are those to be changed, the others stay. `expected`: only if these still say so; the platform's handler
    refuses with `content.changed` otherwise. What is not there yet is made."""

    key: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    expected: Mapping[str, Any] | None = None
    kind: ClassVar[str] = ""

    @property
    def about(self) -> tuple[str, str]:
        return self.kind, self.key


@dataclass(frozen=True, slots=True)
class WritePost(OfSite):
    """Make, change, publish or unpublish a post of a blog. `key` is `blog/handle`, or the handle in the only blog;
    `fields` as `sdk.site.TEXTS` has them, and `is_published`."""

    kind: ClassVar[str] = "post"
    ability: ClassVar[str] = "write_post"
    echoes: ClassVar[frozenset[str]] = frozenset({"post"})


@dataclass(frozen=True, slots=True)
class WritePage(OfSite):
    """Make, change, publish or unpublish a page. `key` is its handle."""

    kind: ClassVar[str] = "page"
    ability: ClassVar[str] = "write_page"
    echoes: ClassVar[frozenset[str]] = frozenset({"page"})


@dataclass(frozen=True, slots=True)
class SetThemeFile(OfSite):
    """Have a file of the theme say this: `fields` is `{"": text}`, None to take the file away. `key` is its name, in
    the theme customers see, or with a theme's id before it (`1234:config/settings_data.json`)."""

    kind: ClassVar[str] = "theme_file"
    ability: ClassVar[str] = "set_theme_file"
    echoes: ClassVar[frozenset[str]] = frozenset({"theme"})


@dataclass(frozen=True, slots=True)
class PublishTheme(OfSite):
    """Show customers another theme: `fields` is `{"": its id}`."""

    kind: ClassVar[str] = "theme"
    ability: ClassVar[str] = "publish_theme"
    echoes: ClassVar[frozenset[str]] = frozenset({"theme"})
