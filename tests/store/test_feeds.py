"""Files and feeds: taken whole and once, what is bad is held back and mended, a killed worker is followed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support import START, Place

from sereno.runtime.feeds import holding, sources, working
from sereno.runtime.feeds.working import Taker
from sereno.sdk.ports import HttpAnswer, HttpFailed, HttpRequest
from sereno.sdk.stores import StoreHttp
from sereno.sdk.tables import Layout

pytestmark = pytest.mark.usefixtures("secret_key")
HEAD = "sale-id,date,sku,qty,price,email"
DAY = START.date().isoformat()
FLOWS = (
    "flow: new\ntrigger: {event: order.created}\nsteps:\n  - log: {text: new}\n",
    "flow: stock\ntrigger: {event: stock.changed}\nreentry: {always: true}\nsteps:\n  - log: {text: stock}\n",
)


class Address:
    """What lies behind the feed's address."""

    def __init__(self) -> None:
        self.answers: list[HttpAnswer | Exception] = []
        self.asked: list[HttpRequest] = []

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Feeds:
    def __init__(self, place: Place, folder: Path) -> None:
        self.at = place
        self.address = Address()
        world = place.runtime.world
        ports: Any = {StoreHttp: self.address}
        world.ports = lambda port, shop: ports.get(port)
        self.folder = folder
        self.taker = Taker(world, folder)
        for flow in FLOWS:
            place.flow(flow)

    def make(self, title: str = "Till", **given: Any) -> str:
        given.setdefault("layout", Layout(zone="UTC"))
        return sources.make(self.at.shop, title, by="ana", database=self.at.database, **given)

    def bring(self, name: str, text: str, **given: Any) -> int:
        body = text.encode()
        return sources.bring(self.at.shop, name, "sales.csv", body, by="ana", database=self.at.database, **given)

    def run(self) -> int:
        """All that waits, with time going on and the worker beside it."""
        done = 0
        for _ in range(10):
            done += self.taker.run()
            self.at.drain()
            self.at.clock.move_to(self.at.clock.now() + timedelta(seconds=6))
            if not self.at.rows("SELECT 1 FROM feed_file WHERE status IN ('waiting', 'working')"):
                break
        return done

    def files(self) -> list[tuple[Any, ...]]:
        return self.at.rows("SELECT status, rows, entries, held, new, error FROM feed_file ORDER BY id")

    def runs(self) -> list[tuple[str, str]]:
        return sorted(
            self.at.rows(
                "SELECT flow.name, run.subject FROM run JOIN flow ON flow.id = run.flow_id WHERE NOT is_derived"
            )
        )


@pytest.fixture
def feeds(place: Place, tmp_path: Path) -> Iterator[Feeds]:
    yield Feeds(place, tmp_path)


def sale(number: int, day: str = DAY, qty: str = "1") -> str:
    return f"{number},{day}T10:00:00Z,MUG,{qty},9.50,ana@example.com"


def test_a_file_is_taken_once_and_its_bad_lines_wait(feeds: Feeds) -> None:
    name = feeds.make()
    text = "\n".join([HEAD, sale(1), sale(2, qty="two"), sale(3), sale(4, "2025-01-01")])
    feeds.bring(name, text)
    assert feeds.run() == 1
    assert feeds.files() == [("done", 4, 3, 1, 3, None)]
    assert feeds.runs() == [("new", "order:till~1"), ("new", "order:till~3")], "what was before is history"
    assert feeds.at.rows("SELECT body FROM feed_file") == [(None,)]
    held = feeds.at.rows("SELECT line, name, subject, address, status FROM feed_held")
    assert held == [(3, "2", "order:till~2", "ana@example.com", "waiting")]
    alerts = "SELECT kind, about FROM alert WHERE status = 'open'"
    assert feeds.at.rows(alerts) == [("feed.held", f"connection:{name}")]
    # The same file, and the same sales in another.
    feeds.bring(name, text)
    feeds.bring(name, "\n".join([HEAD, sale(3), sale(1)]))
    feeds.run()
    assert [row[0] for row in feeds.files()] == ["done", "same", "done"]
    assert feeds.files()[2][4] == 0 and len(feeds.runs()) == 2


