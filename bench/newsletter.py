"""How fast a newsletter leaves, with what memory, and what a kill costs: the shipped process against a mail server on
loopback that notes every recipient. `--kills N` kills it with signal 9 at N moments and holds what arrived against
what the database says: nobody twice, nobody missing but those said to be unknown. The server keeps one mail waiting
until the kill came, so that however fast or slow the machine is, each kill comes while mails are under way.

    python bench/newsletter.py [--people 20000] [--kills 0] [--most N] [--signed] [--one-by-one] [--database URL]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

CHUNK = 2000


def sink(pipe: Connection, offers: bytes) -> None:
    """A mail server that takes everything and offers what it is told to. Says its port, and answers `count` (how many
    mails it took), `list` (whom they were for), `held` (whether one waits), and a number and a moment: the mail of that
    number is to wait before it is asked for (`data`), or after it was taken (`taken`)."""
    import asyncio

    got: list[str] = []
    hold: tuple[int, str] = (0, "")
    held = False

    class Talk(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport, self.held, self.to, self.in_data = transport, b"", "", False
            transport.write(b"220 sink\r\n")

        def say(self, answer: bytes, moment: str) -> None:
            nonlocal held, hold
            if hold[1] == moment and len(got) >= hold[0]:
                held, hold = True, (0, "")
            else:
                self.transport.write(answer)

        def data_received(self, data: bytes) -> None:
            self.held += data
            while True:
                if self.in_data:
                    _text, end, rest = self.held.partition(b"\r\n.\r\n")
                    if not end:
                        return
                    self.held, self.in_data = rest, False
                    got.append(self.to)
                    self.say(b"250 taken\r\n", "taken")
                    continue
                line, end, rest = self.held.partition(b"\r\n")
                if not end:
                    return
                self.held = rest
                verb = line[:4].upper()
                if verb == b"DATA":
                    self.in_data = True
                    self.say(b"354 go on\r\n", "data")
                elif verb == b"QUIT":
                    self.transport.write(b"221 bye\r\n")
                    self.transport.close()
                else:
                    if verb == b"RCPT":
                        self.to = line.partition(b"<")[2].partition(b">")[0].decode()
                    self.transport.write(offers if verb == b"EHLO" else b"250 sink\r\n")

    async def serve() -> None:
        nonlocal held, hold
        server = await asyncio.get_running_loop().create_server(Talk, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        while True:
            await asyncio.sleep(0.02)
            if pipe.poll():
                match pipe.recv():
                    case "count":
                        pipe.send(len(got))
                    case "list":
                        pipe.send(list(got))
                    case "held":
                        pipe.send(held)
                    case asked:
                        held, hold = False, asked
                        pipe.send(True)

    asyncio.run(serve())


class Bench:
    """A shop in a scratch folder, its people, and one newsletter."""

    def __init__(self, arguments: argparse.Namespace, folder: Path, port: int) -> None:
        self.arguments = arguments
        database = arguments.database or f"sqlite:///{folder / 'sereno.sqlite3'}"
        os.environ |= {
            "SERENO_DATA_DIR": str(folder),
            "SERENO_DATABASE_URL": database,
            "SERENO_SMTP_URL": f"smtp://127.0.0.1:{port}?tls=none",
            "SERENO_BASE_URL": "https://news.example",
        }
        from sereno.site.command import Installation

        Installation().prepare()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        self.id = self._fill()

    def _fill(self) -> int:
        from sereno.modules.messages import documents
        from sereno.modules.messages.documents import Block, Document
        from sereno.runtime import services
        from sereno.runtime.newsletters import changing

        shop = services.create_shop(slug="bench", name="Bench", currency="EUR", timezone="Europe/Madrid", locale="en")
        self._people(shop)
        words = {"subject": "{% if name %}{{ name }}, {% endif %}autumn is here", "preview": "New cups"}
        words |= {"b1.text": "Hello {{ name }}", "b2.text": "We have **new** cups. " * 20, "b3.label": "Look"}
        words |= {"b4.text": "They are made by hand in {{ store.name }}. " * 20}
        texts = dict.fromkeys(("en", "es", "pt", "ro"), words)
        link = {"link": "https://shop.example/cups"}
        blocks = (Block("b1", "heading"), Block("b2", "text"), Block("b3", "button", link), Block("b4", "text"))
        document = documents.write(Document("email", "marketing", "customer", tuple(texts), blocks, texts))
        if self.arguments.signed:
            self._sign(shop)
        id_ = changing.create(shop, changing.read_written({"name": "Autumn"}), "bench")
        changing.schedule(shop, id_, document, "bench")
        return id_

    def _people(self, shop: int) -> None:
        """One by the model, the others after that one: a million by the model would take seven minutes."""
        from django.db import connection, transaction

        from sereno.modules.customers.models import Customer

        first = Customer(shop_id=shop, key="c0000000", version=1, seen_at=0, email="c0@example.com", data=_person(0))
        Customer.objects.bulk_create([first])
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM customers_customer")
            row = dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))
            del row["id"]
            places = ", ".join(["%s"] * len(row))
            insert = f"INSERT INTO customers_customer ({', '.join(row)}) VALUES ({places})"
            for start in range(1, self.arguments.people, CHUNK):
                numbers = range(start, min(start + CHUNK, self.arguments.people))
                cursor.executemany(
                    insert,
                    [
                        tuple(
                            {
                                **row,
                                "key": f"c{n:07}",
                                "email": f"c{n}@example.com",
                                "data": json.dumps(_person(n)),
                            }.values()
                        )
                        for n in numbers
                    ],
                )

    def _sign(self, shop: int) -> None:
        from sereno.runtime.deliverability import domains

        domains.add_domain(shop, "news.example", "bench")
        domains.sign_by(shop, "news.example", "bench", is_on=True)

    def begin(self) -> subprocess.Popen[bytes] | None:
        """The shipped process, as a worker begins it; None once there is nothing to do."""
        from datetime import UTC, datetime, timedelta

        from sereno.site.mailing import command
        from sereno.store.database import default_database
        from sereno.store.fields import to_micros

        now = datetime.now(UTC)
        at = to_micros(now)
        with default_database().transaction() as tx:
            tx.text("UPDATE newsletters_newsletter SET lease_until = NULL")
            given = {"id": self.id, "worker": "bench", "until": to_micros(now + timedelta(seconds=60)), "now": at}
            if tx.one("take_newsletter", given) is None:
                return None
        return subprocess.Popen(command(self.id, "bench"), stdin=subprocess.PIPE, start_new_session=True)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        from sereno.store.database import default_database

        with default_database().read() as tx:
            return tx.text(sql)


def _person(number: int) -> dict[str, Any]:
    name = f"Ana{number % 997}"
    locale = ("en", "es", "pt", "ro")[number % 4]
    return {
        "id": f"c{number:07}", "email": f"c{number}@example.com", "first_name": name, "locale": locale,
        "accepts_email": True, "total_spent": "120.00",
    }  # fmt: skip


def _peak(pid: int) -> int:
    """Bytes the process had in memory at most."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return max((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), default=0)
    except (OSError, ValueError):
        return 0


