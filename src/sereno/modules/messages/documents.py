"""A message as a document: one structure of blocks, and its texts in each language. Pure.

Invariant: a `Document` is whole: every block is of a known kind, ids are unique, settings are clean. What is edited
gives a new document; the old one is not changed, so that undoing is going back to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

from sereno.modules.messages.blocks import KINDS, BlockKind, Setting, SettingInvalid, TextPart, clean_setting
from sereno.sdk.config import mark as _

Kind = Literal["email", "sms", "whatsapp"]
Purpose = Literal["transactional", "marketing"]

LOCALES = ("en", "es", "pt", "ro")
KINDS_OF_MESSAGE: tuple[Kind, ...] = ("email", "sms", "whatsapp")
PURPOSES: tuple[Purpose, ...] = ("transactional", "marketing")
ABOUTS = ("order", "cart", "customer")
MOST_BLOCKS = 80
_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")

HEAD = (
    TextPart("subject", _("Subject"), longest=300),
    TextPart("preview", _("Preview text"), help=_("What a mailbox shows beside the subject."), longest=300),
)
SMS_PARTS = (TextPart("text", _("Text"), "rich", longest=1600),)
WHATSAPP_PARTS = (
    TextPart("header", _("Header"), longest=60, is_needed=False),
    TextPart("text", _("Text"), "rich", longest=4096),
    TextPart("footer", _("Footer"), longest=60, is_needed=False),
    TextPart("button1", _("First quick reply"), longest=25, is_needed=False),
    TextPart("button2", _("Second quick reply"), longest=25, is_needed=False),
    TextPart("button3", _("Third quick reply"), longest=25, is_needed=False),
)
WHATSAPP_SETTINGS = (
    Setting(
        "approved_name",
        _("Name of the approved template"),
        "value",
        help=_("As it is registered with WhatsApp: small letters, digits and underscores."),
    ),
    Setting(
        "category",
        _("Category"),
        "choice",
        "utility",
        options=(("utility", _("Utility")), ("marketing", _("Marketing")), ("authentication", _("Authentication"))),
    ),
)
PARTS: dict[Kind, tuple[TextPart, ...]] = {"email": HEAD, "sms": SMS_PARTS, "whatsapp": WHATSAPP_PARTS}


class DocumentInvalid(ValueError):  # noqa: N818
    """A document that cannot be kept; the message says why."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block. `hidden` are the languages it is left out in; `columns` hold the blocks of a `columns` block."""

    id: str
    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    hidden: tuple[str, ...] = ()
    columns: tuple[tuple[Block, ...], ...] = ()

    @property
    def type(self) -> BlockKind:
        return KINDS[self.kind]

    def setting(self, name: str) -> Any:
        found = self.settings.get(name)
        return found if found is not None else next(one.default for one in self.type.settings if one.name == name)


@dataclass(frozen=True, slots=True)
class Document:
    """A message. `languages` begin with the one it was first written in; `texts` are by language, then by key:
    `subject`, `preview`, and `ID.PART` for a block's. `settings` are those of a WhatsApp message."""

    kind: Kind
    purpose: Purpose
    about: str
    languages: tuple[str, ...]
    blocks: tuple[Block, ...] = ()
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def own_text(self, key: str, locale: str) -> str:
        return self.texts.get(locale, {}).get(key, "")

    def text(self, key: str, locale: str, fallback: str | None = None) -> tuple[str, str]:
        """The text and whose language it is: the one asked for, else the shop's (`fallback`), else English, else the
        one the message was first written in."""
        for language in (locale, fallback, "en", *self.languages):
            if language and (found := self.own_text(key, language)):
                return found, language
        return "", locale

    def language(self, locale: str, fallback: str | None = None) -> str:
        """The language a reader of `locale` (`pt-BR` is Portuguese) is written to in."""
        for wished in (locale, fallback or "", "en"):
            if (language := plain_language(wished)) in self.languages:
                return language
        return self.languages[0]

    def walk(self) -> Iterator[Block]:
        """All blocks, those in columns after the block that holds them."""
        for block in self.blocks:
            yield block
            for column in block.columns:
                yield from column

    def block(self, id: str) -> Block:
        """Raises LookupError."""
        found = next((block for block in self.walk() if block.id == id), None)
        if found is None:
            raise LookupError(f"there is no block {id!r}")
        return found

    def parts(self) -> list[tuple[str, TextPart, Block | None]]:
        """Every text there is to write, in order: its key, what it is, and its block."""
        found: list[tuple[str, TextPart, Block | None]] = [(part.name, part, None) for part in PARTS[self.kind]]
        for block in self.walk():
            found += [(f"{block.id}.{part.name}", part, block) for part in block.type.texts]
        return found

    def untranslated(self, locale: str) -> list[str]:
        """Keys of texts that are written in another language but not in this one."""
        return [
            key
            for key, _part, block in self.parts()
            if not self.own_text(key, locale)
            and not (block is not None and locale in block.hidden)
            and any(self.own_text(key, other) for other in self.languages if other != locale)
        ]

    def free_id(self) -> str:
        taken = {block.id for block in self.walk()}
        return next(name for number in range(1, 10_000) if (name := f"b{number}") not in taken)


