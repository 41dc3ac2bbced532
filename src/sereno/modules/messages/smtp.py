"""The live `Mailer`: hands mail to one SMTP server, over connections that are kept for the next mail."""

from __future__ import annotations

import ipaddress
import re
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

from sereno.modules.messages.mime import Composed, MailInvalid, compose
from sereno.sdk.dkim import DkimKey, signed
from sereno.sdk.ports import Mail
from sereno.sdk.result import Done, Fail, Result, Retry

_IDLE = 2.0
"""Seconds after which a kept connection is asked whether it still lives."""
_OLD = 60.0
"""Seconds after which it is not even asked."""
_CROWDED = re.compile(rb"rate|too many|throttl|limit|quota|slow down|concurrent|4\.7\.\d|4\.3\.2", re.IGNORECASE)
_UNKNOWN = re.compile(r"5\.1\.(1|2|3|6|10)\b")
"""RFC 3463, RFC 7505: no such mailbox, no such host, no such form of address, moved away, takes no mail at all."""
_GOOD = ((250,), (250, 251), (354,))
"""Answers to MAIL, RCPT and DATA with which it goes on."""
_PAUSE = timedelta(seconds=60)
_PAUSE_SIGN_IN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail goes. `tls`: `direct` (smtps), `required`, `offered` (used when the server has it) or `none`."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: str
    is_verified: bool

    @classmethod
    def from_url(cls, url: str) -> SmtpServer:
        """`smtp://user:password@host:port` (STARTTLS when offered; `?tls=required` or `?tls=none` says otherwise) or
        `smtps://...`; `?verify=no` accepts any certificate. Raises ValueError."""
        parts = urlsplit(url)
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            # Not the value itself: it holds a password, and this ends up in logs.
            raise ValueError("it is not of the form smtp://user:password@host:port")
        tls = "direct" if parts.scheme == "smtps" else options.pop("tls", "offered")
        verify = options.pop("verify", "yes")
        if options or tls not in ("direct", "required", "offered", "none") or verify not in ("yes", "no"):
            raise ValueError("an SMTP address takes ?tls=required|offered|none and ?verify=yes|no")
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if tls == "direct" else 25 if parts.username is None else 587),
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or "") if parts.username else None,
            tls=tls,
            is_verified=verify == "yes",
        )


class PasswordExposed(Exception):  # noqa: N818
    """Signing in here would send the password over a network as it is."""


class Unanswered(Exception):  # noqa: N818
    """The mail was written whole, and the connection broke before the server said whether it took it."""


class SmtpMailer:
    """Sends through one server. Safe to share between threads: each mail takes a kept connection or opens one, and
    gives it back when the server is ready for the next."""

    def __init__(self, server: SmtpServer, *, timeout: float = 20, now: Callable[[], datetime] | None = None) -> None:
        self._server = server
        self._timeout = timeout
        self._now = now or (lambda: datetime.now(UTC))
        self._kept: list[tuple[smtplib.SMTP, float]] = []
        self._lock = threading.Lock()

    @classmethod
    def from_url(cls, url: str) -> SmtpMailer:
        """Raises ValueError for an address it cannot use."""
        return cls(SmtpServer.from_url(url))

    def send(self, mail: Mail, key: DkimKey | None = None) -> Result:
        """Hand the mail to the server, signed with the key where one is given. Done once the server took it; a refused
        recipient is Fail, a busy or absent server Retry. A connection that breaks after the mail was written is tried
        again under the same Message-ID."""
        try:
            now = self._now()
            message = compose(mail, now)
        except MailInvalid as error:
            return Fail(error.reason, str(error))
        try:
            client = self._take()
        except smtplib.SMTPAuthenticationError as refused:
            said = f"{refused.smtp_code} {_text(refused.smtp_error)}: check SERENO_SMTP_URL."
            return Retry("smtp.sign_in_refused", said, "limited", _PAUSE_SIGN_IN)
        except PasswordExposed:
            said = (
                f"{self._server.host} offers no STARTTLS, so the password would cross the network readable. "
                "Use smtps://, or a server with STARTTLS, in SERENO_SMTP_URL."
            )
            return Retry("smtp.password_exposed", said, "limited", _PAUSE_SIGN_IN)
        except (smtplib.SMTPException, OSError) as error:
            return _trouble(error, self._server)
        try:
            _hand_over(client, message, key, now)
        except Unanswered as unsure:
            client.close()
            return Retry("smtp.unsure", f"{self._server.host}:{self._server.port}: {unsure}")
        except (smtplib.SMTPException, OSError) as error:
            self._give_back(client, was_refused=True)
            return _trouble(error, self._server)
        except BaseException:
            client.close()
            raise
        self._give_back(client)
        return Done({"message_id": mail.message_id, "to": message.recipient})

    def close(self) -> None:
        """Let go of all kept connections."""
        with self._lock:
            kept, self._kept = self._kept, []
        for client, _since in kept:
            client.close()

    def _take(self) -> smtplib.SMTP:
        """A connection that is ready for a mail: the one used last, if it still lives."""
        while True:
            with self._lock:
                if not self._kept:
                    break
                client, since = self._kept.pop()
            idle = time.monotonic() - since
            if idle <= _IDLE or (idle <= _OLD and _answers(client)):
                return client
            client.close()
        return self._connect()

    def _give_back(self, client: smtplib.SMTP, *, was_refused: bool = False) -> None:
        try:
            if was_refused:
                client.rset()
        except (smtplib.SMTPException, OSError):
            client.close()
            return
        with self._lock:
            self._kept.append((client, time.monotonic()))

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        client: smtplib.SMTP
        if server.tls == "direct":
            client = smtplib.SMTP_SSL(
                server.host, server.port, _own_name(), timeout=self._timeout, context=_tls(server.is_verified)
            )
        else:
            client = smtplib.SMTP(server.host, server.port, _own_name(), timeout=self._timeout)
        try:
            client.ehlo_or_helo_if_needed()
            if server.tls == "required" or (server.tls == "offered" and client.has_extn("starttls")):
                client.starttls(context=_tls(server.is_verified))
                client.ehlo()
            if server.user is not None:
                if not _is_private(client):
                    raise PasswordExposed
                client.login(server.user, server.password or "")
        except BaseException:
            client.close()
            raise
        return client


