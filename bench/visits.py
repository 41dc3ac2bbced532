"""What a page costs that a known customer looks at: the processor's time of this process, for each way it can go.

    python bench/visits.py [--pages 2000] [--database sqlite|postgresql]

`look` is what a look at a product cost before there were visits (an event each), for comparison; `page` counts in a
visit under way, `product` is one that shows a product, `again` is one told twice, `begin` begins a visit. Each goes
through Django as a storefront sends it, signature and all; a test's client is in the figure too (`nothing` is a page
of a program: that client, the key and the signature). `worked` is the worker's time for each visit that began, `ended`
for each that is over. PostgreSQL's own processes are not in it. JSON on standard output.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

sys.path[:0] = [str(Path(__file__).parent.parent / "tests"), str(Path(__file__).parent.parent / "tests" / "store")]

from installation import migrate, postgres_server, ready  # noqa: E402

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--pages", type=int, default=2000)
    given.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    asked = given.parse_args()
    with tempfile.TemporaryDirectory(prefix="sereno-bench-") as folder:
        server = postgres_server(Path(folder)) if asked.database == "postgresql" else None
        url = server.get_uri() if server is not None else f"sqlite:///{folder}/bench.sqlite3"
        os.environ.update(SERENO_DATA_DIR=folder, SERENO_DATABASE_URL=url)
        try:
            ready()
            print(json.dumps({"database": asked.database, **measure(asked.pages, url)}, indent=1))
        finally:
            if server is not None:
                server.cleanup()


def measure(pages: int, url: str) -> dict[str, object]:
    from datetime import timedelta

    from django.test import Client
    from support import Place

    from sereno.site.environment import read
    from sereno.store import storefronts
    from sereno.store.database import default_database
    from sereno.web.storefronts import asking

    migrate(read({**os.environ, "SERENO_DATABASE_URL": url}).database)
    asking.BUCKETS = asking.Buckets(1e9, 1e9)
    place = Place(default_database())
    key, secret = storefronts.issue(place.shop, "bench", [], "bench")
    client, program = Client(headers={"User-Agent": PHONE}), Client(headers={"User-Agent": "curl/8.5.0"})
    proofs = {f"c{number}": storefronts.proof(secret, f"c{number}") for number in range(pages)}

    def send(where: str, who: str, by: Client = client, **body: object) -> None:
        whole = json.dumps({"customer": who, "proof": proofs[who], **body})
        by.post(f"/storefront/{key.token}/{where}", whole, content_type="text/plain")

    def timed(one: Callable[[int], object]) -> float:
        begin = process_time()
        for number in range(pages):
            one(number)
        return round((process_time() - begin) / pages * 1000, 3)

    send("visit", "c0", view="warming-up")
    found: dict[str, object] = {"pages": pages}
    found["nothing_ms"] = timed(lambda n: send("visit", f"c{n}", program, view=f"n-{n:08}"))
    found["look_ms"] = timed(lambda n: send("interest", f"c{n}", what="view", product="p1"))
    begin = process_time()
    place.drain()
    found["look_worked_ms"] = round((process_time() - begin) / pages * 1000, 3)
    found["begin_ms"] = timed(lambda n: send("visit", f"c{n}", view=f"b-{n:08}", utm_source="news", language="es"))
    begin = process_time()
    place.drain()
    found["worked_ms"] = round((process_time() - begin) / pages * 1000, 3)
    found["page_ms"] = timed(lambda n: send("visit", f"c{n}", view=f"p-{n:08}"))
    found["product_ms"] = timed(lambda n: send("visit", f"c{n}", view=f"q-{n:08}", product=f"p{n % 50}"))
    found["again_ms"] = timed(lambda n: send("visit", f"c{n}", view=f"q-{n:08}", product=f"p{n % 50}"))
    place.clock.move_to(place.clock.now() + timedelta(minutes=31))
    begin = process_time()
    place.drain()
    found["ended_ms"] = round((process_time() - begin) / pages * 1000, 3)
    found["visits"] = place.rows("SELECT count(*), sum(pages), sum(products) FROM visits_visit WHERE due_at IS NULL")[0]
    place.runtime.stop()
    return found


if __name__ == "__main__":
    main()
