"""A mail sent to somebody who works in the shop, to see it as a mail program shows it: of a message in the editor, or
of a newsletter before it goes. Invariant: it goes to nobody else, and not often."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext as _

from sereno.engine.templates import TemplateFailed
from sereno.modules.messages import present
from sereno.modules.messages.documents import Document
from sereno.runtime.staff import audit, open_staff
from sereno.sdk.mail import reply_address, sender, sender_address
from sereno.sdk.ports import Mail
from sereno.sdk.result import Done
from sereno.store.fields import to_micros
from sereno.web.access import StaffRequest
from sereno.web.content import rendering
from sereno.web.content.screen import colleagues
from sereno.web.wiring import wiring

TESTS = 10
"""Test mails a person may send within `TESTS_WITHIN` seconds."""
TESTS_WITHIN = 600


def send_test(
    request: StaffRequest, document: Document, where: rendering.Stage, locale: str, to: str
) -> tuple[str, bool]:
    """What to tell the person, and whether it went."""
    if to not in colleagues(request):
        return _("A test goes only to somebody who belongs to this shop."), False
    mailer = wiring().make_mailer()
    if mailer is None:
        return _("No mail server is set. Set SERENO_SMTP_URL, then try again."), False
    if not _may_test(request):
        return _("Those were many tests. Try again in a few minutes."), False
    try:
        content = rendering.render(document, where, locale, to=to)
    except TemplateFailed as error:
        return _("The mail cannot be written: %(detail)s") % {"detail": error}, False
    facts = where.facts
    result = mailer.send(
        Mail(
            to=to,
            subject=f"[{_('Test')}] {content.subject}",
            text=content.text,
            html=content.html,
            message_id=f"<{secrets.token_hex(16)}@{sender_address(facts).rpartition('@')[2]}>",
            headers={"Auto-Submitted": "auto-generated"},
            sender=sender(facts),
            reply_to=reply_address(facts) or present.support_address(facts),
        )
    )
    if not isinstance(result, Done):
        return _("The mail server did not take it: %(detail)s") % {"detail": result.message or result.reason}, False
    return _("A test is on its way to %(address)s.") % {"address": to}, True


def note_test(request: StaffRequest, name: str, details: Mapping[str, Any]) -> None:
    """In the audit, under the message's name."""
    held = open_staff()
    with held.database.transaction() as tx:
        now = to_micros(held.world.clock.now())
        audit(tx, request.shop.pk, now, request.user.username, "message.tested", name, details)


def _may_test(request: StaffRequest) -> bool:
    key = f"message-tests:{request.shop.pk}:{request.user.pk}"
    cache.add(key, 0, TESTS_WITHIN)
    try:
        return cache.incr(key) <= TESTS
    except ValueError:
        # It ran out between the two.
        return True
