"""Posts on social networks, from a plan to a network on a wire: once each, taken back, repeated, counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from support import START, Place

from sereno.engine.durations import format_instant
from sereno.runtime import services
from sereno.runtime.social import accounts, writing
from sereno.runtime.social.plan import PostInvalid, read_habits, read_written
from sereno.sdk.channels import ChannelCall
from sereno.sdk.ports import Http, HttpAnswer, HttpFailed, HttpRequest, HttpUnreached
from sereno.sdk.social import NETWORKS
from sereno.store.database import Database

LINK = "https://shop.example/lamp"
PICTURE = """INSERT INTO message_picture (shop_id, digest, kind, name, size, width, height, body, at, by)
VALUES ({shop}, '{digest}', 'jpg', 'lamp', 4, 80, 60, {body}, 0, 'tester')"""
BODIES = {"sqlite": "x'ffd8ffe0'", "postgresql": "'\\xffd8ffe0'::bytea"}
STATUS = "POST https://social.example/api/v1/statuses"


class Networks:
    """Mastodon, X, Telegram and any other on one wire; they keep what they were given. `answers`: what comes next of a
    line, once; `lost`: it was taken, but its answer never came."""

    def __init__(self) -> None:
        self.asked: list[HttpRequest] = []
        self.public: list[tuple[str, str]] = []
        self.answers: dict[str, list[Any]] = {}
        self.keys: set[str] = set()

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.asked.append(request)
        line = f"{request.method} {request.url}"
        for part, queue in self.answers.items():
            if part in line and queue:
                found = queue.pop(0)
                if found == "lost":
                    self._take(request)
                    raise HttpFailed("the answer was lost")
                if isinstance(found, Exception):
                    raise found
                return HttpAnswer(found[0], {}, json.dumps(found[1]).encode())
        return HttpAnswer(200, {}, json.dumps(self._take(request)).encode())

    def _take(self, request: HttpRequest) -> Any:
        if request.method == "GET":
            if "statuses?id" in request.url:
                asked = parse_qsl(urlsplit(request.url).query)
                counted = {"favourites_count": 4, "reblogs_count": 1, "replies_count": 0}
                return [{"id": value, **counted} for _name, value in asked]
            if "/tweets" in request.url:
                rows = [(at, text) for at, (host, text) in enumerate(self.public, 1) if host == "api.x.com"]
                return {"data": [{"id": str(at), "text": text, "created_at": None} for at, text in rows]}
            return {"data": {}}
        body = json.loads(request.body or b"{}")
        key, host = request.headers.get("Idempotency-Key", ""), request.url.split("/")[2]
        if not key or key not in self.keys:
            self.keys |= {key} if key else set()
            self.public.append((host, str(body.get("status") or body.get("text"))))
        id_ = str(len(self.public))
        return {"id": id_, "url": f"https://{host}/{id_}", "data": {"id": id_}, "ok": True, "result": {"message_id": 1}}


@pytest.fixture
def wire() -> Networks:
    return Networks()


@pytest.fixture
def shop(database: Database, wire: Networks, secret_key: None) -> Iterator[Place]:
    place = Place(database, lambda kind, shop: wire if kind is Http else None)
    yield place
    place.runtime.stop()


def account(place: Place, network: str, **more: Any) -> int:
    given = {
        "mastodon": ({"token": "t"}, {"server": "https://social.example"}),
        "x": ({"key": "k", "secret": "s", "token": "t", "token_secret": "ts"}, {}),
        "telegram": ({"token": "12345678:" + "A" * 35}, {"channel": "@shop"}),
        "generic": ({"token": "t"}, {"address": "https://bridge.example/posts"}),
    }[network]
    return accounts.connect(place.shop, network, *given, by="tester", database=place.database, **more).id


def post(place: Place, text: str, *where: int, **plan: Any) -> int:
    written = read_written({"text": text, "link": LINK, "accounts": where, "plan": plan or {"kind": "now"}})
    return writing.create(place.shop, written, "tester", database=place.database)


def schedule(place: Place, id: int) -> None:
    writing.schedule(place.shop, id, "tester", database=place.database)
    place.drain()


def copies(place: Place, id: int) -> list[tuple[Any, ...]]:
    return [
        tuple(row)
        for row in place.rows(f"SELECT network, status, reason, likes FROM social_copy WHERE post = {id} ORDER BY id")
    ]


def status(place: Place, id: int) -> str:
    return str(place.rows(f"SELECT status FROM social_post WHERE id = {id}")[0][0])


def at(place: Place, **more: float) -> str:
    return format_instant(place.clock.now() + timedelta(**more))


def test_a_post_goes_at_its_hour_to_every_account_and_is_counted(shop: Place, wire: Networks) -> None:
    here, there = account(shop, "mastodon"), account(shop, "x", title="Ours")
    id_ = post(shop, "Lamp", here, there, kind="at", at=at(shop, hours=2))
    schedule(shop, id_)
    assert not wire.asked and status(shop, id_) == "scheduled"
    shop.after(hours=2)
    words = dict(wire.public)
    assert words["social.example"] == (
        f"Lamp\n\n{LINK}?utm_source=mastodon&utm_medium=social&utm_campaign=post-{id_}"
    )  # fmt: skip
    assert "utm_source=x" in words["api.x.com"]
    assert [row[:2] for row in copies(shop, id_)] == [("mastodon", "published"), ("x", "published")]
    assert status(shop, id_) == "published"
    shop.after(hours=1)
    assert copies(shop, id_)[0][3] == 4
    told = shop.rows("SELECT type, data FROM event WHERE type = 'social.published' ORDER BY id")
    assert {json.loads(data)["network"] for _type, data in told} == {"mastodon", "x"}
    shop.after(days=9)
    assert len(wire.public) == 2


@pytest.mark.parametrize("network", ["mastodon", "x", "telegram", "generic"])
def test_a_lost_answer_is_no_second_post(shop: Place, wire: Networks, network: str) -> None:
    """Mastodon and the generic one know our key again, X is looked through, Telegram leaves it to a person."""
    where = account(shop, network)
    wire.answers["POST"] = ["lost"]
    id_ = post(shop, "Lamp", where)
    schedule(shop, id_)
    assert copies(shop, id_)[0][1] == "begun"
    for _ in range(10):
        shop.after(minutes=2)
    assert len(wire.public) == 1
    expected = ("telegram", "unclear", "social.unclear") if network == "telegram" else (network, "published", "")
    assert copies(shop, id_)[0][:3] == expected
    assert status(shop, id_) == ("failed" if network == "telegram" else "published")


def test_what_may_be_public_is_posted_again_on_a_persons_word_alone(shop: Place, wire: Networks) -> None:
    """Of a worker that died while it posted nobody knows more than of a lost answer; Telegram can be asked nothing."""
    where = account(shop, "telegram")
    wire.answers["POST"] = ["lost"]
    id_ = post(shop, "Lamp", where)
    schedule(shop, id_)
    for _ in range(10):
        shop.after(hours=2)
    assert len(wire.public) == 1 and copies(shop, id_)[0][1] == "unclear"
    failed = [row[0] for row in shop.rows("SELECT id FROM effect WHERE status = 'failed'")]
    services.replay_effects(failed, "tester", database=shop.database)
    shop.drain()
    assert len(wire.public) == 2
    assert copies(shop, id_)[0][:3] == ("telegram", "published", "") and status(shop, id_) == "published"


def test_where_a_key_may_not_read_a_persons_word_is_enough_too(shop: Place, wire: Networks) -> None:
    """X lets some keys post and not look: what nobody can look for is not left for ever."""
    where = account(shop, "x")
    wire.answers["POST"] = ["lost"]
    wire.answers["/tweets?"] = [(403, {"title": "Forbidden"})] * 2
    id_ = post(shop, "Lamp", where)
    schedule(shop, id_)
    for _ in range(4):
        shop.after(hours=2)
    assert len(wire.public) == 1 and copies(shop, id_)[0][1] == "unclear"
    failed = [row[0] for row in shop.rows("SELECT id FROM effect WHERE status = 'failed'")]
    services.replay_effects(failed, "tester", database=shop.database)
    shop.drain()
    assert len(wire.public) == 2 and copies(shop, id_)[0][1] == "published"


def test_mastodon_is_looked_through_once_its_server_has_forgotten_our_key(shop: Place, wire: Networks) -> None:
    where = account(shop, "mastodon")
    wire.answers[STATUS] = ["lost", *[HttpFailed("down")] * 30]
    id_ = post(shop, "Lamp", where)
    schedule(shop, id_)
    wire.answers[STATUS] = []
    wire.keys.clear()
    text = wire.public[0][1].replace("&", "&amp;")
    row = {"id": "7", "url": "https://social.example/7", "content": f"<p>{text}</p>", "created_at": None}
    wire.answers["accounts/"] = [(200, [row])] * 3
    shop.after(hours=2)
    assert len(wire.public) == 1 and copies(shop, id_)[0][1] == "published"


def test_a_picture_the_network_works_on_is_given_once_however_often_it_is_asked_for(
    shop: Place, wire: Networks
) -> None:  # fmt: skip
    where = account(shop, "mastodon")
    with shop.database.transaction() as tx:
        tx.text(PICTURE.format(shop=shop.shop, digest="d" * 64, body=BODIES[shop.database.dialect]))
    picture = {"name": f"{'d' * 64}.jpg", "alt": "A lamp"}
    written = read_written({"text": "Lamp", "accounts": [where], "pictures": [picture], "plan": {"kind": "now"}})
    id_ = writing.create(shop.shop, written, "tester", database=shop.database)
    wire.answers["v2/media"] = [(202, {"id": "22"})]
    wire.answers["v1/media/22"] = [(206, {"id": "22"})] * 3
    schedule(shop, id_)
    for _ in range(6):
        shop.after(minutes=4)
    assert copies(shop, id_)[0][:2] == ("mastodon", "published")
    assert sum("v2/media" in one.url for one in wire.asked) == 1
    assert sum("v1/media/22" in one.url for one in wire.asked) == 4


def test_words_the_network_has_already_after_a_lost_answer_are_for_a_person_to_look_at(
    shop: Place, wire: Networks
) -> None:  # fmt: skip
    where = account(shop, "x")
    wire.answers["POST"] = ["lost", (403, {"detail": "duplicate content"})]
    wire.answers["/tweets?"] = [(200, {"data": []})]
    id_ = post(shop, "Lamp", where)
    schedule(shop, id_)
    for _ in range(4):
        shop.after(minutes=4)
    assert copies(shop, id_)[0][1:3] == ("unclear", "post.duplicate") and len(wire.public) == 1


def test_what_was_surely_not_posted_is_posted_later_and_a_refusal_waits_for_a_person(
    shop: Place, wire: Networks
) -> None:  # fmt: skip
    where = account(shop, "mastodon")
    wire.answers[STATUS] = [HttpUnreached("no route"), (429, {}), (401, {"error": "The access token is invalid"})]
    id_ = post(shop, "Lamp", where)
    schedule(shop, id_)
    for _ in range(6):
        shop.after(minutes=6)
    assert not wire.public
    assert copies(shop, id_)[0][:3] == ("mastodon", "failed", "social.key_refused")
    assert accounts.listed(shop.shop, database=shop.database)[0].trouble == "social.key_refused"
    account_id = where
    accounts.connect(
        shop.shop, "mastodon", {"token": "new"}, {}, by="tester", account=account_id, database=shop.database
    )
    failed = [row[0] for row in shop.rows("SELECT id FROM effect WHERE status = 'failed'")]
    services.replay_effects(failed, "tester", database=shop.database)
    shop.drain()
    assert len(wire.public) == 1 and status(shop, id_) == "published"
    assert wire.asked[-1].headers["Authorization"] == "Bearer new"


def test_a_post_that_is_taken_back_moved_or_refused_goes_nowhere(shop: Place, wire: Networks) -> None:
    where = account(shop, "mastodon")
    id_ = post(shop, "Lamp", where, kind="at", at=at(shop, hours=2))
    schedule(shop, id_)
    writing.take_back(shop.shop, id_, "tester", database=shop.database)
    shop.after(hours=3)
    assert not wire.public and status(shop, id_) == "draft"
    later = read_written({"text": "Lamp 2", "accounts": [where], "plan": {"kind": "at", "at": at(shop, hours=5)}})
    writing.change(shop.shop, id_, later, "tester", database=shop.database)
    schedule(shop, id_)
    with pytest.raises(PostInvalid):
        writing.change(shop.shop, id_, later, "tester", database=shop.database)
    shop.after(hours=6)
    assert [text for _host, text in wire.public] == ["Lamp 2"]


def test_a_post_waits_for_whoever_has_to_agree(shop: Place, wire: Networks) -> None:
    where = account(shop, "mastodon")
    writing.set_habits(shop.shop, read_habits({"approver": "owner"}), "tester", database=shop.database)
    yes, no = post(shop, "Yes", where), post(shop, "No", where)
    schedule(shop, yes)
    schedule(shop, no)
    assert status(shop, yes) == "waiting" and not wire.public
    first, second = (row[0] for row in shop.rows("SELECT id FROM approval ORDER BY id"))
    services.decide_approval(first, True, "olga@example.com", database=shop.database)
    services.decide_approval(second, False, "olga@example.com", database=shop.database)
    shop.drain()
    assert (status(shop, yes), status(shop, no)) == ("published", "refused")
    assert len(wire.public) == 1


def test_a_post_that_repeats_is_planned_anew_once_each_time_at_the_shops_hour(shop: Place, wire: Networks) -> None:
    """The last Sunday of March lies between: the hour on the clock stays."""
    where = account(shop, "generic")
    until = format_instant(START + timedelta(days=40))
    id_ = post(shop, "Lamp", where, kind="at", at=at(shop, hours=2), every=14, until=until)
    schedule(shop, id_)
    shop.after(hours=2)
    shop.after(days=14)
    shop.after(days=14)
    shop.after(days=30)
    hours = [row[0] for row in shop.rows("SELECT at FROM social_post ORDER BY at")]
    begun = shop.rows("SELECT at FROM social_copy WHERE status = 'published'")
    assert len(wire.public) == len(hours) == len(begun) == 3
    assert (hours[1] - hours[0], hours[2] - hours[1]) == (14 * 86_400_000_000, (14 * 86_400 - 3600) * 1_000_000)


def test_a_flow_posts_once_for_each_step_and_what_is_too_long_is_cut(shop: Place, wire: Networks) -> None:
    account(shop, "x")
    shop.flow(
        f"""\
