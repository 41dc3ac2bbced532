"""What campaigns and flows have written into a store's own site (posts, pages, files of the theme, the theme itself);
and what is to be written next, or put back.

Invariant: pure. What was there before is kept field by field before anything is changed, and a field is put back only
where it still is as we wrote it. What somebody edited meanwhile is theirs: it is left and told of, never overwritten.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, Protocol, cast, get_args

from sereno.sdk.result import Result

Kind = Literal["post", "page", "theme_file", "theme"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SHOWN = "is_published"
TEXTS: Mapping[Kind, tuple[str, ...]] = {
    "post": ("title", "body", "summary", "author", "tags", "seo_title", "seo_description", "template"),
    "page": ("title", "body", "seo_title", "seo_description", "template"),
    "theme_file": (),
    "theme": (),
}
"""Fields that hold a text. A post and a page have `is_published` besides; of a theme file each field is a place in it,
`current.settings.colour` say, or "" for all its text; the one of `theme`, "", is the theme that customers see."""
MOST, LONGEST, LONGEST_TEXT = 10, 100_000, 500
HANDLE = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
FILE = re.compile(r"[\w-]{1,40}(/[\w.-]{1,100}){1,4}")
PLACE = re.compile(r"[^\s\x00-\x1f.][^\x00-\x1f]{0,199}")

Fields = Mapping[str, Any]


class SiteInvalid(ValueError):  # noqa: N818
    """No such thing can be written. `code` says why, `at` where."""

    def __init__(self, code: str, at: str = "") -> None:
        super().__init__(f"{at}: {code}" if at else code)
        self.code, self.at = code, at


@dataclass(frozen=True, slots=True)
class Target:
    """One thing of a site. `store` is the connection's name, "" for the shop's first store. `key` is a page's handle, a
    post's (`blog/handle`, or its handle in the only blog), a file's name, or "" for the theme."""

    kind: Kind
    key: str
    store: str = ""


@dataclass(frozen=True, slots=True)
class Writing:
    """What a campaign has a thing of the site say while it is on."""

    target: Target
    fields: Fields


@dataclass(frozen=True, slots=True)
class Found:
    """A thing as its platform has it. `id` is the platform's; `place`, of a theme file, the theme it is in: by it the
    file is found again when customers see another theme by then."""

    id: str
    fields: Fields
    url: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """One field. `before` is what was there, `ours` what stood there when we last looked and knew it for ours, `asked`
    what we last asked for; `is_open`: that was begun, and nobody has seen yet whether it was done."""

    before: Any
    ours: Any
    asked: Any = None
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """What is known of a target we have written to. `is_new`: we made it, so its end is to be hidden, not put back.
    `edited` are the fields of what somebody else changed, as they were when that was told; `let_be` what we would have
    written there when a person said to leave it."""

    fields: Mapping[str, Kept] = field(default_factory=dict[str, Kept])
    is_new: bool = False
    edited: Fields = field(default_factory=dict[str, Any])
    let_be: Fields = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Plan:
    """`changes` are to be written now, `held` to be kept before (None: nothing of ours is left there). `edited` are the
    fields somebody else changed and nobody was told of yet."""

    changes: Fields
    held: Held | None
    edited: tuple[str, ...] = ()


class SiteStore(Protocol):
    """The port by which actions write into a store's site. `key` and `attempt` are the effect's."""

    def settle(self, *, key: str, attempt: int) -> Result:
        """Have every thing that campaigns write be as they want it now, or as it was before them."""
        ...

    def want(
        self, target: Target, fields: Fields, by: str, until: datetime | None, *, key: str, attempt: int
    ) -> Result:
        """A flow wants it so, until then or until `let_go`."""
        ...

    def let_go(self, target: Target, by: str, *, key: str, attempt: int) -> Result:
        """The flow wants it no more: it is as campaigns have it, or as it was before."""
        ...


# --- what is to be done -----------------------------------------------------------------------------


def same(one: Any, other: Any) -> bool:
    """Line ends and space around a text are the platform's own."""
    if isinstance(one, str) and isinstance(other, str):
        return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def nothing(kind: Kind) -> dict[str, Any]:
    """What a post or page that is not there says."""
    return {**dict.fromkeys(TEXTS[kind], ""), SHOWN: False} if TEXTS[kind] else {}


def group_of(kind: Kind, name: str) -> str:
    """Fields that are put back together or not at all: half of a page is nobody's page."""
    if kind in ("post", "page"):
        return SHOWN if name == SHOWN else "words"
    return name


