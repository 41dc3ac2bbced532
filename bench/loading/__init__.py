"""Load for the benchmarks that go over HTTP: `wrk` where it is installed, else a generator of our own in Python.

Requests are made and signed beforehand, so that the generator does nothing but send and count.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SECRET = "the secret of the benchmark"
MARK = b"@@@@@@@@"
"""Stands in a request for a number that is another each time it is sent."""

_WRK = """
local file = io.open("{requests}", "rb")
local heads, tails, total = {{}}, {{}}, 0
local size = file:read(8)
while size do
  local all = file:read(tonumber(size))
  local at = all:find("@@@@@@@@", 1, true)
  total = total + 1
  heads[total] = at and all:sub(1, at - 1) or all
  tails[total] = at and all:sub(at + 8) or false
  size = file:read(8)
end
file:close()
local n = 0
{delay}
function request()
  local i = n % total + 1
  n = n + 1
  if tails[i] then return heads[i] .. string.format("%08d", n) .. tails[i] end
  return heads[i]
end
function done(summary, latency, requests)
  local refused = summary.errors.status + summary.errors.timeout + summary.errors.read
  io.write(string.format("JSON %d %d %d %d %d\\n", summary.requests, summary.duration, refused,
    latency:percentile(50), latency:percentile(99)))
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What came back. Latencies in milliseconds."""

    requests: int
    seconds: float
    refused: int
    median: float
    p99: float
    generator: str

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds if self.seconds else 0.0


def order(number: int, size: int = 3000) -> bytes:
    """A Shopify order of about `size` bytes, as JSON."""
    lines = [
        {
            "id": 866550311766439020 + number * 10 + line,
            "product_id": 7513594 + line,
            "variant_id": 808950810 + line,
            "sku": f"SKU-{number % 500}-{line}",
            "title": "Camiseta de algodón orgánico",
            "quantity": 1 + line,
            "price": "24.90",
            "total_discount": "0.00",
            "taxable": True,
            "properties": [],
        }
        for line in range(3)
    ]
    person = {"first_name": "Ana", "last_name": "García", "phone": "+34600123456"}
    address = {**person, "address1": "Calle Mayor 1", "city": "Madrid", "zip": "28013", "country_code": "ES"}
    document = {
        "id": 820982911946154508 + number,
        "name": f"#{number}",
        "order_number": number,
        "email": f"buyer{number % 2000}@example.com",
        "created_at": "2026-11-22T08:00:00+01:00",
        "updated_at": "2026-11-22T08:00:00+01:00",
        "processed_at": "2026-11-22T08:00:00+01:00",
        "currency": "EUR",
        "total_price": f"{40 + number % 160}.70",
        "subtotal_price": "64.70",
        "total_tax": "12.00",
        "financial_status": "paid",
        "fulfillment_status": None,
        "customer": {"id": 115310627314723954 + number % 2000, "email": f"buyer{number % 2000}@example.com", **person},
        "billing_address": address,
        "shipping_address": address,
        "line_items": lines,
        "note": "",
    }
    short = size - len(json.dumps(document, ensure_ascii=False).encode())
    document["note"] = "x" * max(0, short)
    return json.dumps(document, ensure_ascii=False).encode()


def webhook(path: str, body: bytes, delivery: str) -> bytes:
    """A signed request as Shopify sends it."""
    signature = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha256")).decode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/json\r\nAccept: */*\r\n"
        f"User-Agent: Shopify-Captain-Hook\r\nX-Shopify-Topic: orders/create\r\n"
        f"X-Shopify-Hmac-Sha256: {signature}\r\nX-Shopify-Shop-Domain: bench.myshopify.com\r\n"
        f"X-Shopify-API-Version: 2026-10\r\nX-Shopify-Event-Id: 98880550-7158-44d4-b7cd-2c97c8a091b5\r\n"
        f"X-Shopify-Triggered-At: 2026-11-22T07:00:00.123Z\r\nContent-Length: {len(body)}\r\n"
        f"X-Shopify-Webhook-Id: {delivery}\r\n\r\n"
    )
    return head.encode() + body


def run(
    port: int,
    requests: Iterable[bytes],
    *,
    connections: int = 32,
    seconds: float = 4,
    once: bool = False,
    delay_ms: float = 0,
) -> Load:
    """Send `requests` over and over for `seconds`; or each `once`. One that holds `MARK` gets another number there each
    time. `delay_ms` is the mean pause before each request of a connection."""
    with tempfile.TemporaryDirectory(prefix="sereno-load-") as folder:
        path = Path(folder) / "requests"
        with path.open("wb") as file:
            for request in requests:
                file.write(f"{len(request):08d}".encode() + request)
        # wrk always takes all of its time.
        if shutil.which("wrk") and not once:
            return _wrk(port, path, connections, seconds, delay_ms)
        command = [
            sys.executable,
            __file__,
            str(port),
            str(path),
            str(connections),
            str(seconds),
            str(once),
            str(delay_ms),
        ]
        return Load(**json.loads(subprocess.run(command, check=True, capture_output=True).stdout))


def _wrk(port: int, path: Path, connections: int, seconds: float, delay_ms: float) -> Load:
    delay = f"function delay() return math.random(0, {round(delay_ms * 2)}) end" if delay_ms else ""
    script = path.with_suffix(".lua")
    script.write_text(_WRK.format(requests=path, delay=delay))
    duration = f"{max(1, round(seconds))}s"
    command = ["wrk", "-t1", f"-c{connections}", f"-d{duration}", "--latency", "-s", str(script)]
    output = subprocess.run([*command, f"http://127.0.0.1:{port}/"], check=True, capture_output=True, text=True).stdout
    found = re.search(r"^JSON (\d+) (\d+) (\d+) (\d+) (\d+)$", output, re.MULTILINE)
    assert found is not None, output
    number, micros, refused, median, p99 = map(int, found.groups())
    return Load(number, micros / 1e6, refused, median / 1000, p99 / 1000, "wrk")


# --- the generator of our own: `python loading/__init__.py PORT FILE CONNECTIONS SECONDS ONCE DELAY`


class _Sender(asyncio.Protocol):
    def __init__(self, load: _Python) -> None:
        self.load = load
        self.began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.next()

    def next(self) -> None:
        request = self.load.take()
        if request is None:
            self.transport.close()
            return
        self.began = time.perf_counter()
        self.transport.write(request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.load.answered(data, time.perf_counter() - self.began)
        if self.load.delay:
            self.load.loop.call_later(self.load.delay, self.next)
        else:
            self.next()

    def connection_lost(self, exc: Exception | None) -> None:
        self.load.lost()


class _Python:
    def __init__(self, path: Path, connections: int, seconds: float, once: bool, delay: float) -> None:
        data = path.read_bytes()
        self.requests: list[bytes] = []
        at = 0
        while at < len(data):
            size = int(data[at : at + 8])
            self.requests.append(data[at + 8 : at + 8 + size])
            at += 8 + size
        self.connections, self.seconds, self.once, self.delay = connections, seconds, once, delay
        self.sent = self.refused = self.open = 0
        self.latencies: list[float] = []

    def take(self) -> bytes | None:
        if (self.once and self.sent >= len(self.requests)) or (not self.once and time.perf_counter() > self.end):
            return None
        request = self.requests[self.sent % len(self.requests)]
        self.sent += 1
        return request.replace(MARK, b"%08d" % self.sent, 1)

    def answered(self, data: bytes, seconds: float) -> None:
        self.latencies.append(seconds)
        if not data.startswith(b"HTTP/1.1 200"):
            self.refused += 1

    def lost(self) -> None:
        self.open -= 1
        if not self.open:
            self.done.set_result(None)

    async def run(self, port: int) -> dict[str, object]:
        self.loop = asyncio.get_running_loop()
        self.done: asyncio.Future[None] = self.loop.create_future()
        start = time.perf_counter()
        self.end = start + self.seconds
        self.open = self.connections
        for _ in range(self.connections):
            await self.loop.create_connection(lambda: _Sender(self), "127.0.0.1", port)
        await self.done
        ordered = sorted(self.latencies)
        return {
            "requests": len(ordered),
            "seconds": time.perf_counter() - start,
            "refused": self.refused,
            "median": ordered[len(ordered) // 2] * 1000,
            "p99": ordered[int(len(ordered) * 0.99)] * 1000,
            "generator": "python",
        }


if __name__ == "__main__":
    import uvloop

    _port, _path, _connections, _seconds, _once, _delay = sys.argv[1:]
    _load = _Python(Path(_path), int(_connections), float(_seconds), _once == "True", float(_delay) / 1000)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as _runner:
        print(json.dumps(_runner.run(_load.run(int(_port)))))