flow: say
name: Say
trigger: {{event: custom.news}}
steps:
  - social.post: {{text: "{"lamp " * 100}", link: "{LINK}", networks: [x], when: now}}
    as: made
"""
    )
    from sereno.sdk.connector import NewEvent

    shop.send(NewEvent("n1", "custom.news", "custom:1", shop.clock.now(), {}, {}))
    shop.drain()
    (text,) = [text for _host, text in wire.public]
    rules = NETWORKS.get("x").rules({})  # type: ignore[union-attr]
    assert 260 < rules.count(text) <= 280
    assert text.startswith("lamp lamp") and "…\n\nhttps://shop.example/lamp?utm_source=x" in text
    assert "utm_campaign=say" in text


def test_what_an_account_would_not_take_is_said_before_it_is_planned(shop: Place) -> None:
    where, other = account(shop, "x"), account(shop, "mastodon")
    with pytest.raises(PostInvalid) as wrong:
        schedule(shop, post(shop, "a" * 300, where, other))
    assert (wrong.value.code, wrong.value.values["number"]) == ("post.long", 45)
    with pytest.raises(PostInvalid, match="passed"):
        schedule(shop, post(shop, "Lamp", where, kind="at", at=at(shop, hours=-2)))
    accounts.disconnect(shop.shop, where, by="tester", database=shop.database)
    with pytest.raises(PostInvalid):
        schedule(shop, post(shop, "Lamp", where))


def test_posts_take_the_next_free_regular_time_and_the_best_hour_keeps_away_from_them(shop: Place) -> None:
    where = account(shop, "mastodon")
    writing.set_habits(shop.shop, read_habits({"times": ["mon 12:00", "mon 18:00"]}), "tester", database=shop.database)
    ids = [post(shop, text, where, kind="slot") for text in "ab"] + [post(shop, "c", where, kind="best")]
    for id_ in ids:
        schedule(shop, id_)
    planned = [row[0] for row in shop.rows("SELECT at FROM social_post ORDER BY id")]
    first, second, third = ((one - int(START.timestamp()) * 1_000_000) / 3_600_000_000 for one in planned)
    # The 2nd of March 2026 is a Monday, and it is 10 in the shop; the best hours are 9, 12 and 18 of working days.
    assert (first, second, third) == (2, 8, 23)


def test_a_published_post_is_taken_back_from_its_network(shop: Place, wire: Networks) -> None:
    from sereno.runtime.social.port import LiveSocial

    where = account(shop, "mastodon")
    id_ = post(shop, "Lamp", where)
    schedule(shop, id_)
    facts = shop.runtime.world.shops
    with shop.database.read() as tx:
        port = LiveSocial(shop.database, facts.find(tx, shop.shop).facts, shop.clock.now(), wire)  # type: ignore[arg-type]
    (copy,) = (row[0] for row in shop.rows(f"SELECT id FROM social_copy WHERE post = {id_}"))
    port.remove(copy)
    assert wire.asked[-1].method == "DELETE" and copies(shop, id_)[0][1] == "removed"
    assert isinstance(port, LiveSocial) and ChannelCall
