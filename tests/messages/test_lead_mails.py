"""What a lead is written: in every language, with a code of their own and without any."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from messages.mailing import MailServer, make_context
from sereno.modules.messages.actions import EmailConfig, send_email
from sereno.modules.messages.smtp import SmtpMailer
from sereno.sdk.result import Done

GIFT = {
    "is_issued": True,
    "code": "HELLO-7KQ",
    "percent": 10,
    "issued_at": "2026-11-22T08:00:00Z",
    "expires_at": "2026-12-06T08:00:00Z",
}
THANKS = {"en": "10% off, as promised", "es": "Un 10 % menos", "pt": "Menos 10%", "ro": "10% reducere"}


def write(mailer: SmtpMailer, template: str, locale: str, vars: dict[str, Any]) -> None:
    customer = {"id": "7", "email": "ana@example.com", "name": "Ana", "first_name": "Ana", "locale": locale}
    context = replace(make_context(mailer, records={"customer": customer | {"accepts_email": True}}), vars=vars)
    outcome = send_email(EmailConfig(template=template), context)
    assert isinstance(outcome, Done) and outcome.value["sent"] is True


@pytest.mark.parametrize("locale", sorted(THANKS))
def test_thanks_bring_the_code_and_do_without_one(server: MailServer, mailer: SmtpMailer, locale: str) -> None:
    write(mailer, "lead-thanks", locale, {"gift": GIFT})
    write(mailer, "lead-thanks", locale, {})
    write(mailer, "lead-question", locale, {})
    texts = [str(mail.get_body(("plain",)).get_content()) for mail in server.mails()]  # type: ignore[union-attr]
    with_code, without, question = server.mails()
    assert THANKS[locale] in str(with_code["Subject"]) and "HELLO-7KQ" in texts[0]
    assert "10" not in str(without["Subject"]) and "HELLO" not in texts[1]
    assert str(question["Subject"]).startswith("Ana, ")
    assert not any("{{" in text or "{%" in text for text in texts)