def plan(kind: Kind, held: Held | None, now: Fields | None, wanted: Fields | None) -> Plan:
    """What to do, by what the platform has `now` (None: nothing) and what is `wanted` (None: nobody wants anything).

    1. What was begun and is there now was done.
    2. A field wanted for the first time is kept as it is before.
    3. A field is to be as wanted; else as before; what we made ourselves is to be hidden, and keeps its words.
    4. A group of fields that is not as it is to be is written if all of it is ours still; else it was edited.
    5. What is as it is to be, and nobody wants, is forgotten.
    """
    there = now if now is not None else nothing(kind)
    first = held or Held(is_new=now is None)
    fields = {name: _seen(kept, there.get(name)) for name, kept in first.fields.items()}
    for name in wanted or {}:
        if name not in fields:
            fields[name] = Kept(there.get(name), there.get(name))
    goals = {name: _goal(name, kept, first.is_new, there, wanted or {}) for name, kept in fields.items()}
    changes: dict[str, Any] = {}
    edited: dict[str, Any] = {}
    let_be: dict[str, Any] = {}
    for group in dict.fromkeys(group_of(kind, name) for name in fields):
        names = [name for name in fields if group_of(kind, name) == group]
        open_ = {name: goals[name] for name in names if not _is_so(fields[name], there.get(name), goals[name])}
        if not open_:
            fields |= {name: _settled(fields[name], there.get(name), goals[name]) for name in names}
        elif all(name in first.let_be and same(first.let_be[name], goals[name]) for name in open_):
            let_be |= {name: goals[name] for name in names}
        elif all(same(there.get(name), fields[name].ours) for name in names) and not _is_gone(now, held):
            changes |= open_
        else:
            edited |= {name: there.get(name) for name in names}
    for name, value in changes.items():
        fields[name] = replace(fields[name], asked=value, is_open=True)
    untold = tuple(name for name in edited if name not in first.edited)
    left = changes.keys() | edited.keys() | let_be.keys() | (wanted or {}).keys()
    fields = {name: kept for name, kept in fields.items() if name in left}
    if not fields:
        return Plan({}, None)
    return Plan(changes, Held(fields, first.is_new, edited, let_be), untold)


def _seen(kept: Kept, now: Any) -> Kept:
    if kept.is_open and same(now, kept.asked):
        return replace(kept, ours=now, is_open=False)
    return kept


def _settled(kept: Kept, now: Any, goal: Any) -> Kept:
    return replace(kept, ours=now, asked=goal, is_open=False)


def _goal(name: str, kept: Kept, is_new: bool, there: Fields, wanted: Fields) -> Any:
    if name in wanted:
        return wanted[name]
    if is_new and name == SHOWN:
        return False
    if is_new and name in TEXTS["post"]:
        return there.get(name)
    return kept.before


def _is_so(kept: Kept, now: Any, goal: Any) -> bool:
    """Also where the platform keeps what we asked for in words of its own."""
    return same(now, goal) or (not kept.is_open and kept.asked is not None
                               and same(kept.asked, goal) and same(now, kept.ours))  # fmt: skip


def _is_gone(now: Fields | None, held: Held | None) -> bool:
    """Somebody took away what stood there when we last looked."""
    return now is None and held is not None and any(one.ours for one in held.fields.values())


def done(held: Held, now: Fields) -> Held:
    """What was written is there, as the platform says it."""
    fields = {
        name: replace(kept, ours=now.get(name), is_open=False) if kept.is_open else kept
        for name, kept in held.fields.items()
    }
    return replace(held, fields=fields)


def is_settled(held: Held, wanted: Fields | None) -> bool:
    """Whether there is nothing to do as far as is known without looking."""
    if wanted is None or held.edited:
        return False
    names = held.fields.keys()
    if held.let_be or names != wanted.keys() or any(one.is_open for one in held.fields.values()):
        return False
    return all(same(held.fields[name].asked, value) for name, value in wanted.items())


# --- what a person decides --------------------------------------------------------------------------


def leave_theirs(held: Held, wanted: Fields | None) -> Held:
    """What somebody wrote there stays, whatever ends: it is what was there before from now on."""
    fields = dict(held.fields)
    for name, value in held.edited.items():
        fields[name] = replace(fields[name], before=value, ours=value, is_open=False, asked=None)
    let_be = {name: (wanted or {}).get(name, held.edited[name]) for name in held.edited}
    return Held(fields, False, {}, {**held.let_be, **let_be})


def take_ours(held: Held) -> Held:
    """What is to be there is written over what the person has seen there, and over nothing newer than that."""
    fields = dict(held.fields)
    for name, value in held.edited.items():
        fields[name] = replace(fields[name], ours=value, is_open=False, asked=None)
    return replace(held, fields=fields, edited={})


