"""What would leave the house, without its leaving: actions carried out with ports that only take note.

Invariant: nothing is sent, called or written; a message is the one the real action would have sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sereno.runtime.actions import Prepared, Ready, carry_out, prepare
from sereno.runtime.ports import PortFactory, no_ports
from sereno.runtime.products import ProductLookup
from sereno.runtime.world import World
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import Plugins
from sereno.sdk.ports import Consents, Http, HttpAnswer, HttpRequest, Links, Mail, Mailer, Products
from sereno.sdk.result import Done, Fail, Result
from sereno.store.database import Database, Transaction

LOCALES = ("en", "es", "pt", "ro")
Records = Mapping[str, Mapping[str, Any] | None]


@dataclass(slots=True)
class Rehearsed:
    """What an effect would be. `mails` by the language of a reader (who may get the shop's own, where the message is
    not written in theirs); `own` is this reader's, None where there is no mail. A mail is there too when it would not
    go out (`result` says why), as it would have looked."""

    result: Done | Fail
    own: str | None = None
    mails: dict[str, Mail] = field(default_factory=dict[str, Mail])
    request: HttpRequest | None = None
    is_guessed: bool = False
    """The outcome is not known before it is really done, and was taken to be good."""


class Rehearsal:
    """The `rehearse` of a dry world. `found` is what became of each effect, by key. `reading` gives further ports,
    which must change nothing."""

    def __init__(
        self,
        plugins: Plugins,
        database: Database,
        languages: Sequence[str] = LOCALES,
        reading: PortFactory = no_ports,
    ) -> None:
        self._plugins = plugins
        self.reading = reading
        self._database = database
        self._languages = languages
        self.found: dict[str, Rehearsed] = {}
        self.world: World | None = None

    def ports(self, kind: type[Any], shop: ShopFacts) -> object | None:
        """The ports of a rehearsal where nobody takes note."""
        return _Ears(self, shop).find(kind)

    def lookup(self, shop: ShopFacts) -> ProductLookup:
        """The shop's products as they are today."""
        return ProductLookup(self._database, self._plugins, shop.id)

    def __call__(self, effect: Prepared, records: Records, now: datetime, tx: Transaction | None) -> Done | Fail:
        assert self.world is not None
        told = self._try(effect, records, now, tx)
        result, is_guessed = _settled(told)
        found = Rehearsed(result, request=told.request, is_guessed=is_guessed)
        self.found[effect.key] = found
        seen = told if told.mail is not None else self._try(effect, records, now, tx, is_willing=True)
        if seen.mail is not None:
            found.own = _language_of(result, seen.result, effect.shop.locale)
            found.mails = {found.own: seen.mail, **self._translated(effect, records, now, tx, found.own)}
        return result

    def _translated(
        self, effect: Prepared, records: Records, now: datetime, tx: Transaction | None, own: str
    ) -> dict[str, Mail]:
        """The same mail to readers of the other languages; none for a mail whose words stand in the flow."""
        mails: dict[str, Mail] = {}
        for language in self._languages:
            if language == own:
                continue
            theirs = {name: None if record is None else _speaking(record, language) for name, record in records.items()}
            shop = replace(effect.shop, locale=language)
            told = self._try(replace(effect, shop=shop), theirs, now, tx, is_willing=True)
            if told.mail is None or not isinstance(told.result, Done) or not told.result.value.get("locale"):
                return {}
            mails[language] = told.mail
        return mails

    def _try(
        self, effect: Prepared, records: Records, now: datetime, tx: Transaction | None, *, is_willing: bool = False
    ) -> _Ears:
        assert self.world is not None
        ready = prepare(self.world, effect, records, now, tx)
        ears = _Ears(self, effect.shop)
        own = ready.context.find_port

        def find(kind: type[Any]) -> Any:
            if kind is Consents and is_willing:
                return _Willing()
            found = ears.find(kind)
            return own(kind) if found is None else found

        context = replace(ready.context, find_port=find)
        ears.result, _ = carry_out(Ready(ready.definition, ready.config, context, ready.writes))
        return ears


