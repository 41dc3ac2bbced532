"""A list at an advertiser's platform is filled from a segment: by who agreed, and replaced only when that is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from segmenting import make, settle
from support import START, Place, fact

from sereno.runtime import connecting
from sereno.runtime.connecting import ConnectionRefused
from sereno.runtime.stores import permitting
from sereno.runtime.tools import filling
from sereno.sdk.ports import HttpAnswer, HttpRequest
from sereno.site.plugins import load_plugins

LISTS = {"data": [{"id": "5", "name": "VIP", "approximate_count_lower_bound": 1200}, {"id": "6", "name": "New"}]}


class Meta:
    """Has two lists, and notes what is asked of them."""

    def __init__(self) -> None:
        self.asked: list[HttpRequest] = []

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.asked.append(request)
        path = request.url.partition("?")[0]
        body: Any = LISTS if path.endswith("/customaudiences") else {"name": "Shop", "account_status": 1}
        if path.endswith(("/users", "/usersreplace")):
            body = {"num_received": len(json.loads(request.body or b"{}")["payload"]["data"]), "num_invalid_entries": 0}
        return HttpAnswer(200, {}, json.dumps(body).encode())

    @property
    def filled(self) -> list[tuple[str, int]]:
        """(end of the path, people) of what was sent to a list."""
        ends = [(one.url.rpartition("/")[2], one) for one in self.asked if one.method == "POST"]
        return [
            (end, len(json.loads(one.body or b"{}")["payload"]["data"])) for end, one in ends if end.startswith("users")
        ]


@pytest.fixture
def meta(place: Place) -> Iterator[Meta]:
    load_plugins()
    web = Meta()
    base = "https://sereno.example/"
    connecting.connect(place.shop, "metaads", "ads", by="ana", secrets=["s"], base_url=base, database=place.database)
    permitting.give_access(
        "ads", {"token": "t", "account": "42"}, by="ana", shop_id=place.shop, http=web, database=place.database
    )
    people = [
        fact(
            f"c{number}", "customer.created", f"customer:{number}",
            {"id": str(number), "email": f"p{number}@example.com" if number != 7 else None, "tags": ["vip"],
             "accepts_email": number % 3 > 0, "updated_at": (START - timedelta(days=1)).isoformat()},
            customer=str(number),
        )
        for number in range(1, 13)
    ]  # fmt: skip
    place.send(*people)
    place.drain()
    make(place, "vip", {"field": "tags", "is": "has", "value": "vip"})
    settle(place)
    yield web


def given(place: Place, meta: Meta) -> dict[str, Any]:
    return {"shop_id": place.shop, "http": meta, "database": place.database}


def test_what_would_happen_is_said_and_nothing_is_done(place: Place, meta: Meta) -> None:
    seen = filling.foresee("ads", "5", "vip", **given(place, meta))
    assert (seen.title, seen.people, seen.there, seen.can_replace) == ("VIP", 12, 1200, True)
    assert seen.willing == 7 and seen.turned == {"consent.missing": 4, "address.missing": 1}
    assert seen.leaving == 1193
    assert filling.foresee("ads", "6", "vip", **given(place, meta)).leaving is None
    assert meta.filled == []


def test_who_agreed_is_put_on_the_list(place: Place, meta: Meta) -> None:
    with place.database.transaction() as tx:
        tx.many("suppress", [(place.shop, "p1@example.com", "email", "complaint", 0)])
    done = filling.fill("ads", "5", "vip", replaces=False, by="ana", **given(place, meta))
    assert done.taken == 6 and meta.filled == [("users", 6)]
    again = filling.fill("ads", "5", "vip", replaces=True, by="ana", **given(place, meta))
    assert again.taken == 6 and meta.filled[1:] == [("usersreplace", 6)]
    assert place.rows("SELECT count(*) FROM audit WHERE action = 'connection.list_filled'") == [(2,)]


def test_what_cannot_be_filled_is_refused_before_anything_leaves(place: Place, meta: Meta) -> None:
    with pytest.raises(ConnectionRefused, match="has no list 99"):
        filling.fill("ads", "99", "vip", replaces=True, by="ana", **given(place, meta))
    with pytest.raises(LookupError, match="no segment"):
        filling.fill("ads", "5", "gone", replaces=True, by="ana", **given(place, meta))
    with place.database.transaction() as tx:
        tx.many(
            "suppress", [(place.shop, f"p{number}@example.com", "email", "complaint", 0) for number in range(1, 13)]
        )
    with pytest.raises(ConnectionRefused, match="stays as it is"):
        filling.fill("ads", "5", "vip", replaces=True, by="ana", **given(place, meta))
    assert meta.filled == []