# --- as it is kept ----------------------------------------------------------------------------------


def write_held(held: Held) -> dict[str, Any]:
    fields = {
        name: {"before": one.before, "ours": one.ours, "asked": one.asked, "is_open": one.is_open}
        for name, one in held.fields.items()
    }
    return {"fields": fields, "is_new": held.is_new, "edited": dict(held.edited), "let_be": dict(held.let_be)}


def read_held(document: Mapping[str, Any]) -> Held | None:
    """None of a document that says nothing yet."""
    if not document.get("fields"):
        return None
    fields = {name: Kept(**one) for name, one in document["fields"].items()}
    return Held(fields, document["is_new"], document["edited"], document["let_be"])


def read_writings(value: Any) -> tuple[Writing, ...]:
    """Of a campaign's document. Raises SiteInvalid."""
    if value in (None, []):
        return ()
    if not isinstance(value, list) or len(cast("list[Any]", value)) > MOST:
        raise SiteInvalid("writings.number", "writings")
    found = tuple(_writing(one, f"writings[{at}]") for at, one in enumerate(cast("list[Any]", value)))
    if len({one.target for one in found}) < len(found):
        raise SiteInvalid("writing.twice", "writings")
    return found


def write_writings(writings: tuple[Writing, ...]) -> list[dict[str, Any]]:
    return [
        {"kind": one.target.kind, "key": one.target.key, "store": one.target.store, "fields": dict(one.fields)}
        for one in writings
    ]


def _writing(value: Any, at: str) -> Writing:
    if not isinstance(value, Mapping):
        raise SiteInvalid("document.invalid", at)
    held = cast("Mapping[str, Any]", value)
    target = read_target(held.get("kind"), str(held.get("key") or ""), str(held.get("store") or ""), at)
    given = held.get("fields")
    return Writing(target, read_fields(target, given, at))


def read_target(kind: Any, key: str, store: str, at: str = "") -> Target:
    """Raises SiteInvalid."""
    if kind not in KINDS:
        raise SiteInvalid("kind.unknown", f"{at}.kind")
    parts = key.split("/")
    is_right = {
        "post": len(parts) <= 2 and all(HANDLE.fullmatch(one) for one in parts),
        "page": HANDLE.fullmatch(key) is not None,
        "theme_file": FILE.fullmatch(key) is not None and ".." not in key,
        "theme": key == "",
    }
    if not is_right[kind]:
        raise SiteInvalid("file.invalid" if kind == "theme_file" else "handle.invalid", f"{at}.key")
    if store and not re.fullmatch(r"[\w.-]{1,64}", store):
        raise SiteInvalid("store.unknown", f"{at}.store")
    return Target(kind, key, store)


def handle_of(title: str) -> str:
    """The end of an address, made of a title: letters without their marks, words with dashes between."""
    plain = unicodedata.normalize("NFKD", title.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:100].strip("-")


def read_fields(target: Target, given: Any, at: str = "") -> dict[str, Any]:
    """Raises SiteInvalid."""
    if not isinstance(given, Mapping) or not given:
        raise SiteInvalid("text.missing", f"{at}.fields")
    held = {str(name): value for name, value in cast("Mapping[Any, Any]", given).items()}
    texts = TEXTS[target.kind]
    for name, value in held.items():
        if texts and name == SHOWN and isinstance(value, bool):
            continue
        if texts and name not in texts:
            raise SiteInvalid("field.unknown", f"{at}.fields.{name}")
        if texts and not isinstance(value, str):
            raise SiteInvalid("text.missing", f"{at}.fields.{name}")
        if len(str(value)) > (LONGEST if name in ("", "body") else LONGEST_TEXT):
            raise SiteInvalid("text.long", f"{at}.fields.{name}")
        if target.kind == "theme_file" and name and not PLACE.fullmatch(name):
            raise SiteInvalid("place.invalid", f"{at}.fields.{name}")
        if name == "" and not (isinstance(value, str) and value.strip()):
            raise SiteInvalid("text.missing", f"{at}.fields")
    if texts and not held.get("title") and SHOWN not in held and not any(held.values()):
        raise SiteInvalid("text.missing", f"{at}.fields")
    if target.kind == "theme" and held.keys() != {""}:
        raise SiteInvalid("text.missing", f"{at}.fields")
    if target.kind == "theme_file" and "" in held and len(held) > 1:
        raise SiteInvalid("fields.mixed", f"{at}.fields")
    return held