class _Ears:
    """Takes note of what one action does."""

    def __init__(self, rehearsal: Rehearsal, shop: ShopFacts) -> None:
        self._rehearsal = rehearsal
        self._shop = shop
        self.mail: Mail | None = None
        self.request: HttpRequest | None = None
        self.is_missing = False
        self.result: Result = Done({})

    def find(self, kind: type[Any]) -> Any:
        if kind is Mailer:
            return _Mailer(self)
        if kind is Http:
            return _Http(self)
        if kind is Links:
            return _Links(self._shop.base_url)
        found = self._rehearsal.reading(kind, self._shop)
        return self._rehearsal.lookup(self._shop) if found is None and kind is Products else found


@dataclass(frozen=True, slots=True)
class _Mailer:
    ears: _Ears

    def send(self, mail: Mail) -> Result:
        self.ears.mail = mail
        return Done({})


@dataclass(frozen=True, slots=True)
class _Http:
    ears: _Ears

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.ears.request = request
        return HttpAnswer(200, {}, b"")


@dataclass(frozen=True, slots=True)
class _Links:
    """Addresses that look like the real ones and lead nowhere."""

    base_url: str

    def unsubscribe(self, address: str, channel: str, effect: str = "") -> str:
        return f"{self.base_url or 'https://shop.example'}/unsubscribe/trial"

    def preferences(self, address: str, channel: str, effect: str = "") -> str:
        return f"{self.base_url or 'https://shop.example'}/preferences/trial"

    def keep(self, address: str, channel: str, effect: str = "") -> str:
        return f"{self.base_url or 'https://shop.example'}/keep/trial"

    def tracked(self, html: str | None, text: str, stamp: Any, tracking: Any) -> tuple[str | None, str]:
        return html, text

    def order(self, key: str) -> str:
        return f"{self.base_url or 'https://shop.example'}/o/trial"

    def pay(self, key: str) -> str:
        return f"{self.base_url or 'https://shop.example'}/o/trial/pay"

    def survey(self, name: str, address: str, order: str = "", effect: str = "") -> str:
        return f"{self.base_url or 'https://shop.example'}/survey/trial"


class _Willing:
    """A ledger in which everybody has agreed: to see a message that would not go out."""

    def allows(self, address: str, channel: str, purpose: str) -> bool | None:
        return True

    def is_suppressed(self, address: str, channel: str) -> bool:
        return False

    def record(
        self, address: str, channel: str, purpose: str, granted: bool, source: str, proof: Mapping[str, Any]
    ) -> None:
        """Nothing is kept."""

    def suppress(self, address: str, channel: str, reason: str) -> None:
        """Nothing is kept."""


def _settled(told: _Ears) -> tuple[Done | Fail, bool]:
    """The outcome a trial goes on with, and whether it is only taken to be so."""
    if isinstance(told.result, Done):
        return told.result, told.request is not None
    if isinstance(told.result, Fail) and told.result.reason not in _OF_THE_MACHINE:
        return told.result, False
    return Done({}), True


_OF_THE_MACHINE = frozenset({"action.crashed", "mail.not_configured", "links.missing", "alerts.no_http"})
"""Reasons that say something of the rehearsal, not of the shop: a port a plug-in brings, say, that only notes."""


def _language_of(result: Done | Fail, seen: Result, otherwise: str) -> str:
    for found in (result, seen):
        if isinstance(found, Done) and isinstance(found.value.get("locale"), str):
            return str(found.value["locale"])
    return otherwise


def _speaking(record: Mapping[str, Any], language: str) -> Mapping[str, Any]:
    """The record of somebody who reads this language."""
    inside = record.get("customer")
    changed: dict[str, Any] = {**record, "locale": language}
    return {**changed, "customer": {**inside, "locale": language}} if isinstance(inside, Mapping) else changed
