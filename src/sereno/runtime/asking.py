"""Tells the people a question is put to, by mail and in the shop's chats, through the outbox like everything else that
leaves the house.

Invariant: one mail for each person and question, and one card for each chat, written in the transaction that asks it; a
token lets one person answer one question, and only while it is open. Who a question is put to is decided here alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sereno.engine.run import NewApproval
from sereno.runtime.holding import Held
from sereno.sdk.context import ShopFacts
from sereno.sdk.desk import DESKS
from sereno.sdk.plugin import URGENT
from sereno.sdk.ports import Question
from sereno.store.database import Database, Transaction
from sereno.store.documents import encode
from sereno.store.fields import from_micros, storable
from sereno.store.sealing import TokenInvalid, seal, unseal

__all__ = ["Answerer", "TokenInvalid", "make_token", "read_token"]

ACTION = "alerts.ask"
IN_CHAT = "alerts.ask_chat"
ROLES = ("owner", "operator", "marketer", "support", "viewer")
Standing = tuple[str, str]
"""A role in the shop, and an address."""
APPROVAL, LIMIT = "approval", "limit/"
"""What a question is about; `limit/17` is the key of one about a limit."""
MOST = 20
"""People one question is put to."""


@dataclass(frozen=True, slots=True)
class Answerer:
    """Whom a token speaks of: one person and one question."""

    shop_id: int
    approval_id: int
    address: str


def tell(tx: Transaction, asked: Sequence[tuple[Held, NewApproval]], now: int) -> int:
    """Write an effect for each person each of these questions is put to, and for each chat. Gives how many."""
    people = people_of(tx, sorted({held.shop.id for held, _ in asked}), now)
    chats = chats_of(tx, {held.shop.id: held.shop.facts for held, _ in asked})
    rows: list[tuple[Any, ...]] = []
    for held, approval in asked:
        addresses = whom(approval.by, people.get(held.shop.id, NOBODY), approval.not_by)
        rows += [_effect(held, approval, address, now) for address in addresses]
        rows += [
            _effect(held, approval, f"{kind}:{to}", now, (kind, config))
            for kind, to, config in in_chats(approval.key, addresses, chats.get(held.shop.id, NO_CHATS))
        ]
    tx.many("copy_effects", rows)
    return len(rows)


@dataclass(frozen=True, slots=True)
class Chats:
    """The chats in which a shop's people can be asked, and who is which account there: by (kind, address)."""

    kinds: frozenset[str]
    accounts: Mapping[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])


NO_CHATS = Chats(frozenset())
IN_ONE = frozenset({"slack"})
"""Kinds with one chat for all questions; elsewhere each person is asked by themselves."""


def chats_of(tx: Transaction, shops: Mapping[int, ShopFacts]) -> dict[int, Chats]:
    """By shop, of those that have any."""
    kinds = {id_: frozenset(facts.settings.get("channels") or ()) & {*DESKS} for id_, facts in shops.items()}
    known: dict[int, dict[tuple[str, str], str]] = {}
    personal = sorted(id_ for id_, mine in kinds.items() if mine - IN_ONE)
    for shop, kind, account, person in tx.all("desk_people_of_shops", {"shops": personal}) if personal else ():
        known.setdefault(shop, {})[kind, person] = account
    return {id_: Chats(mine, known.get(id_, {})) for id_, mine in kinds.items() if mine}


def in_chats(question: str, addresses: Sequence[str], chats: Chats) -> list[tuple[str, str, dict[str, Any]]]:
    """(kind, to, config of the effect) for each card this question is put on; `to` is "" for the one chat of a kind."""
    found: list[tuple[str, str, dict[str, Any]]] = []
    for kind in sorted(chats.kinds):
        config = {"question": question, "by": kind, "to": "", "asked": [storable(one) for one in addresses]}
        if kind in IN_ONE:
            found.append((kind, "", config))
            continue
        accounts = [chats.accounts[kind, one] for one in addresses if (kind, one) in chats.accounts]
        found += [(kind, account, {**config, "to": account, "asked": []}) for account in dict.fromkeys(accounts)]
    return found


@dataclass(frozen=True, slots=True)
class People:
    """Those of a shop as (role, address), and who answers in whose place today."""

    known: Sequence[Standing]
    deputies: Mapping[str, str] = field(default_factory=dict[str, str])


NOBODY = People(())


def people_of(tx: Transaction, shops: Sequence[int], now: int) -> dict[int, People]:
    """By shop. `now` in microseconds."""
    known: dict[int, list[Standing]] = {}
    for shop, role, email, username in tx.all("people_of_shops", {"shops": shops}):
        known.setdefault(shop, []).append((role, (email or username).strip().lower()))
    deputies: dict[int, dict[str, str]] = {}
    for shop, person, deputy in tx.all("deputies_of", {"shops": shops, "now": now}):
        deputies.setdefault(shop, {})[person] = deputy
    return {shop: People(found, deputies.get(shop, {})) for shop, found in known.items()}


