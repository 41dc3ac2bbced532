"""The live `Http` port: one guarded exchange per request. Redirects are not followed, proxies of the environment are
not used, and no connection is kept, so that the guard sees every dialling.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Collection
from functools import lru_cache

import httpcore2
import httpx2

from sereno.modules.http.guard import GuardedBackend
from sereno.sdk.ports import HttpAnswer, HttpBlocked, HttpFailed, HttpRequest, HttpUnreached

MAX_ANSWER = 1024 * 1024
MAX_PAGE = 64 * MAX_ANSWER
"""Of a platform's records, which come by hundreds."""
_OURS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "proxy-authorization"}
)


class GuardedHttp:
    """`allowed_hosts` are the shop's exceptions to "public addresses only": `host` or `host:port`. More than `largest`
    bytes of an answer are cut."""

    def __init__(self, allowed_hosts: Collection[str] = (), *, largest: int = MAX_ANSWER) -> None:
        self._allowed_hosts = tuple(allowed_hosts)
        self._largest = largest

    def send(self, request: HttpRequest) -> HttpAnswer:
        """Raises HttpBlocked for an address that is not public and not allowed, HttpFailed when nothing came back."""
        outgoing = _outgoing(request)
        deadline = time.monotonic() + request.timeout.total_seconds()
        backend = GuardedBackend(self._allowed_hosts, deadline)
        try:
            with (
                httpcore2.ConnectionPool(ssl_context=_tls(), network_backend=backend) as pool,
                pool.stream(
                    outgoing.method,
                    httpcore2.URL(
                        scheme=outgoing.url.raw_scheme,
                        host=outgoing.url.raw_host,
                        port=outgoing.url.port,
                        target=outgoing.url.raw_path,
                    ),
                    headers=outgoing.headers.raw,
                    content=request.body,
                ) as answer,
            ):
                return HttpAnswer(answer.status, _headers(answer.headers), _body(answer, self._largest))
        except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
            raise HttpUnreached(f"{outgoing.url.host}: {str(error) or type(error).__name__}") from error
        except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError) as error:
            raise HttpFailed(f"{outgoing.url.host}: {str(error) or type(error).__name__}") from error
        except (ssl.SSLError, OSError) as error:
            raise HttpFailed(f"{outgoing.url.host}: {error}") from error


def _outgoing(request: HttpRequest) -> httpx2.Request:
    try:
        url = httpx2.URL(request.url)
    except (httpx2.InvalidURL, UnicodeError) as error:
        raise HttpBlocked(f"{request.url!r} is not an address: {error}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise HttpBlocked(f"{request.url!r} does not begin with http:// or https:// and a host")
    if url.userinfo:
        raise HttpBlocked("an address must not carry a user name; use an Authorization header")
    headers = {name: value for name, value in request.headers.items() if name.lower() not in _OURS}
    headers["Accept-Encoding"] = "identity"
    headers["Connection"] = "close"
    if not any(name.lower() == "user-agent" for name in headers):
        headers["User-Agent"] = "Sereno"
    for name, value in headers.items():
        if any(sign < " " and sign != "\t" for sign in f"{name}{value}"):
            raise HttpBlocked(f"the header {name[:100]!r} holds a line break")
    try:
        return httpx2.Request(request.method, url, headers=headers, content=request.body)
    except (UnicodeError, ValueError) as error:
        raise HttpBlocked(f"a header cannot be sent: {error}") from error


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return httpcore2.default_ssl_context()


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw}


def _body(answer: httpcore2.Response, largest: int) -> bytes:
    kept = bytearray()
    for chunk in answer.iter_stream():
        kept += chunk
        if len(kept) >= largest:
            break
    return bytes(kept[:largest])
