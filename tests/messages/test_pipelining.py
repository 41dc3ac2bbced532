"""Commands that go together where the server takes that (RFC 2920), with the same outcome as one after the other."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest

from sereno.modules.messages.smtp import SmtpMailer
from sereno.sdk.ports import Mail
from sereno.sdk.result import Done, Fail, Result, Retry

MAIL = Mail("ana@example.com", "News", ".one\n..two\n", None, "<1@n.example>", sender="hola@nandu.example")


@dataclass
class Server:
    """Answers as told, one connection after the other; `groups` are the writes it read, `taken` the mails' texts."""

    offers: bytes
    answers: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    groups: list[bytes] = field(default_factory=list[bytes])
    taken: list[bytes] = field(default_factory=list[bytes])

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def send(self, mail: Mail = MAIL) -> tuple[Result, Result]:
        """The mail, and another over what is then kept of the connection."""
        mailer = SmtpMailer.from_url(f"smtp://127.0.0.1:{self.listener.getsockname()[1]}?tls=none")
        found = (
            mailer.send(mail),
            mailer.send(Mail("eva@example.com", "x", "x", None, "<2@n.example>", sender="h@n.example")),
        )
        mailer.close()
        return found

    def stop(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(120)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client:
                self._talk(client)

    def _talk(self, client: socket.socket) -> None:
        client.sendall(b"220 hello\r\n")
        held, text = b"", None
        while got := client.recv(65536):
            self.groups.append(got)
            held += got
            while b"\r\n" in held:
                line, _, held = held.partition(b"\r\n")
                if text is not None:
                    if line == b".":
                        self.taken.append(b"\r\n".join(text))
                        client.sendall(self.answers.get("text", b"250 taken") + b"\r\n")
                        text = None
                    else:
                        text.append(line)
                    continue
                verb = line[:4].decode().lower()
                if verb == "ehlo":
                    client.sendall(b"250-hello\r\n250 " + self.offers + b"\r\n")
                    continue
                name = "ana" if verb == "rcpt" and b"ana@" in line else verb
                client.sendall(self.answers.get(name, b"354 go on" if verb == "data" else b"250 ok") + b"\r\n")
                if verb == "data" and self.answers.get("data", b"354").startswith(b"354"):
                    text = []


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    begun: list[Server] = []
    yield begun
    for one in begun:
        one.stop()


@pytest.mark.parametrize("offers", [b"PIPELINING", b"8BITMIME"])
def test_a_mail_goes_and_the_next_one_after_it(servers: list[Server], offers: bytes) -> None:
    server = Server(offers)
    servers.append(server)
    assert all(isinstance(one, Done) for one in server.send())
    together = b"mail FROM:<hola@nandu.example>\r\nrcpt TO:<ana@example.com>\r\ndata\r\n"
    assert (together in server.groups) is (offers == b"PIPELINING")
    assert b"\r\n..one\r\n...two" in server.taken[0], "points are doubled on the way"
    assert len(server.taken) == 2


@pytest.mark.parametrize("offers", [b"PIPELINING", b"8BITMIME"])
@pytest.mark.parametrize(
    ("answers", "kind", "reason"),
    [
        ({"ana": b"550 5.1.1 no such user"}, Fail, "recipient.unknown"),
        ({"ana": b"450 4.2.0 later"}, Retry, "smtp.deferred"),
        ({"ana": b"550 5.1.1 no such user", "data": b"554 no recipients"}, Fail, "recipient.unknown"),
        ({"mail": b"550 not you"}, Fail, "sender.refused"),
        ({"data": b"421 4.7.0 closing"}, Retry, "smtp.busy"),
        ({"text": b"554 spam"}, Fail, "message.refused"),
    ],
)
def test_a_refusal_is_the_one_that_was_said(
    servers: list[Server], offers: bytes, answers: dict[str, bytes], kind: type[Result], reason: str
) -> None:
    server = Server(offers, answers)
    servers.append(server)
    first, second = server.send()
    assert isinstance(first, kind) and first.reason == reason  # type: ignore[union-attr]
    is_for_ana = set(answers) == {"ana"}
    assert isinstance(second, Done) is is_for_ana, "the connection is good for the next mail"
    assert all(not text or text.startswith(b"From:") for text in server.taken)
