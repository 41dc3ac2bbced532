"""The live `Mailer` of one shop: a mail provider where one is connected, else the mail server of this installation.

Invariant: whichever way a mail goes, it has passed the same checks (`mime.compose`), so that nothing in it can add a
header or a reader. By plain SMTP it is signed with the shop's own key, where the shop signs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic

from sereno.modules.messages.mime import MailInvalid, compose
from sereno.modules.messages.smtp import SmtpMailer
from sereno.sdk.dkim import DkimKey, signed
from sereno.sdk.ports import Mail
from sereno.sdk.result import Fail, Result
from sereno.store.database import Database
from sereno.store.secrets import decrypt

FRESH = 15.0
"""Seconds for which a signing key is taken as read."""
Provider = Callable[[Mail, bytes], Result]


@dataclass(frozen=True, slots=True)
class ShopMailer:
    """`provider` hands a mail, whole, to the shop's own; `server` is the installation's."""

    shop_id: int
    database: Database
    server: SmtpMailer | None
    provider: Provider | None = None
    _keys: dict[str, tuple[float, DkimKey]] = field(default_factory=dict[str, tuple[float, DkimKey]])

    def send(self, mail: Mail) -> Result:
        if self.provider is not None:
            try:
                whole = compose(mail, datetime.now(UTC)).whole
            except MailInvalid as error:
                return Fail(error.reason, str(error))
            return self.provider(mail, whole)
        if self.server is None:
            return Fail("mail.not_configured", "Connect a mail provider, or set SERENO_SMTP_URL to a mail server.")
        return self.server.send(mail, self._key(mail.sender or ""))

    def _key(self, sender: str) -> DkimKey | None:
        """A key that is found is looked up once for the many mails of a newsletter."""
        held = self._keys.get(sender)
        if held is not None and monotonic() < held[0]:
            return held[1]
        key = signing_key(self.database, self.shop_id, sender)
        if key is not None:
            self._keys[sender] = (monotonic() + FRESH, key)
        return key

    def close(self) -> None:
        if self.server is not None:
            self.server.close()


def signing_key(database: Database, shop_id: int, sender: str) -> DkimKey | None:
    """The key by which a mail from there is signed, the longest domain first; None where the shop does not sign."""
    with database.read() as tx:
        rows = tx.all("mail_domains", {"shop": shop_id})
    keys = [DkimKey(row[0], row[1], row[2]) for row in rows if row[4]]
    fitting = sorted((key for key in keys if key.covers(sender)), key=lambda key: -len(key.domain))
    if not fitting:
        return None
    chosen = fitting[0]
    return DkimKey(chosen.domain, chosen.selector, str(decrypt(chosen.private_key)[0]))


def sealed(message: bytes, key: DkimKey | None, now: datetime) -> bytes:
    """The message signed, where there is a key: for whoever hands mails over by connections of their own."""
    return signed(message, key, now) if key is not None else message
