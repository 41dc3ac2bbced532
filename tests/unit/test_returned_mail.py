"""Mails that came back say which address they are about, and of which message."""

from __future__ import annotations

import pytest

from sereno.runtime.deliverability.bounces import Returned, mails_in, read_returned

REPORT = """\
From: MAILER-DAEMON@mx.example
To: hola@nandu.example
Subject: Undelivered Mail Returned to Sender
Date: Sun, 22 Nov 2026 09:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to tell you...
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; Ana@Example.com
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 unknown
 user

--b
Content-Type: {copy}

From: hola@nandu.example
To: ana@example.com
X-Sereno-Effect: run1/0
Subject: Tu cesta

--b--
"""
COMPLAINT = """\
From: fbl@provider.example
Subject: FW: Tu cesta
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an email abuse report
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Some/1.0
Version: 1
{recipient}
--b
Content-Type: message/rfc822

From: hola@nandu.example
To: ana@example.com
X-Sereno-Effect: run1/0
Subject: Tu cesta

Hola
--b--
"""


@pytest.mark.parametrize("copy", ["message/rfc822", "text/rfc822-headers"])
@pytest.mark.parametrize(
    ("action", "status", "is_permanent"),
    [("failed", "5.1.1", True), ("failed", "5.2.2", False), ("failed", "5.7.1", False), ("delayed", "4.4.1", False)],
)
def test_a_delivery_report(copy: str, action: str, status: str, is_permanent: bool) -> None:
    raw = REPORT.format(action=action, status=status, copy=copy).encode()
    reason = f"{status} smtp; 550 5.1.1 unknown user"
    assert read_returned(raw) == [Returned("ana@example.com", False, is_permanent, reason, "run1/0")]


def test_a_receipt_is_no_bounce() -> None:
    assert read_returned(REPORT.format(action="delivered", status="2.0.0", copy="message/rfc822").encode()) == []


@pytest.mark.parametrize("recipient", ["", "Original-Rcpt-To: <ana@example.com>\n"])
def test_a_complaint(recipient: str) -> None:
    (found,) = read_returned(COMPLAINT.format(recipient=recipient).encode())
    assert (found.address, found.is_complaint, found.effect) == ("ana@example.com", True, "run1/0")


@pytest.mark.parametrize(
    "raw", [b"", b"Subject: I am away\r\n\r\nBack on Monday", b"\xff\x00", b"Content-Type: multipart/report\n\n"]
)
def test_what_is_no_report_says_nothing(raw: bytes) -> None:
    assert read_returned(raw) == []


def test_a_mailbox_holds_several() -> None:
    one = REPORT.format(action="failed", status="5.1.1", copy="message/rfc822").encode()
    box = b"From a@b Sun Nov 22 09:00:00 2026\n" + one + b"\nFrom a@b Sun Nov 22 09:01:00 2026\n" + one
    assert [len(read_returned(mail)) for mail in mails_in(box)] == [1, 1]
    assert list(mails_in(one)) == [one]
