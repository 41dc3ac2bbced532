"""Mails of Sereno itself: invitations, links to set a password, tests. Not those of flows, which are effects.

Invariant: a request never waits for a mail server, so that how long it takes says nothing about who is known here.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

from django.db import connections
from django.template import engines
from django.utils.translation import get_language, override

from sereno.sdk.context import ShopFacts
from sereno.sdk.mail import sender, sender_address
from sereno.sdk.ports import Mail
from sereno.sdk.result import Done, Fail, Result, Retry
from sereno.store.models import Shop
from sereno.web.wiring import wiring

log = logging.getLogger("sereno.web")

_TRIES = (2.0, 20.0, 0.0)
"""Seconds to wait after each try."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A short mail: paragraphs, and perhaps one button."""

    to: str
    subject: str
    paragraphs: Sequence[str]
    button: str = ""
    href: str = ""


def has_mail_server() -> bool:
    return wiring().make_mailer() is not None


def send_now(letter: Letter, shop: Shop | None) -> Result:
    """Send it while the caller waits. Fail where no mail server is set."""
    mailer = wiring().make_mailer()
    if mailer is None:
        return Fail("mail.not_set", "no mail server is set: SERENO_SMTP_URL")
    return mailer.send(_mail(letter, shop))


def send_soon(letter: Letter, shop: Shop | None) -> None:
    """Send it in the background, three times at most. Where no mail server is set, nothing happens."""
    mailer = wiring().make_mailer()
    if mailer is None:
        return
    mail = _mail(letter, shop)

    def deliver() -> None:
        for wait in _TRIES:
            result = mailer.send(mail)
            if not isinstance(result, Retry):
                break
            time.sleep(wait)
        if not isinstance(result, Done):
            log.warning("a mail of Sereno itself did not go: %s", result)

    in_background(deliver)


def in_background(what: Callable[[], None]) -> None:
    """Do it after the answer has gone, in the language of this request."""
    language = get_language() or "en"

    def work() -> None:
        try:
            with override(language):
                what()
        except Exception:
            log.exception("something begun by a page failed in the background")
        finally:
            connections.close_all()

    with _lock:
        _pending[:] = [one for one in _pending if not one.done()]
        _pending.append(_pool.submit(work))


def wait_for_background(seconds: float = 20) -> None:
    """Until all that was begun is done; for tests."""
    with _lock:
        waiting = list(_pending)
    for one in waiting:
        one.result(seconds)


_pool = ThreadPoolExecutor(2, thread_name_prefix="sereno-mail")
_pending: list[Future[None]] = []
_lock = Lock()


def _mail(letter: Letter, shop: Shop | None) -> Mail:
    base = wiring().base_url
    if shop is None:
        facts = ShopFacts(0, "Sereno", "EUR", "UTC", "en", base)
    else:
        facts = ShopFacts(shop.pk, shop.name, shop.currency, shop.timezone, shop.locale, base, shop.settings)
    text = [*letter.paragraphs[:1], letter.href, *letter.paragraphs[1:]] if letter.href else list(letter.paragraphs)
    html = engines["jinja2"].get_template("people/mail.html").render({"letter": letter, "language": get_language()})
    return Mail(
        to=letter.to,
        subject=letter.subject,
        text="\n\n".join(text) + "\n",
        html=html,
        message_id=f"<{secrets.token_hex(16)}@{sender_address(facts).rpartition('@')[2]}>",
        sender=sender(facts),
        headers={"Auto-Submitted": "auto-generated"},
    )