def test_what_was_held_back_is_mended_and_told(feeds: Feeds) -> None:
    name = feeds.make()
    feeds.bring(name, "\n".join([HEAD, sale(2, qty="two")]))
    feeds.run()
    ((id_,),) = feeds.at.rows("SELECT id FROM feed_held")
    shop, database = feeds.at.shop, feeds.at.database
    assert holding.mend(shop, id_, {(0, "qty"): "many"}, "ana", database=database) == 1
    assert holding.mend(shop, id_, {(0, "qty"): "2"}, "ana", database=database) == 0
    feeds.at.drain()
    assert feeds.runs() == [("new", "order:till~2")]
    assert feeds.files() == [("done", 1, 1, 0, 1, None)]
    with pytest.raises(ValueError, match="dealt with"):
        holding.drop(shop, id_, "ana", database=database)
    with pytest.raises(LookupError):
        holding.mend(shop + 1, id_, {}, "eve", database=database)
    assert ("feed.record_mended",) in feeds.at.rows("SELECT action FROM audit")


def test_a_killed_worker_is_followed_at_the_same_place(feeds: Feeds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "PIECE", 2)
    name = feeds.make()
    feeds.bring(name, "\n".join([HEAD, *(sale(number) for number in range(1, 8))]))
    take, calls = working.take_entries, 0

    def killed(*given: Any) -> int:
        nonlocal calls
        calls += 1
        new = take(*given)
        if calls == 3:
            raise KeyboardInterrupt
        return new

    monkeypatch.setattr(working, "take_entries", killed)
    with pytest.raises(KeyboardInterrupt):
        feeds.taker.run()
    assert feeds.at.rows("SELECT status, place FROM feed_file") == [("working", 4)]
    feeds.at.clock.move_to(START + timedelta(minutes=5))
    feeds.run()
    assert feeds.files() == [("done", 7, 7, 0, 7, None)]
    assert len(feeds.runs()) == 7


def test_a_table_that_cannot_be_read_is_refused_whole(feeds: Feeds) -> None:
    name = feeds.make()
    feeds.bring(name, "when,what\n1,2\n")
    feeds.bring(name, "just words\n")
    feeds.run()
    assert [(row[0], row[5]) for row in feeds.files()] == [
        ("refused", "feed.lacks_columns"),
        ("refused", "feed.no_table"),
    ]
    assert feeds.runs() == []


def test_a_figure_of_stock_is_news_only_when_it_changed(feeds: Feeds) -> None:
    name = feeds.make("Stock")
    for text in ("MUG,4", "MUG,4", "MUG,3\nHAT,1", "MUG,4\nHAT,1"):
        feeds.bring(name, f"sku,available\n{text}\n")
        feeds.run()
    assert [(row[0], row[4]) for row in feeds.files()] == [("done", 1), ("same", 0), ("done", 2), ("done", 1)]
    assert feeds.at.rows("SELECT sku, available FROM stock_level ORDER BY sku") == [("HAT", 1.0), ("MUG", 4.0)]


def test_files_of_a_source_come_in_their_order(feeds: Feeds) -> None:
    name = feeds.make("Stock")
    for number in range(5):
        feeds.bring(name, f"sku,available\nMUG,{number}\n")
    feeds.run()
    assert feeds.at.rows("SELECT available FROM stock_level") == [(4.0,)]


def test_a_folder_is_emptied_of_what_stands_still(feeds: Feeds) -> None:
    name = feeds.make(way="folder")
    feeds.taker.run()
    folder = feeds.folder / name
    for file, age in (("a.csv", 60), ("b.csv", 0), (".hidden.csv", 60), ("c.csv.part", 60)):
        (folder / file).write_text(f"{HEAD}\n{sale(1)}\n")
        stamp = (folder / file).stat().st_mtime - age
        os.utime(folder / file, (stamp, stamp))
    (folder / "link.csv").symlink_to("/etc/hostname")
    feeds.run()
    assert [row[0] for row in feeds.files()] == ["done"]
    assert sorted(one.name for one in folder.iterdir() if one.is_file() and not one.is_symlink()) == [
        ".hidden.csv",
        "b.csv",
        "c.csv.part",
    ]
    assert len(list((folder / "done").iterdir())) == 1