def plain_language(locale: str) -> str:
    return locale.replace("_", "-").partition("-")[0].lower()


# --- reading and writing ------------------------------------------------------------------------


def read(value: Any) -> Document:
    """The document that `value` (as kept, or typed by hand) says. Raises DocumentInvalid."""
    if not isinstance(value, Mapping):
        raise DocumentInvalid("a message is a mapping")
    found = cast("Mapping[str, Any]", value)
    kind, purpose, about = found.get("kind"), found.get("purpose"), found.get("about")
    if kind not in KINDS_OF_MESSAGE or purpose not in PURPOSES or about not in ABOUTS:
        raise DocumentInvalid("kind, purpose or about is none of those there are")
    languages = tuple(dict.fromkeys(str(one) for one in found.get("languages") or ()))
    if not languages or not set(languages) <= set(LOCALES):
        raise DocumentInvalid(f"languages are some of {', '.join(LOCALES)}")
    blocks = tuple(_read_block(one, nested=False) for one in found.get("blocks") or ())
    document = Document(
        kind,
        purpose,
        str(about),
        languages,
        blocks,
        _read_texts(found.get("texts") or {}, languages),
        _clean(WHATSAPP_SETTINGS, found.get("settings") or {}) if kind == "whatsapp" else {},
    )
    ids = [block.id for block in document.walk()]
    if len(set(ids)) != len(ids) or len(ids) > MOST_BLOCKS or (blocks and kind != "email"):
        raise DocumentInvalid("the blocks are too many, or two have one id")
    return document


def write(document: Document) -> dict[str, Any]:
    """The document as plain data, which `read` takes."""
    return {
        "kind": document.kind,
        "purpose": document.purpose,
        "about": document.about,
        "languages": list(document.languages),
        "blocks": [_write_block(block) for block in document.blocks],
        "texts": {locale: dict(texts) for locale, texts in document.texts.items()},
        "settings": dict(document.settings),
    }


def _read_block(value: Any, *, nested: bool) -> Block:
    if not isinstance(value, Mapping):
        raise DocumentInvalid("a block is a mapping")
    found = cast("Mapping[str, Any]", value)
    kind, id_ = KINDS.get(str(found.get("kind"))), str(found.get("id") or "")
    if kind is None or not _ID.fullmatch(id_) or (nested and not kind.can_nest):
        raise DocumentInvalid(f"block {id_!r} is of no kind that may stand there")
    hidden = tuple(str(one) for one in found.get("hidden") or () if one in LOCALES)
    settings = _clean(kind.settings, found.get("settings") or {})
    columns: tuple[tuple[Block, ...], ...] = ()
    if kind.name == "columns":
        held = cast("Sequence[Any]", found.get("columns") or ())
        count = int(settings.get("count") or 2)
        read_columns = [tuple(_read_block(one, nested=True) for one in column) for column in held]
        columns = tuple([*read_columns, (), (), ()][: max(count, len(read_columns))])
    return Block(id_, kind.name, settings, hidden, columns)


def _clean(known: Sequence[Setting], values: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for setting in known:
        if setting.name in values:
            try:
                value = clean_setting(setting, values[setting.name])
            except SettingInvalid as error:
                raise DocumentInvalid(f"{setting.name}: {error.code}") from error
            if value != setting.default:
                found[setting.name] = value
    return found


def _read_texts(value: Any, languages: Sequence[str]) -> dict[str, dict[str, str]]:
    return {
        locale: {str(key): str(text) for key, text in cast("Mapping[Any, Any]", texts).items() if text}
        for locale, texts in cast("Mapping[str, Any]", value).items()
        if locale in languages and isinstance(texts, Mapping)
    }


def _write_block(block: Block) -> dict[str, Any]:
    found: dict[str, Any] = {"id": block.id, "kind": block.kind}
    if block.settings:
        found["settings"] = dict(block.settings)
    if block.hidden:
        found["hidden"] = list(block.hidden)
    if block.columns:
        found["columns"] = [[_write_block(one) for one in column] for column in block.columns]
    return found


def with_texts(document: Document, locale: str, texts: Mapping[str, str]) -> Document:
    """The texts put in place of those of the same keys; empty ones are taken away."""
    merged = {**document.texts.get(locale, {}), **texts}
    return replace(
        document, texts={**document.texts, locale: {key: text for key, text in merged.items() if text.strip()}}
    )
