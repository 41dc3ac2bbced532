"""Signed tokens for the pages a recipient reaches from a mail. A token is sealed: the address in it is not to be read
from a server's log, and nobody can make one for somebody else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sereno.modules.messages.tracking import Stamp, Tracking, rewrite
from sereno.sdk.ports import Links
from sereno.store.sealing import TokenInvalid, seal, unseal

__all__ = ["Recipient", "SignedLinks", "TokenInvalid", "make_token", "read_token"]
PURPOSE = "unsubscribe"
ORDER = "order"
"""The purpose of tokens for an order's own page: [shop, the order's key]."""
SURVEY = "survey"
"""Of tokens for an answer: [shop, the survey's name, address, the order's key or "", the asking effect's key or ""]."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a token speaks of, and by which message (its effect's key; empty where that is not known)."""

    shop_id: int
    address: str
    channel: str
    effect: str = ""


def make_token(key: str, recipient: Recipient) -> str:
    """A token for the addresses `/unsubscribe/{token}` and `/preferences/{token}`. It does not expire: a person may
    follow the link in a mail years old."""
    return seal(key, PURPOSE, [recipient.shop_id, recipient.address, recipient.channel, recipient.effect])


def read_token(key: str, token: str) -> Recipient:
    """Raises TokenInvalid. Tokens of before had three parts."""
    held = unseal(key, PURPOSE, token)
    if not isinstance(held, list) or len(held) not in (3, 4):
        raise TokenInvalid("this link is not one of ours")
    shop_id, address, channel, *effect = held
    return Recipient(int(shop_id), str(address), str(channel), *map(str, effect))


class SurveyLinks(Mapping[str, str]):
    """The addresses of all surveys for one reader, by name; each is sealed when a message asks for it."""

    def __init__(self, links: Links, address: str, order: str = "", effect: str = "") -> None:
        self._links, self._about = links, (address, order, effect)

    def __getitem__(self, name: str) -> str:
        return self._links.survey(name, *self._about)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class SignedLinks:
    """The live `Links` port of one shop."""

    def __init__(self, key: str, base_url: str, shop_id: int) -> None:
        self._key = key
        self._base_url = base_url.rstrip("/")
        self._shop_id = shop_id

    def unsubscribe(self, address: str, channel: str, effect: str = "") -> str:
        return f"{self._base_url}/unsubscribe/{self._token(address, channel, effect)}"

    def preferences(self, address: str, channel: str, effect: str = "") -> str:
        return f"{self._base_url}/preferences/{self._token(address, channel, effect)}"

    def tracked(self, html: str | None, text: str, stamp: Stamp, tracking: Tracking) -> tuple[str | None, str]:
        return rewrite(html, text, stamp, tracking, secret=self._key, base_url=self._base_url)

    def keep(self, address: str, channel: str, effect: str = "") -> str:
        return f"{self._base_url}/keep/{self._token(address, channel, effect)}"

    def order(self, key: str) -> str:
        return f"{self._base_url}/o/{seal(self._key, ORDER, [self._shop_id, key])}"

    def pay(self, key: str) -> str:
        return f"{self.order(key)}/pay"

    def survey(self, name: str, address: str, order: str = "", effect: str = "") -> str:
        asked = [self._shop_id, name, address.strip().lower(), order, effect]
        return f"{self._base_url}/survey/{seal(self._key, SURVEY, asked)}"

    def _token(self, address: str, channel: str, effect: str) -> str:
        return make_token(self._key, Recipient(self._shop_id, address.strip().lower(), channel, effect))
