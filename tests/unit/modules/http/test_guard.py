"""The tricks by which an address hides that it points home, against a real server on loopback."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sereno.modules.http.client import MAX_ANSWER, GuardedHttp
from sereno.modules.http.guard import is_public
from sereno.sdk.ports import HttpBlocked, HttpFailed, HttpRequest


class Handler(BaseHTTPRequestHandler):
    seen: list[tuple[str, str, dict[str, str], bytes]]

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        self.seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest/meta-data/")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path == "/drip":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            with suppress(OSError):  # Whoever asked has hung up.
                for _ in range(1000):
                    self.wfile.write(b".")
                    self.wfile.flush()
                    time.sleep(0.05)
        elif self.path == "/huge":
            self.send_response(200)
            self.end_headers()
            block = b"x" * 65536
            for _ in range(64):
                self.wfile.write(block)
        else:
            self.send_response(200)
            self.send_header("X-Seen", "yes")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        pass


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[QuietServer]:
    Handler.seen = []
    server = QuietServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def request(url: str, method: str = "GET", timeout: float = 3, **headers: str) -> HttpRequest:
    return HttpRequest(method, url, headers, None if method == "GET" else b"{}", timedelta(seconds=timeout))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "0.0.0.0",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00::1]",
        "[fec0::1]",
        "[ff02::1]",
        "10.0.0.1",
        "172.16.5.4",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "[::ffff:169.254.169.254]",
        "224.0.0.1",
        "255.255.255.255",
        "①②⑦.⓪.⓪.①",  # digits in circles, which name preparation turns into 127.0.0.1
    ],
)
def test_an_address_that_points_home_is_not_dialled(server: QuietServer, host: str) -> None:
    with pytest.raises(HttpBlocked):
        GuardedHttp().send(request(f"http://{host}:{server.server_port}/"))
    assert Handler.seen == []


def test_a_name_that_resolves_home_is_not_dialled(
    server: QuietServer, resolve: Callable[[str, list[str]], None]
) -> None:
    resolve("shop.example", ["127.0.0.1"])
    with pytest.raises(HttpBlocked, match=r"shop\.example \(127\.0\.0\.1\)"):
        GuardedHttp().send(request(f"http://shop.example:{server.server_port}/"))


def test_one_bad_address_among_good_ones_blocks_the_name(
    server: QuietServer, resolve: Callable[[str, list[str]], None]
) -> None:
    resolve("shop.example", ["93.184.215.14", "10.0.0.7"])
    with pytest.raises(HttpBlocked):
        GuardedHttp().send(request(f"http://shop.example:{server.server_port}/"))


def test_the_address_that_was_judged_is_the_one_dialled(
    server: QuietServer, monkeypatch: pytest.MonkeyPatch, resolve: Callable[[str, list[str]], None]
) -> None:
    dialled: list[str] = []

    def connect(address: tuple[str, int], *rest: object, **more: object) -> socket.socket:
        dialled.append(address[0])
        raise ConnectionRefusedError

    resolve("shop.example", ["93.184.215.14"])
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(HttpFailed):
        GuardedHttp().send(request("http://shop.example/"))
    assert dialled == ["93.184.215.14"]


@pytest.mark.parametrize("entry", ["127.0.0.1", "127.0.0.1:{port}"])
def test_an_allowed_host_is_reached(server: QuietServer, entry: str) -> None:
    client = GuardedHttp([entry.format(port=server.server_port)])
    answer = client.send(request(f"http://127.0.0.1:{server.server_port}/a?b=ñ", "POST", **{"X-One": "1"}))
    assert (answer.status, answer.body, answer.headers["x-seen"]) == (200, b"ok", "yes")
    method, path, headers, body = Handler.seen[0]
    assert (method, path, body) == ("POST", "/a?b=%C3%B1", b"{}")
    assert headers["host"] == f"127.0.0.1:{server.server_port}"
    assert headers["x-one"] == "1"


def test_allowing_one_port_allows_no_other(server: QuietServer) -> None:
    with pytest.raises(HttpBlocked):
        GuardedHttp([f"127.0.0.1:{server.server_port + 1}"]).send(request(f"http://127.0.0.1:{server.server_port}/"))


def test_a_redirect_is_an_answer_and_not_followed(server: QuietServer) -> None:
    answer = GuardedHttp(["127.0.0.1"]).send(request(f"http://127.0.0.1:{server.server_port}/redirect"))
    assert answer.status == 302
    assert len(Handler.seen) == 1


def test_a_proxy_of_the_environment_is_not_used(server: QuietServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert GuardedHttp(["127.0.0.1"]).send(request(f"http://127.0.0.1:{server.server_port}/")).status == 200


def test_a_dripping_server_ends_at_the_deadline(server: QuietServer) -> None:
    with pytest.raises(HttpFailed):  # Left alone it is an answer, whole after fifty seconds.
        GuardedHttp(["127.0.0.1"]).send(request(f"http://127.0.0.1:{server.server_port}/drip", timeout=0.4))


def test_a_huge_answer_is_cut(server: QuietServer) -> None:
    answer = GuardedHttp(["127.0.0.1"]).send(request(f"http://127.0.0.1:{server.server_port}/huge"))
    assert len(answer.body) == MAX_ANSWER


def test_nobody_there_is_a_failure() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        with pytest.raises(HttpFailed):
            GuardedHttp(["127.0.0.1"]).send(request(f"http://127.0.0.1:{held.getsockname()[1]}/"))


@pytest.mark.parametrize(
    "url",
    ["ftp://example.com/", "file:///etc/passwd", "http://", "gopher://127.0.0.1", "http://user:pw@example.com/", ""],
)
def test_what_is_not_a_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises(HttpBlocked):
        GuardedHttp().send(request(url))


def test_a_header_cannot_smuggle_another(server: QuietServer) -> None:
    with pytest.raises((HttpBlocked, HttpFailed)):
        GuardedHttp(["127.0.0.1"]).send(
            request(f"http://127.0.0.1:{server.server_port}/", **{"X-One": "1\r\nX-Two: 2"})
        )
    assert Handler.seen == []


def test_our_own_headers_are_not_the_flows_to_set(server: QuietServer) -> None:
    headers = {"Host": "bank.example", "Transfer-Encoding": "chunked", "Accept-Encoding": "gzip"}
    GuardedHttp(["127.0.0.1"]).send(request(f"http://127.0.0.1:{server.server_port}/", **headers))
    seen = Handler.seen[0][2]
    assert seen["host"] == f"127.0.0.1:{server.server_port}"
    assert "transfer-encoding" not in seen
    assert seen["accept-encoding"] == "identity"


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, list[str]], None]:
    """Makes a name resolve to the addresses given, as a hostile name server could."""
    real = socket.getaddrinfo
    names: dict[str, list[str]] = {}

    def getaddrinfo(host: str, port: int, *rest: object, **more: object) -> list[object]:
        if host in names:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in names[host]]
        return real(host, port, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return lambda name, addresses: names.__setitem__(name, addresses)