def whom(by: str, people: People | Iterable[Standing], not_by: str = "") -> list[str]:
    """The addresses a question to `by` goes to: the address it names, else those of that role; where nobody has it, or
    the word is no role, the owners'. A person on leave has a deputy, who is written to instead; `not_by` is nobody's
    to answer and is not written to."""
    found = people if isinstance(people, People) else People(list(people))
    wanted = by.strip().lower()
    if "@" in wanted:
        named = [wanted]
    else:
        known = [(role, address) for role, address in found.known if "@" in address and address != not_by]
        named = [address for role, address in known if role == wanted]
        named = named or [address for role, address in known if role == "owner"]
    told = [found.deputies.get(address, address) for address in named]
    return [address for address in dict.fromkeys(told) if address != not_by][:MOST]


def standing_for(tx: Transaction, shop_id: int, address: str, now: int) -> list[Standing]:
    """Those in whose place this person answers today, as (role, address)."""
    found = tx.all("standing_for", {"shop": shop_id, "deputy": address.strip().lower(), "now": now})
    return [(role, person) for role, person in found]


def may_answer(by: str, role: str | None, address: str, standing: Iterable[Standing] = (), not_by: str = "") -> bool:
    """Whether somebody of this role in the shop (None: of none) and this address may answer a question to `by`,
    themselves or `standing` in for others. An owner always may; a word that is neither role nor address leaves it to
    everybody who may work. Whom `not_by` names may not, whoever they are."""
    if not_by and address.strip().lower() == not_by:
        return False
    if _may(by, role, address):
        return True
    return role not in (None, "viewer") and any(other != not_by and _may(by, rank, other) for rank, other in standing)


def stands_for(by: str, role: str | None, address: str, standing: Iterable[Standing]) -> str:
    """In whose place they answer: empty where they may themselves."""
    if _may(by, role, address):
        return ""
    return next((other for rank, other in standing if _may(by, rank, other)), "")


def _may(by: str, role: str | None, address: str) -> bool:
    wanted, address = by.strip().lower(), address.strip().lower()
    if role is None or role == "viewer":
        return "@" in wanted and wanted == address
    if role == "owner":
        return True
    if wanted in ROLES:
        return role == wanted
    return "@" not in wanted or wanted == address


class SignedQuestions:
    """The live `Questions` port of one shop."""

    def __init__(self, database: Database, key: str, base_url: str, shop_id: int) -> None:
        self._database = database
        self._key = key
        self._base_url = base_url.rstrip("/")
        self._shop_id = shop_id

    def open(self, key: str, address: str) -> Question | None:
        if key.startswith(LIMIT):
            return self._about_limit(int(key.removeprefix(LIMIT)), address)
        with self._database.read() as tx:
            row = tx.one("question_by_key", {"key": key, "shop": self._shop_id})
        if row is None:
            return None
        id_, text, expires_at, title = row
        token = make_token(self._key, Answerer(self._shop_id, id_, address.strip().lower()))
        expires = from_micros(expires_at) if expires_at is not None else None
        return Question(text, title, expires, f"{self._base_url}/answer/{token}")

    def _about_limit(self, id: int, address: str) -> Question | None:
        with self._database.read() as tx:
            row = tx.one("open_limit_question", {"id": id, "shop": self._shop_id})
        if row is None:
            return None
        title, kind, limit, wanted, currency = row
        token = make_token(self._key, Answerer(self._shop_id, id, address.strip().lower()), LIMIT)
        facts = {"kind": kind, "limit": limit, "wanted": wanted, "currency": currency}
        return Question("", title, None, f"{self._base_url}/limits/answer/{token}", facts)


def make_token(key: str, answerer: Answerer, about: str = APPROVAL) -> str:
    """For the address `/answer/{token}`, or, `about` a limit, `/limits/answer/{token}`. It is good for as long as the
    question is open, and for questions of its own kind alone."""
    return seal(key, about.rstrip("/"), [answerer.shop_id, answerer.approval_id, answerer.address])


def read_token(key: str, token: str, about: str = APPROVAL) -> Answerer:
    """Raises TokenInvalid."""
    try:
        return Answerer(*msgspec.convert(unseal(key, about.rstrip("/"), token), tuple[int, int, str]))
    except msgspec.ValidationError as error:
        raise TokenInvalid("this link is not one of ours") from error


def _effect(
    held: Held, approval: NewApproval, address: str, now: int, in_chat: tuple[str, Mapping[str, Any]] | None = None
) -> tuple[Any, ...]:
    """A row of `copy_effects`: of a mail, or of a card (its kind and config). The run does not wait for it: it waits
    for the answer."""
    config: Mapping[str, Any] = {"question": approval.key, "to": storable(address)} if in_chat is None else in_chat[1]
    name = hashlib.blake2b(address.encode(), digest_size=8).hexdigest()
    is_shadow = held.is_shadow
    return (
        f"{approval.key}/ask/{name}" + (f"/{approval.reminder}" if approval.reminder else ""),
        held.shop.id,
        held.live.id,
        held.row,
        approval.step,
        ACTION if in_chat is None else IN_CHAT,
        held.state.subject,
        encode(config),
        "shadow" if is_shadow else "pending",
        False,
        0,
        URGENT,
        now,
        "smtp" if in_chat is None else in_chat[0],
        now,
        now if is_shadow else None,
        "{}" if is_shadow else None,
        None,
        None,
    )
