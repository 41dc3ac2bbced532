"""What the people of one batch of messages allow, read together. The rule itself is `Addressed.refusal`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sereno.runtime.consents import last_words
from sereno.sdk.ports import Consents
from sereno.sdk.topics import OFTEN, PERIODS, Often, is_choice, often_of
from sereno.store.database import Transaction
from sereno.store.pseudonyms import known_as

PURPOSE = "marketing"


class ReadConsents:
    """One query for all these (shop, address)."""

    def __init__(self, tx: Transaction, addresses: Iterable[tuple[int, str]]) -> None:
        self._tx = tx
        self._said: dict[tuple[int, str, str, str], bool] = {}
        self._suppressed: set[tuple[int, str, str]] = set()
        pairs = set(addresses)
        for shop_id, address, channel, granted, at, purpose in last_words(tx, pairs):
            if at is None:
                self._suppressed.add((shop_id, address, channel))
            else:
                self._said[shop_id, address, channel, purpose] = bool(granted)

    def of(self, shop_id: int) -> Consents:
        return _OfShop(self, shop_id)

    def allows(self, shop_id: int, address: str, channel: str, purpose: str) -> bool | None:
        if purpose == PURPOSE or is_choice(purpose):
            return self._said.get((shop_id, address.lower(), channel, purpose))
        addresses = known_as(address.lower())
        parameters = {"shop": shop_id, "addresses": addresses, "channel": channel, "purpose": purpose}
        row = self._tx.one("consent_of", parameters)
        return None if row is None else bool(row[0])

    def often(self, shop_id: int, address: str, channel: str) -> Often:
        """How often at most they want marketing there; "" for as often as the shop likes."""
        at = (shop_id, address.lower(), channel)
        return often_of({f"{OFTEN}{name}": self._said.get((*at, f"{OFTEN}{name}"), False) for name in PERIODS})

    def is_suppressed(self, shop_id: int, address: str, channel: str) -> bool:
        return (shop_id, address.lower(), channel) in self._suppressed


class _OfShop:
    """The `Consents` of one shop, for reading."""

    def __init__(self, read: ReadConsents, shop_id: int) -> None:
        self._read = read
        self._shop_id = shop_id

    def allows(self, address: str, channel: str, purpose: str) -> bool | None:
        return self._read.allows(self._shop_id, address, channel, purpose)

    def is_suppressed(self, address: str, channel: str) -> bool:
        return self._read.is_suppressed(self._shop_id, address, channel)

    def record(
        self, address: str, channel: str, purpose: str, granted: bool, source: str, proof: Mapping[str, Any]
    ) -> None:
        raise LookupError("nothing is recorded while it is decided whether a message may go")

    def suppress(self, address: str, channel: str, reason: str) -> None:
        raise LookupError("nothing is recorded while it is decided whether a message may go")