def _is_private(client: smtplib.SMTP) -> bool:
    """Whether nobody between can read what is said: it is encrypted, or it does not leave the machine."""
    if isinstance(client.sock, ssl.SSLSocket):
        return True
    try:
        return ipaddress.ip_address(_peer(client).partition("%")[0]).is_loopback
    except ValueError:
        return False


def _peer(client: smtplib.SMTP) -> str:
    """The address at the other end."""
    return str(client.sock.getpeername()[0]) if client.sock is not None else ""


def _hand_over(client: smtplib.SMTP, message: Composed, key: DkimKey | None, now: datetime) -> None:
    if message.needs_utf8 and not client.has_extn("smtputf8"):
        raise smtplib.SMTPNotSupportedError(f"{message.recipient} has letters that this server does not know")
    text = signed(message.whole, key, now) if key is not None else message.whole
    options = f" size={len(text)}" if client.has_extn("size") else ""
    options += " SMTPUTF8 BODY=8BITMIME" if message.needs_utf8 else ""
    _announce(client, message, options)
    # As `client.data` does it, but that a mail nobody answered for is told apart from one that never left.
    try:
        client.send((b"." if text.startswith(b".") else b"") + text.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        code, said = client.getreply()
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        raise Unanswered(str(error)) from error
    if code != 250:
        raise smtplib.SMTPDataError(code, said)


def _announce(client: smtplib.SMTP, message: Composed, options: str) -> None:
    """Who writes to whom, up to where the server waits for the mail: in one go where it takes that (RFC 2920)."""
    commands = (f"mail FROM:<{message.sender}>{options}", f"rcpt TO:<{message.recipient}>", "data")
    answers: list[tuple[int, bytes]] = []
    if client.has_extn("pipelining"):
        client.send("".join(f"{one}\r\n" for one in commands).encode())
        answers = [client.getreply() for _ in commands]
    else:
        for one, good in zip(commands, _GOOD, strict=True):
            client.send(f"{one}\r\n".encode())
            answers.append(client.getreply())
            if answers[-1][0] not in good:
                break
    if answers[-1][0] == 354 and any(code not in good for (code, _), good in zip(answers, _GOOD, strict=True)):
        # It waits for a mail that it will not deliver to anybody: an empty one ends that.
        client.send(b".\r\n")
        client.getreply()
    (code, said), *more = answers
    if code not in _GOOD[0]:
        raise smtplib.SMTPSenderRefused(code, said, message.sender)
    (code, said), *more = more
    if code not in _GOOD[1]:
        raise smtplib.SMTPRecipientsRefused({message.recipient: (code, said)})
    if more[0][0] not in _GOOD[2]:
        raise smtplib.SMTPDataError(*more[0])


def _trouble(error: smtplib.SMTPException | OSError, server: SmtpServer) -> Result:
    """What became of a mail that did not go."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, said = next(iter(error.recipients.values()))
            is_unknown = 500 <= code < 600 and _UNKNOWN.match(_text(said)) is not None
            return judge(code, said, "recipient.unknown" if is_unknown else "recipient.refused")
        case smtplib.SMTPSenderRefused():
            return judge(error.smtp_code, error.smtp_error, "sender.refused")
        case smtplib.SMTPResponseException():
            # Also SMTPDataError, SMTPConnectError and SMTPHeloError.
            return judge(error.smtp_code, error.smtp_error, "message.refused")
        case smtplib.SMTPNotSupportedError():
            return Fail("smtp.not_supported", f"The mail server cannot take this: {error}")
        case smtplib.SMTPException():
            return Retry("smtp.broken", str(error))
        case _:
            return Retry("smtp.unreachable", f"{server.host}:{server.port}: {error}")


def judge(code: int, said: bytes | str, refused: str) -> Result:
    """What a server's answer means. 421, and a 45x that speaks of rates or limits, hold back everything that goes to
    this server; any other 4xx concerns this mail alone; 5xx is final."""
    text = _text(said)
    message = f"{code} {text}"
    if code == 421 or (400 <= code < 500 and _CROWDED.search(text.encode())):
        return Retry("smtp.busy", message, "limited", _PAUSE)
    if 400 <= code < 500 or code <= 0:
        return Retry("smtp.deferred", message)
    if refused == "recipient.unknown":
        return Fail(refused, f"The mail server said {message}. Nobody is written to there again.")
    return Fail(refused, f"The mail server said {message}. Mend the address or the message, then replay.")


def _answers(client: smtplib.SMTP) -> bool:
    try:
        return client.noop()[0] == 250
    except (smtplib.SMTPException, OSError):
        return False


def _text(said: bytes | str) -> str:
    return (said.decode("utf-8", "replace") if isinstance(said, bytes) else said).strip()[:500]


def _own_name() -> str:
    # Not getfqdn(): it may ask a name server for seconds.
    return re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname()) or "localhost"


def _tls(is_verified: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not is_verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
