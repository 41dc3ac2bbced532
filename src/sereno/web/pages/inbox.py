"""The demo's inbox: mails as its mail server took them, read as a mail program would. Only there in a demo."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path
from typing import cast

from django.http import Http404, HttpResponse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from sereno.web.access import StaffRequest, staff
from sereno.web.security import MAIL_POLICY
from sereno.web.shell import render
from sereno.web.wiring import wiring

SHOWN = 200


@dataclass(frozen=True, slots=True)
class MailLine:
    """A mail in the list."""

    name: str
    sender: str
    to: str
    subject: str
    at: datetime


@require_GET
@staff()
def inbox(request: StaffRequest, name: str = "") -> HttpResponse:
    files = _files()
    search = request.GET.get("q", "").strip().lower()
    lines = [_line(path, _read(path, head_only=True)) for path in files[:SHOWN]]
    if search:
        lines = [line for line in lines if search in f"{line.to} {line.subject} {line.sender}".lower()]
    chosen = name or (lines[0].name if lines else "")
    mail = _read(_path(chosen)) if chosen else None
    context = {
        "section": "inbox",
        "lines": lines,
        "total": len(files),
        "search": search,
        "chosen": chosen,
        "is_reading": bool(name),
        "mail": mail,
        "line": _line(_path(chosen), mail) if mail is not None else None,
        "has_html": mail is not None and mail.get_body(("html",)) is not None,
        "text": _text(mail),
        "unsubscribe": _unsubscribe(mail),
    }
    return render(request, "inbox/list.html", context)


@require_GET
@staff()
@xframe_options_sameorigin
def mail_html(request: StaffRequest, name: str) -> HttpResponse:
    """The HTML part alone, for the sandboxed frame."""
    body = _read(_path(name)).get_body(("html",))
    if body is None:
        raise Http404
    response = HttpResponse(body.get_content())
    response["Content-Security-Policy"] = MAIL_POLICY
    return response


def _folder() -> Path:
    folder = wiring().demo_inbox
    if not folder.is_dir():
        raise Http404
    return folder


def _files() -> list[Path]:
    return sorted(_folder().glob("*.eml"), key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)


def _path(name: str) -> Path:
    path = _folder() / f"{name}.eml"
    if not re.fullmatch(r"[\w.-]{1,200}", name) or not path.is_file():
        raise Http404
    return path


def _read(path: Path, head_only: bool = False) -> EmailMessage:
    with path.open("rb") as file:
        raw = file.read(32_768) if head_only else file.read()
    return cast(EmailMessage, email.message_from_bytes(raw, policy=email.policy.default))


def _line(path: Path, mail: EmailMessage) -> MailLine:
    try:
        at = parsedate_to_datetime(str(mail["Date"])).astimezone(UTC)
    except (TypeError, ValueError):
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    name, address = parseaddr(str(mail["From"] or ""))
    return MailLine(path.stem, name or address, parseaddr(str(mail["To"] or ""))[1], str(mail["Subject"] or ""), at)


def _text(mail: EmailMessage | None) -> str:
    body = mail.get_body(("plain",)) if mail is not None else None
    return str(body.get_content()) if body is not None else ""


def _unsubscribe(mail: EmailMessage | None) -> str:
    found = re.search(r"<(https?://[^>]+)>", str(mail["List-Unsubscribe"] or "")) if mail is not None else None
    return found.group(1) if found else ""