def _processor(pid: int) -> float | None:
    """Seconds of the processor the process took so far."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError):
        return None


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    here, there = multiprocessing.Pipe()
    offers = b"250 sink\r\n" if arguments.one_by_one else b"250-sink\r\n250 PIPELINING\r\n"
    server = multiprocessing.get_context("spawn").Process(target=sink, args=(there, offers), daemon=True)
    server.start()
    port = here.recv()

    def ask(what: Any) -> Any:
        here.send(what)
        return here.recv()

    with tempfile.TemporaryDirectory(prefix="sereno-news-") as folder:
        bench = Bench(arguments, Path(folder), port)
        lot, kills, peak = random.Random(arguments.seed), 0, 0
        marks: list[tuple[float, int]] = []
        taken: list[tuple[float, int]] = []
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        is_cut = False
        while not is_cut and (process := bench.begin()) is not None:
            if kills < arguments.kills:
                gap = lot.randint(1, max(1, arguments.people // (arguments.kills + 1)))
                ask((ask("count") + gap, lot.choice(("data", "taken"))))
            while process.poll() is None:
                time.sleep(0.005 if arguments.kills else 0.1)
                marks.append((time.monotonic(), ask("count")))
                if (used := _processor(process.pid)) is not None and marks[-1][1]:
                    taken.append((used, marks[-1][1]))
                peak = max(peak, _peak(process.pid))
                is_cut = bool(arguments.most) and marks[-1][1] >= arguments.most
                if is_cut or (kills < arguments.kills and ask("held")):
                    process.kill()
                    kills += not is_cut
                    break
            process.wait()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        got = Counter(ask("list"))
        found = _compared(bench, arguments.people, got, is_cut=is_cut)
        server.terminate()
    most = arguments.most or arguments.people
    moving = [mark for mark in marks if mark[1] > 0]
    seconds = next((at for at, count in moving if count >= most), moving[-1][0]) - moving[0][0]
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "people": arguments.people,
        "kills": kills,
        "mails": sum(got.values()),
        "mails_per_second": round((moving[-1][1] - moving[0][1]) / seconds, 1) if seconds else None,
        "cpu_ms_per_mail": round(1000 * spent / sum(got.values()), 2),
        "cpu_ms_per_mail_while_sending": _while_sending(taken) if not kills else None,
        "peak_mb": round(peak / 1024**2, 1),
        **found,
        "host": socket.gethostname(),
    }


def _while_sending(taken: list[tuple[float, int]]) -> float | None:
    """Between the first mails and the last: without whom the list was written down for."""
    (began, first), (ended, last) = (taken[0], taken[-1]) if taken else ((0.0, 0), (0.0, 0))
    return round(1000 * (ended - began) / (last - first), 3) if last > first else None


def _compared(bench: Bench, people: int, got: Counter[str], *, is_cut: bool) -> dict[str, int | None]:
    """What arrived against what the database says. Nothing is said of who is missed where it was cut short."""
    rows = dict.fromkeys(("unknown", "sent"), frozenset[str]())
    for status in rows:
        found = bench.rows(f"SELECT address FROM newsletters_piece WHERE status = '{status}'")
        rows[status] = frozenset(row[0] for row in found)
    everybody = {f"c{number}@example.com" for number in range(people)}
    return {
        "doubled": sum(1 for count in got.values() if count > 1),
        "missed": None if is_cut else len(everybody - got.keys() - rows["unknown"]),
        "said_sent_and_not_there": len(rows["sent"] - got.keys()),
        "unknown": len(rows["unknown"]),
        "unknown_that_arrived": len(rows["unknown"] & got.keys()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--most", type=int, default=0, help="stop after so many mails")
    parser.add_argument("--signed", action="store_true", help="with DKIM")
    parser.add_argument("--one-by-one", action="store_true", help="the server does not offer PIPELINING")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--database", default="")
    json.dump(run(parser.parse_args()), sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