def test_a_feed_is_fetched_when_it_is_due(feeds: Feeds) -> None:
    name = feeds.make(way="address", url="https://market.example/out/orders.csv?a=1", key="secret", every=600)
    feeds.address.answers = [HttpAnswer(200, {"etag": '"v1"'}, f"{HEAD}\n{sale(1)}\n".encode())]
    feeds.run()
    assert feeds.files()[0][:3] == ("done", 1, 1)
    assert feeds.address.asked[0].headers["Authorization"] == "Bearer secret"
    feeds.run()
    assert len(feeds.address.asked) == 1, "not before it is due"
    feeds.at.clock.move_to(START + timedelta(minutes=11))
    feeds.address.answers = [HttpAnswer(304, {}, b"")]
    feeds.run()
    assert feeds.address.asked[1].headers["If-None-Match"] == '"v1"' and len(feeds.files()) == 1
    for minutes in (25, 40, 60):
        feeds.at.clock.move_to(START + timedelta(minutes=minutes))
        feeds.address.answers = [HttpFailed("connection refused")]
        feeds.run()
    assert feeds.at.rows("SELECT failures, error FROM feed_source") == [(3, "store.no_answer")]
    alerts = "SELECT kind, status FROM alert"
    assert feeds.at.rows(alerts) == [("feed.not_fetched", "open")]
    feeds.at.clock.move_to(START + timedelta(minutes=90))
    feeds.address.answers = [HttpAnswer(200, {}, f"{HEAD}\n{sale(2)}\n".encode())]
    feeds.run()
    assert feeds.at.rows(alerts) == [("feed.not_fetched", "settled")]
    sealed = feeds.at.rows("SELECT key FROM feed_source")[0][0]
    assert sealed and "secret" not in sealed
    assert sources.find(feeds.at.shop, name, database=feeds.at.database).key == "secret"


def test_somebody_looks_first(feeds: Feeds) -> None:
    name = feeds.make()
    shop, database = feeds.at.shop, feeds.at.database
    file = feeds.bring(name, f"{HEAD}\n{sale(1)}\n{sale(2, qty='x')}\n", is_taken=False)
    sheet = sources.look(shop, file, database=database)
    assert sheet is not None and (len(sheet.entries), len(sheet.held)) == (1, 1)
    assert sheet.entries[0].text == "9.50 EUR: 1 × MUG"
    assert feeds.run() == 0 and feeds.runs() == []
    sources.take(shop, file, "ana", database=database)
    feeds.run()
    assert feeds.files()[0][:4] == ("done", 2, 1, 1)
    with pytest.raises(ValueError, match="dealt with"):
        sources.drop(shop, file, "ana", database=database)
    with pytest.raises(LookupError):
        sources.look(shop + 1, file, database=database)
    sources.bring(shop, name, "x.csv", b"a,b\n", by="ana", is_taken=False, database=database)
    feeds.at.clock.move_to(START + timedelta(days=2))
    feeds.bring(name, f"{HEAD}\n{sale(9)}\n")
    assert feeds.at.rows("SELECT count(*) FROM feed_file WHERE status = 'looked'") == [(0,)]


@pytest.mark.parametrize(
    "given",
    [
        {"way": "pigeon"},
        {"way": "address", "url": "ftp://x.example/a.csv"},
        {"every": 5},
        {"layout": Layout(zone="Nowhere")},
        {"layout": Layout(currency="euro")},
        {"layout": Layout(decimal=";")},  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_is_refused(feeds: Feeds, given: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        feeds.make(**given)
    assert feeds.at.rows("SELECT count(*) FROM feed_source") == [(0,)]
