"""Takes files that wait, a piece in each transaction; fetches those at an address; looks into the folders.

Invariant: the place in a file moves in the transaction that keeps its records, under a lease; a worker that is killed
is followed by another at the same place. A file leaves its folder once it is kept.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

from sereno.runtime.feeds import sources
from sereno.runtime.reading import taking
from sereno.runtime.reading.seeing import see
from sereno.runtime.reading.taking import NotYet, Source
from sereno.runtime.records import Overtaken
from sereno.runtime.staff import open_staff
from sereno.runtime.watching.alerting import raise_alert, settle_alert
from sereno.runtime.world import World
from sereno.sdk.connector import Unmappable
from sereno.sdk.ports import Http, HttpAnswer, HttpBlocked, HttpFailed, HttpRequest
from sereno.sdk.stores import StoreHttp
from sereno.sdk.tables import Entry, Held, Sheet
from sereno.store.database import DatabaseConflict, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import to_micros
from sereno.store.jobs import LeaseLost
from sereno.store.secrets import SecretsUnreadable, decrypt

log = logging.getLogger("sereno.feeds")

PIECE = 250
"""Records a transaction."""
LEASE = timedelta(seconds=90)
QUIET = 2.0
"""Seconds for which a file in a folder must have stood still: it may still be being written."""
TIMEOUT = timedelta(seconds=60)
TOLD = 3
"""Failures of an address in a row, after which people hear of it."""
MARKS = ("etag", "last-modified")
MICROS = timedelta(microseconds=1)


def take_entries(
    world: World,
    tx: Transaction,
    source: Source,
    kind: str,
    settings: Mapping[str, Any],
    entries: Sequence[Entry],
    now: int,
) -> int:
    """Keep records and what they tell, as of a platform that is read; gives how many facts were new. Raises Overtaken,
    NotYet: also while something is on its way to one of these records, for a file is not read a second time."""
    connector = world.plugins.connectors.get(kind)
    assert connector is not None
    at = world.clock.now()
    new = 0
    for read in dict.fromkeys(entry.kind for entry in entries):
        seen = [see(world.plugins, connector, one.item, settings, at) for one in entries if one.kind == read]
        subjects = {event.subject for one in seen for event in (*one.loose, *([one.change] if one.change else []))}
        if subjects and tx.all("queued_about", {"shop": source.shop_id, "links": sorted(subjects)}):
            raise NotYet
        new += taking.take_live(world, tx, source, seen, read, now, is_poll=True).new
    return new


class Taker:
    """One per worker, in the thread that reads platforms. `folder` holds a folder for each source; None: none is
    looked into."""

    def __init__(
        self, world: World, folder: Path | None = None, wait: Callable[[float], bool] = lambda seconds: False
    ) -> None:
        self._world = world
        self._database = world.database
        self._folder = folder
        self._wait = wait

    def run(self) -> int:
        """Do what is due; gives how many files were kept or worked on."""
        done = self._look_into_folders()
        with self._database.read() as tx:
            now = self._now()
            due = [row[0] for row in tx.all("due_feed_sources", {"now": now})]
            files = [row[0] for row in tx.all("waiting_feed_files", {"now": now})]
        done += sum(self._fetch(one) for one in due)
        return done + sum(self._take(one) for one in files)

    # --- a file -----------------------------------------------------------------------------------

    def _take(self, id_: int) -> int:
        with self._database.transaction() as tx:
            row = tx.one("claim_feed_file", {"id": id_, "worker": self._world.worker, **self._times()})
            if row is None:
                return 0
            found = tx.one("feed_source_by_id", {"id": row[2]})
            assert found is not None
        _, shop, source_id, place, new, body = row
        kind, name, settings, layout, begin = found
        source = Source(source_id, shop, name, begin)
        try:
            reader = sources.reader_of(self._world.plugins, kind)
            whole = sources.with_shop(open_staff(self._database), shop, sources.layout_of(layout))
            sheet = reader.read(bytes(body), whole)
        except (Unmappable, ValueError) as error:
            self._end(id_, source, None, "feed.no_table", str(error))
            return 1
        if sheet.lacks:
            self._end(id_, source, sheet, "feed.lacks_columns", ", ".join(sheet.lacks))
            return 1
        held = decode(settings)
        try:
            while place < len(sheet.entries):
                piece = sheet.entries[place : place + PIECE]
                place, new = self._keep(id_, source, kind, held, piece, place, new)
        except LeaseLost:
            return 1
        except NotYet:
            soon = self._now() + timedelta(seconds=5) // MICROS
            with self._database.transaction() as tx:
                tx.run("release_feed_file", {"id": id_, "worker": self._world.worker, "until": soon})
            return 0
        self._end(id_, source, sheet)
        return 1

    def _keep(
        self,
        id_: int,
        source: Source,
        kind: str,
        settings: Mapping[str, Any],
        piece: Sequence[Entry],
        place: int,
        new: int,
    ) -> tuple[int, int]:
        """Until it is kept: others may be first with a record, or deliveries not be understood yet."""
        for tries in range(20):
            try:
                with self._database.transaction() as tx:
                    told = take_entries(self._world, tx, source, kind, settings, piece, self._now())
                    held = {"id": id_, "worker": self._world.worker, "until": self._times()["until"], "old": place}
                    after = {"place": place + len(piece), "new": new + told}
                    if tx.one("keep_feed_file", {**held, **after}) is None:
                        raise LeaseLost
                return place + len(piece), new + told
            except (Overtaken, NotYet, *DatabaseConflict):
                if self._wait(min(0.05 * 2**tries, 1.0)):
                    break
        raise NotYet

    def _end(self, id_: int, source: Source, sheet: Sheet | None, error: str | None = None, said: str = "") -> None:
        now = self._now()
        counts = {"columns": encode(sheet.columns if sheet else []), "rows": sheet.rows if sheet else 0}
        held = list(sheet.held) if sheet and error is None else []
        counts |= {"entries": len(sheet.entries) if sheet and error is None else 0, "held": len(held)}
        status = "refused" if error else "done"
        ending = {"id": id_, "worker": self._world.worker, "status": status, "error": error, "now": now}
        with self._database.transaction() as tx:
            if tx.one("end_feed_file", {**ending, **counts, "message": said[:1000] or None}) is None:
                return
            found = tx.one("feed_source_by_id", {"id": source.connection_id})
            namespace = decode(found[2]).get("namespace") if found else ""
            what = sheet.what if sheet else ""
            tx.many("copy_feed_held", [_row(source.shop_id, id_, one, what, namespace or "") for one in held])
            about = f"connection:{source.name}"
            if error or held:
                values = {"name": source.name, "file": id_, "held": len(held), "reason": error or ""}
                raise_alert(
                    tx, source.shop_id, kind="feed.held", about=about, text_code="feed.held", values=values, now=now
                )

    # --- where files come from --------------------------------------------------------------------

    def _fetch(self, connection: int) -> int:
        with self._database.transaction() as tx:
            held = {"connection": connection, "worker": self._world.worker, **self._times()}
            row = tx.one("claim_feed_source", held)
            if row is None:
                return 0
            found = tx.one("feed_source_by_id", {"id": connection})
            assert found is not None
            facts = self._world.shops.find(tx, row[0]).facts
        shop, url, key, every, mark, failures = row
        http: Any = self._world.ports(StoreHttp, facts)
        answer, error, message = self._ask(http, url, key, mark)
        now = self._now()
        settled: dict[str, Any] = {"connection": connection, "worker": self._world.worker, "now": now, "mark": None}
        about = f"connection:{found[1]}"
        with self._database.transaction() as tx:
            if error is None:
                if answer is not None:
                    settled["mark"] = next((answer.headers[one] for one in MARKS if answer.headers.get(one)), "")[:200]
                    file = url.partition("?")[0].rstrip("/").rpartition("/")[2] or "feed"
                    sources.keep(tx, shop, connection, file, answer.body, "", "address", now)
                tx.run(
                    "settle_feed_source",
                    {**settled, "next": now + every * taking.SECOND, "failures": 0, "error": None, "message": None},
                )
                settle_alert(tx, shop, "feed.not_fetched", about, now)
            else:
                wait = min(every, 60 * 2 ** min(failures, 10))
                failed = {"next": now + wait * taking.SECOND, "failures": failures + 1, "error": error}
                tx.run("settle_feed_source", {**settled, **failed, "message": message[:1000]})
                if failures + 1 >= TOLD:
                    values = {"name": found[1], "reason": error, "message": message[:300]}
                    kind = "feed.not_fetched"
                    raise_alert(tx, shop, kind=kind, about=about, text_code=kind, values=values, now=now)
        return 1

    def _ask(self, http: Http | None, url: str, key: str, mark: str) -> tuple[HttpAnswer | None, str | None, str]:
        """What the address gave (None: as the last time), or a code and what was said."""
        headers = {"Accept": "text/csv, text/tab-separated-values, */*"}
        if mark:
            headers["If-None-Match" if '"' in mark else "If-Modified-Since"] = mark
        try:
            if key:
                headers["Authorization"] = f"Bearer {decrypt(key)[0]}"
            if http is None:
                return None, "store.no_answer", "there is no way out of here"
            answer = http.send(HttpRequest("GET", url, headers, None, TIMEOUT))
        except SecretsUnreadable as error:
            return None, "store.key_unreadable", str(error)
        except HttpBlocked as error:
            return None, "store.blocked", str(error)
        except HttpFailed as error:
            return None, "store.no_answer", str(error)
        if answer.status == 304:
            return None, None, ""
        if answer.status in (401, 403):
            return None, "store.key_refused", f"The address refused the key ({answer.status})."
        if not 200 <= answer.status < 300:
            return None, "store.no_answer", f"The address answered {answer.status}."
        if not answer.body.strip() or len(answer.body) > sources.LARGEST:
            return None, "feed.no_table", "What it gave is empty or too large."
        return answer, None, ""

    def _look_into_folders(self) -> int:
        if self._folder is None:
            return 0
        with self._database.read() as tx:
            rows = tx.all("feed_folders")
        return sum(self._look_into(self._folder / name, id_, shop) for id_, shop, name in rows)

    def _look_into(self, folder: Path, source: int, shop: int) -> int:
        kept = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            files = sorted(one for one in folder.iterdir() if _is_whole(one))
        except OSError as error:
            log.warning("%s cannot be looked into: %s", folder, error)
            return 0
        for path in files:
            try:
                body = path.read_bytes()
                if body.strip() and len(body) <= sources.LARGEST:
                    with self._database.transaction() as tx:
                        sources.keep(tx, shop, source, path.name, body, "", "folder", self._now())
                # Whoever dies before this keeps it again, and it is as the one before.
                done = folder / "done"
                done.mkdir(exist_ok=True)
                path.rename(done / f"{time.time_ns()}-{path.name}")
            except OSError as error:
                log.warning("%s cannot be taken: %s", path, error)
                continue
            kept += 1
        return kept

    def _times(self) -> dict[str, int]:
        now = self._now()
        return {"now": now, "until": now + LEASE // MICROS}

    def _now(self) -> int:
        return to_micros(self._world.clock.now())


def _is_whole(path: Path) -> bool:
    """A file that stands still and is no half of an upload."""
    if path.name.startswith(".") or path.suffix.lower() in (".part", ".tmp", ".filepart"):
        return False
    return path.is_file() and not path.is_symlink() and time.time() - path.stat().st_mtime >= QUIET


def _row(shop: int, file: int, one: Held, what: str, namespace: str) -> tuple[Any, ...]:
    subject = f"order:{namespace}~{one.name}" if what == "orders" and one.name and namespace else ""
    faults = encode([asdict(fault) for fault in one.faults])
    if len(subject) > 200:
        subject = f"order:{blake2b(subject.encode(), digest_size=20).hexdigest()}"
    return (shop, file, one.line, one.name[:200], encode(one.rows), faults, subject, one.email[:254], "waiting")
