"""What can be done to a message's blocks and languages. Pure: each gives the changed document, or raises ValueError or
LookupError with a code that says why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sereno.modules.messages.blocks import KINDS, clean_setting
from sereno.modules.messages.documents import (
    LOCALES,
    MOST_BLOCKS,
    WHATSAPP_SETTINGS,
    Block,
    Document,
    DocumentInvalid,
    with_texts,
)

Blocks = tuple[Block, ...]


def insert(document: Document, kind: str, after: str) -> tuple[Document, str]:
    """A new block after the one named: an id, `ID:N` for the beginning of a block's column, or "" for the top. Gives
    the document and the new block's id."""
    if kind not in KINDS or document.kind != "email":
        raise ValueError("block.unknown")
    if sum(1 for _ in document.walk()) >= MOST_BLOCKS:
        raise ValueError("blocks.many")
    new = Block(document.free_id(), kind, columns=((), ()) if kind == "columns" else ())
    return _put(document, (new,), after), new.id


def delete(document: Document, id: str) -> Document:
    gone = document.block(id)
    ids = {gone.id, *(block.id for column in gone.columns for block in column)}
    texts = {
        locale: {key: text for key, text in held.items() if key.partition(".")[0] not in ids or "." not in key}
        for locale, held in document.texts.items()
    }
    return replace(_without(document, id), texts=texts)


def duplicate(document: Document, id: str) -> tuple[Document, str]:
    """A copy behind the block, with its texts in every language. Gives the document and the copy's id."""
    block = document.block(id)
    if sum(1 for _ in document.walk()) + 1 + sum(map(len, block.columns)) > MOST_BLOCKS:
        raise ValueError("blocks.many")
    taken = {one.id for one in document.walk()}
    names: dict[str, str] = {}
    for old in (block, *(one for column in block.columns for one in column)):
        names[old.id] = next(name for number in range(1, 10_000) if (name := f"b{number}") not in taken)
        taken.add(names[old.id])
    copy = replace(
        block,
        id=names[block.id],
        columns=tuple(tuple(replace(one, id=names[one.id]) for one in column) for column in block.columns),
    )
    changed = _put(document, (copy,), id)
    for locale, held in document.texts.items():
        copied = {
            f"{names[owner]}.{part}": text
            for key, text in held.items()
            if (owner := key.partition(".")[0]) in names and (part := key.partition(".")[2])
        }
        changed = with_texts(changed, locale, copied)
    return changed, copy.id


def move(document: Document, id: str, by: int) -> Document:
    """A block up (-1) or down (+1) among its neighbours. At the end it stays where it is."""
    document.block(id)

    def shift(blocks: Blocks) -> Blocks:
        places = [place for place, block in enumerate(blocks) if block.id == id]
        if not places:
            return blocks
        target = min(max(places[0] + by, 0), len(blocks) - 1)
        rest = [block for block in blocks if block.id != id]
        rest.insert(target, blocks[places[0]])
        return tuple(rest)

    return _each_list(document, shift)


def place(document: Document, id: str, after: str) -> Document:
    """A block to behind another (as `insert` names places). Raises ValueError for one that may not stand there."""
    block = document.block(id)
    inside = {id, *(one.id for column in block.columns for one in column)}
    if after.partition(":")[0] in inside:
        raise ValueError("block.into_itself")
    return _put(_without(document, id), (block,), after)


def set_settings(document: Document, id: str, values: Mapping[str, Any]) -> Document:
    """Settings of a block. Raises blocks.SettingInvalid."""
    block = document.block(id)
    settings = dict(block.settings)
    for setting in block.type.settings:
        if setting.name in values:
            value = clean_setting(setting, values[setting.name])
            settings.pop(setting.name, None)
            if value != setting.default:
                settings[setting.name] = value
    columns = block.columns
    if block.kind == "columns":
        count = int(settings.get("count") or 2)
        kept = columns[:count] + ((),) * (count - len(columns))
        moved = tuple(one for column in columns[count:] for one in column)
        columns = (*kept[:-1], (*kept[-1], *moved))
    return _change(document, replace(block, settings=settings, columns=columns))


def set_message_settings(document: Document, values: Mapping[str, Any]) -> Document:
    """Settings of a WhatsApp message. Raises blocks.SettingInvalid."""
    known = {setting.name: setting for setting in WHATSAPP_SETTINGS if setting.name in values}
    return replace(
        document,
        settings={**document.settings, **{name: clean_setting(one, values[name]) for name, one in known.items()}},
    )


def hide(document: Document, id: str, locale: str, is_hidden: bool) -> Document:
    """Leave a block out in one language, or bring it back."""
    block = document.block(id)
    others = tuple(one for one in block.hidden if one != locale)
    return _change(document, replace(block, hidden=(*others, locale) if is_hidden else others))


def add_language(document: Document, locale: str) -> Document:
    if locale not in LOCALES or locale in document.languages:
        raise ValueError("language.unknown")
    return replace(document, languages=(*document.languages, locale))


def remove_language(document: Document, locale: str) -> Document:
    """With all its texts. The last one stays."""
    rest = tuple(one for one in document.languages if one != locale)
    if not rest:
        raise ValueError("language.last")
    texts = {one: held for one, held in document.texts.items() if one != locale}
    return replace(document, languages=rest, texts=texts)


# --- inside -------------------------------------------------------------------------------------


def _each_list(document: Document, change: Callable[[Blocks], Blocks]) -> Document:
    """Every list of blocks there is, changed: that of the columns, then the document's own."""
    blocks = tuple(
        replace(block, columns=tuple(change(column) for column in block.columns)) if block.columns else block
        for block in document.blocks
    )
    return replace(document, blocks=change(blocks))


def _change(document: Document, new: Block) -> Document:
    return _each_list(document, lambda blocks: tuple(new if block.id == new.id else block for block in blocks))


def _without(document: Document, id: str) -> Document:
    return _each_list(document, lambda blocks: tuple(block for block in blocks if block.id != id))


def _put(document: Document, new: Sequence[Block], after: str) -> Document:
    if not after:
        return replace(document, blocks=(*new, *document.blocks))
    owner, _colon, number = after.partition(":")
    if number:
        return _put_into_column(document, new, owner, number)
    document.block(owner)
    is_nested = all(block.id != owner for block in document.blocks)
    if is_nested and not all(block.type.can_nest for block in new):
        raise ValueError("block.not_here")

    def put(blocks: Blocks) -> Blocks:
        at = next((place for place, block in enumerate(blocks) if block.id == owner), None)
        return blocks if at is None else (*blocks[: at + 1], *new, *blocks[at + 1 :])

    return _each_list(document, put)


def _put_into_column(document: Document, new: Sequence[Block], owner: str, number: str) -> Document:
    block = document.block(owner)
    if not number.isdigit() or int(number) >= len(block.columns):
        raise LookupError("column.unknown")
    if not all(one.type.can_nest for one in new):
        raise ValueError("block.not_here")
    columns = list(block.columns)
    columns[int(number)] = (*new, *columns[int(number)])
    return _change(document, replace(block, columns=tuple(columns)))


__all__ = [
    "DocumentInvalid",
    "add_language",
    "delete",
    "duplicate",
    "hide",
    "insert",
    "move",
    "place",
    "remove_language",
    "set_message_settings",
    "set_settings",
]
