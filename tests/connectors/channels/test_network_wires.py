"""Each social network's request, answer and error by its published schema, and how each counts the length of a post."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from sereno.connectors.bluesky.posts import record_key
from sereno.connectors.linkedin.posts import VERSION, escaped
from sereno.connectors.x.posts import PIECE
from sereno.sdk.channels import ChannelBusy, ChannelCall, ChannelLimited, ChannelRefused, ChannelUnclear
from sereno.sdk.ports import HttpAnswer, HttpRequest
from sereno.sdk.social import NETWORKS, Figures, Held, Network, Picture, Post, by_graphemes

for _name in ("mastodon", "bluesky", "facebook", "instagram", "x", "linkedin", "telegram", "posting"):
    import_module(f"sereno.connectors.{_name}.posts")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LINK = "https://shop.example/lamp?utm_source=x&utm_medium=social"
TEXT = f"¡Lámpara nueva! 💡 #hogar\n\n{LINK}"
LAMP = Picture(b"\xff\xd8\xff\xe0jpeg", "jpg", "A lamp on a table", "https://s.example/media/ab.jpg", 800, 600)
POST = Post(TEXT, LINK, "es", at=NOW, begun_at=NOW)


def told(**more: Any) -> Post:
    """A post that no network has heard of."""
    return replace(POST, **{"held": Held(), **more})


ACCESS = {
    "token": "12345678:" + "A" * 35, "password": "abcd", "key": "k", "secret": "s", "token_secret": "ts",
}  # fmt: skip
SETTINGS = {
    "server": "https://social.example",
    "account": "17841",
    "handle": "shop.example",
    "page": "5551",
    "user": "99",
    "name": "shop",
    "author": "urn:li:organization:77",
    "channel": "@shop",
    "address": "https://bridge.example/posts",
}
SESSION = (200, {"did": "did:plc:abc", "handle": "shop.example", "accessJwt": "jwt", "refreshJwt": "r"})


class Wire:
    """`answers`: (part of the address, status, body, headers), each said once, in order; the last of a part stays."""

    def __init__(self, *answers: tuple[Any, ...]) -> None:
        self.asked: list[HttpRequest] = []
        self.answers = list(answers)

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.asked.append(request)
        line = f"{request.method} {request.url}"
        at = next(at for at, one in enumerate(self.answers) if one[0] in line)
        is_last = sum(one[0] == self.answers[at][0] for one in self.answers) == 1
        _part, status, body, *headers = self.answers[at] if is_last else self.answers.pop(at)
        return HttpAnswer(status, headers[0] if headers else {}, json.dumps(body).encode())

    def bodies(self, part: str) -> list[Any]:
        return [json.loads(one.body or b"{}") for one in self.asked if part in one.url and one.body]

    def lines(self) -> list[str]:
        return [f"{one.method} {urlsplit(one.url).path}" for one in self.asked]


def api(name: str) -> Network:
    found = NETWORKS.get(name)
    assert found is not None
    return found


def call(wire: Wire) -> ChannelCall:
    return ChannelCall(wire, SETTINGS, ACCESS, "social-7", NOW)


def test_all_networks_are_there() -> None:
    assert len(NETWORKS.names()) == 8
    for network in NETWORKS:
        assert network.access and network.steps and network.rules({}).longest >= 280


# --- how long it is ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "length"),
    [
        ("x", "a" * 280, 280),
        ("x", LINK, 23),
        ("x", "日本語", 6),
        ("x", "👨‍👩‍👧 👍🏽 🇪🇸", 8),
        ("x", "é – “Olá”", 9),
        ("bluesky", "👨‍👩‍👧 👍🏽 🇪🇸 e\u0301", 7),
        ("bluesky", "日本語", 3),
        ("mastodon", f"see {LINK} now", 31),
        ("mastodon", "hello @ana@social.example", 10),
        ("facebook", "👍🏽", 4),
        ("linkedin", "👍", 1),
        ("telegram", "👍", 2),
    ],
)
def test_each_network_counts_in_its_own_way(name: str, text: str, length: int) -> None:
    assert api(name).rules(SETTINGS).count(text) == length


def test_a_flag_is_one_sign_and_two_flags_are_two() -> None:
    assert by_graphemes("🇪🇸🇵🇹") == 2
    assert api("mastodon").rules({"longest": 5000, "link": 30}).longest == 5000
    assert api("mastodon").rules({"link": 30}).count(LINK) == 30


# --- Mastodon ---------------------------------------------------------------------------------------


def test_mastodon_is_given_the_picture_then_the_post_under_our_key() -> None:
    wire = Wire(
        ("POST https://social.example/api/v2/media", 202, {"id": "22", "type": "image", "url": None}),
        ("GET https://social.example/api/v1/media/22", 200, {"id": "22", "url": "https://f.example/22.jpg"}),
        ("statuses", 200, {"id": "103", "url": "https://social.example/@shop/103", "content": "<p>x</p>"}),
    )
    found = api("mastodon").publish(call(wire), told(pictures=(LAMP,)))
    assert (found.id, found.url) == ("103", "https://social.example/@shop/103")
    upload, _look, status = wire.asked
    assert b'name="description"\r\n\r\nA lamp on a table' in (upload.body or b"")
    assert b'name="file"; filename="picture.jpg"\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8' in (upload.body or b"")
    assert status.headers["Idempotency-Key"] == "social-7"
    assert json.loads(status.body or b"") == {
        "status": TEXT, "visibility": "public", "media_ids": ["22"], "language": "es",
    }  # fmt: skip


def test_mastodon_is_not_posted_to_before_the_picture_is_ready() -> None:
    wire = Wire(("v2/media", 202, {"id": "22"}), ("v1/media/22", 206, {"id": "22", "url": None}))
    with pytest.raises(ChannelBusy):
        api("mastodon").publish(call(wire), told(pictures=(LAMP,)))


def test_mastodon_is_asked_for_the_picture_it_has_and_not_given_another() -> None:
    wire = Wire(
        ("v2/media", 202, {"id": "22"}),
        ("v1/media/22", 206, {"id": "22", "url": None}), ("v1/media/22", 200, {"id": "22"}),
        ("statuses", 200, {"id": "103"}),
    )  # fmt: skip
    post = told(pictures=(LAMP,))
    with pytest.raises(ChannelBusy):
        api("mastodon").publish(call(wire), post)
    assert api("mastodon").publish(call(wire), post).id == "103"
    assert wire.lines().count("POST /api/v2/media") == 1
    assert wire.bodies("statuses")[0]["media_ids"] == ["22"]


def test_mastodon_is_looked_through_counted_and_taken_back() -> None:
    content = '<p>¡Lámpara nueva! 💡 <a href="#">#<span>hogar</span></a></p><p><a href="u">' + (
        '<span class="invisible">https://</span><span>shop.example/lamp?utm_source=x&amp;</span>'
        '<span class="invisible">utm_medium=social</span></a></p>'
    )
    row = {"id": "103", "created_at": "2026-11-22T12:00:01.000Z", "content": content, "url": "https://s/103"}
    wire = Wire(("accounts/17841/statuses", 200, [{**row, "id": "9", "content": "<p>Other</p>"}, row]))
    found = api("mastodon").find
    assert found is not None and found(call(wire), POST).id == "103"  # type: ignore[union-attr]
    old = Wire(("accounts/17841/statuses", 200, [{**row, "created_at": "2026-11-01T12:00:01.000Z"}]))
    assert found(call(old), POST) is None
    counted = Wire(("statuses?id", 200, [{"id": "103", "favourites_count": 3, "reblogs_count": 2, "replies_count": 1}]))
    assert api("mastodon").measure(call(counted), ["103"]) == {"103": Figures(3, 2, 1)}  # type: ignore[misc]
    gone = Wire(("DELETE", 404, {"error": "Record not found"}))
    api("mastodon").remove(call(gone), "103")  # type: ignore[misc]
    assert gone.lines() == ["DELETE /api/v1/statuses/103"]


def test_mastodon_tells_its_own_limits() -> None:
    limits = {"max_characters": 5000, "max_media_attachments": 6, "characters_reserved_per_url": 23}
    wire = Wire(
        ("verify_credentials", 200, {"id": "17841", "username": "shop", "url": "https://social.example/@shop"}),
        ("v2/instance", 200, {"configuration": {"statuses": limits}}),
    )
    known = api("mastodon").probe(call(wire))
    assert (known.name, known.settings["longest"], known.settings["account"]) == ("@shop", 5000, "17841")


# --- Bluesky ----------------------------------------------------------------------------------------


def test_bluesky_writes_one_record_wherever_it_is_tried_again() -> None:
    wire = Wire(
        ("createSession", *SESSION),
        ("uploadBlob", 200, {"blob": {"$type": "blob", "ref": {"$link": "bafk"}, "mimeType": "image/jpeg", "size": 8}}),
        ("putRecord", 200, {"uri": "at://did:plc:abc/app.bsky.feed.post/k", "cid": "c"}),
    )
    post = told(pictures=(LAMP,))
    first = api("bluesky").publish(call(wire), post)
    api("bluesky").publish(replace(call(wire), now=NOW + timedelta(hours=3)), post)
    one, two = wire.bodies("putRecord")
    assert one == two
    assert one["rkey"] == record_key(NOW, "social-7") and len(one["rkey"]) == 13
    assert first.url == f"https://bsky.app/profile/shop.example/post/{one['rkey']}"
    record = one["record"]
    assert record["langs"] == ["es"] and record["createdAt"].startswith("2026-11-22T12:00:00")
    image = record["embed"]["images"][0]
    assert (image["alt"], image["aspectRatio"]) == ("A lamp on a table", {"width": 800, "height": 600})
    raw = TEXT.encode()
    said = {raw[f["index"]["byteStart"] : f["index"]["byteEnd"]].decode(): f["features"][0] for f in record["facets"]}
    assert said[LINK] == {"$type": "app.bsky.richtext.facet#link", "uri": LINK}
    assert said["#hogar"] == {"$type": "app.bsky.richtext.facet#tag", "tag": "hogar"}


def test_record_keys_differ_by_post_and_go_on_with_time() -> None:
    assert record_key(NOW, "a") != record_key(NOW, "b")
    assert record_key(NOW, "z") < record_key(NOW + timedelta(seconds=1), "a")


def test_bluesky_refuses_the_password_counts_and_takes_back() -> None:
    wrong = Wire(("createSession", 401, {"error": "AuthenticationRequired", "message": "Invalid password"}))
    with pytest.raises(ChannelRefused) as refused:
        api("bluesky").probe(call(wrong))
    assert refused.value.code == "social.key_refused"
    uri = "at://did:plc:abc/app.bsky.feed.post/3k"
    row = {"uri": uri, "likeCount": 5, "repostCount": 1, "quoteCount": 1, "replyCount": 0}
    wire = Wire(("createSession", *SESSION), ("getPosts", 200, {"posts": [row]}), ("deleteRecord", 200, {}))
    assert api("bluesky").measure(call(wire), [uri]) == {uri: Figures(5, 2, 0)}  # type: ignore[misc]
    api("bluesky").remove(call(wire), uri)  # type: ignore[misc]
    assert wire.bodies("deleteRecord") == [{"repo": "did:plc:abc", "collection": "app.bsky.feed.post", "rkey": "3k"}]


# --- Facebook and Instagram -------------------------------------------------------------------------


def test_facebook_keeps_pictures_unpublished_until_the_post_names_them() -> None:
    wire = Wire(("5551/photos", 200, {"id": "31"}), ("5551/feed", 200, {"id": "5551_77"}))
    found = api("facebook").publish(call(wire), told(pictures=(LAMP,)))
    assert found.url == "https://www.facebook.com/5551/posts/77"
    assert b'name="published"\r\n\r\nfalse' in (wire.asked[0].body or b"")
    assert b'name="alt_text_custom"\r\n\r\nA lamp on a table' in (wire.asked[0].body or b"")
    assert wire.bodies("/feed") == [{"message": TEXT, "attached_media": [{"media_fbid": "31"}]}]
    plain = Wire(("5551/feed", 200, {"id": "5551_78"}))
    api("facebook").publish(call(plain), POST)
    assert plain.bodies("/feed") == [{"message": TEXT, "link": LINK}]


def test_facebook_is_looked_through_and_counted() -> None:
    rows = [{"id": "5551_1", "message": "Other"}, {"id": "5551_77", "message": TEXT}]
    wire = Wire(("published_posts", 200, {"data": rows}))
    assert api("facebook").find(call(wire), POST).id == "5551_77"  # type: ignore[misc,union-attr]
    assert dict(parse_qsl(urlsplit(wire.asked[0].url).query))["since"] == str(int(NOW.timestamp()) - 300)
    row = {
        "id": "5551_77", "shares": {"count": 2}, "reactions": {"summary": {"total_count": 9}},
        "comments": {"summary": {"total_count": 4}},
        "insights": {"data": [{"name": "post_clicks", "values": [{"value": 31}]}]},
    }  # fmt: skip
    counted = Wire(("?ids", 200, {"5551_77": row}))
    assert api("facebook").measure(call(counted), ["5551_77"]) == {"5551_77": Figures(9, 2, 4, 31)}  # type: ignore[misc]


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        ({"code": 190, "message": "Session has expired"}, ChannelRefused, "social.key_refused"),
        ({"code": 200, "message": "Permissions error"}, ChannelRefused, "social.key_refused"),
        ({"code": 368, "message": "Temporarily blocked"}, ChannelRefused, "post.refused"),
        ({"code": 32, "message": "Page request limit reached"}, ChannelLimited, ""),
        ({"code": 2, "message": "Service unavailable", "is_transient": True}, ChannelUnclear, ""),
        ({"code": -1, "error_subcode": 2207001, "message": "Instagram server error"}, ChannelUnclear, ""),
        ({"code": 9, "error_subcode": 2207042, "message": "maximum number of posts"}, ChannelLimited, ""),
        (
            {"code": 4, "error_subcode": 2207051, "message": "We restrict certain activity"},
            ChannelRefused,
            "post.refused",
        ),
        ({"code": 9007, "error_subcode": 2207027, "message": "Media ID is not available"}, ChannelBusy, ""),
        (
            {"code": 9004, "error_subcode": 2207052, "message": "could not be fetched"},
            ChannelRefused,
            "picture.refused",
        ),
        ({"code": 506, "message": "Duplicate status message"}, ChannelRefused, "post.duplicate"),
    ],
)
def test_what_meta_says_no_to(error: Any, kind: type[Exception], code: str) -> None:
    with pytest.raises(kind) as refused:
        api("facebook").publish(call(Wire(("5551/feed", 400, {"error": error}))), POST)
    assert getattr(refused.value, "code", "") == code


def test_instagram_waits_for_its_container_and_publishes_it_once() -> None:
    wire = Wire(
        ("17841/media_publish", 200, {"id": "900"}),
        ("17841/media", 200, {"id": "1"}),
        ("/1?fields=status", 200, {"status_code": "FINISHED"}),
        ("/900?fields", 500, {}),
    )
    found = api("instagram").publish(call(wire), told(pictures=(LAMP,)))
    assert (found.id, found.url) == ("900", "")
    assert wire.bodies("17841/media")[0] == {"image_url": LAMP.url, "alt_text": "A lamp on a table", "caption": TEXT}
    slow = Wire(("17841/media", 200, {"id": "1"}), ("/1?fields", 200, {"status_code": "IN_PROGRESS"}))
    with pytest.raises(ChannelBusy):
        api("instagram").publish(call(slow), told(pictures=(LAMP,)))
    assert not any("publish" in line for line in slow.lines())
    with pytest.raises(ChannelRefused):
        api("instagram").publish(call(slow), POST)


def test_instagram_is_asked_for_the_container_it_has_and_not_given_another() -> None:
    post = told(pictures=(LAMP,))
    slow = Wire(("17841/media", 200, {"id": "1"}), ("/1?fields", 200, {"status_code": "IN_PROGRESS"}))
    for _ in range(3):
        with pytest.raises(ChannelBusy):
            api("instagram").publish(call(slow), post)
    assert slow.lines().count("POST /v24.0/17841/media") == 1
    again = Wire(("/1?fields=status", 200, {"status_code": "FINISHED", "id": "1"}), ("media_publish", 200, {"id": "9"}),
                 ("/9?fields", 200, {"permalink": "https://i/p/A"}))  # fmt: skip
    assert api("instagram").publish(call(again), post).id == "9"
    assert again.bodies("media_publish") == [{"creation_id": "1"}]


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (200, {"status_code": "PUBLISHED", "id": "1"}, ChannelUnclear),
        (200, {"status_code": "EXPIRED", "id": "1"}, ChannelBusy),
        (400, {"error": {"code": 100, "error_subcode": 33, "message": "does not exist"}}, ChannelBusy),
        (200, {"status_code": "ERROR", "status": "Error: 2207052", "id": "1"}, ChannelRefused),
    ],
)
def test_instagram_says_what_became_of_a_container(status: int, answer: Any, kind: type[Exception]) -> None:
    """What it published under a lost answer is not published again; what is of no use any more is made anew."""
    post = told(pictures=(LAMP,), held=Held({"container": "1"}))
    wire = Wire(("/1?fields", status, answer))
    with pytest.raises(kind):
        api("instagram").publish(call(wire), post)
    assert wire.lines() == ["GET /v24.0/1"]
    assert bool(post.held.get("container")) is (kind is ChannelUnclear)


def test_instagram_shows_several_pictures_as_one_post_and_is_looked_through() -> None:
    wire = Wire(
        ("media_publish", 200, {"id": "900"}),
        ("17841/media", 200, {"id": "1"}), ("17841/media", 200, {"id": "2"}), ("17841/media", 200, {"id": "3"}),
        ("fields=status", 200, {"status_code": "FINISHED"}),
        ("/900?fields", 200, {"permalink": "https://www.instagram.com/p/A/"}),
    )  # fmt: skip
    found = api("instagram").publish(call(wire), told(pictures=(LAMP, LAMP)))
    assert found.url == "https://www.instagram.com/p/A/"
    carousel = wire.bodies("17841/media")[2]
    assert carousel == {"media_type": "CAROUSEL", "children": "1,2", "caption": TEXT}
    row = {"id": "900", "caption": TEXT, "timestamp": "2026-11-22T12:00:05+0000", "permalink": "https://i/p/A"}
    look = Wire(("17841/media", 200, {"data": [row]}))
    assert api("instagram").find(call(look), POST).id == "900"  # type: ignore[misc,union-attr]
    counted = Wire(("?ids", 200, {"900": {"id": "900", "like_count": 4, "comments_count": 1}}))
    assert api("instagram").measure(call(counted), ["900"]) == {"900": Figures(likes=4, replies=1)}  # type: ignore[misc]


# --- X ----------------------------------------------------------------------------------------------


def test_x_is_given_the_picture_its_words_and_the_post_each_signed() -> None:
    wire = Wire(
        ("media/upload", 200, {"data": {"id": "146", "media_key": "3_146", "expires_after_secs": 86400}}),
        ("media/metadata", 200, {"data": {"id": "146"}}),
        ("2/tweets", 201, {"data": {"id": "1460", "text": "x"}}),
    )
    found = api("x").publish(call(wire), told(pictures=(LAMP,)))
    assert (found.id, found.url) == ("1460", "https://x.com/shop/status/1460")
    assert all('oauth_signature_method="HMAC-SHA1"' in one.headers["Authorization"] for one in wire.asked)
    assert b'name="media_category"\r\n\r\ntweet_image' in (wire.asked[0].body or b"")
    assert wire.bodies("metadata") == [{"id": "146", "metadata": {"alt_text": {"text": "A lamp on a table"}}}]
    assert wire.bodies("2/tweets") == [{"text": TEXT, "media": {"media_ids": ["146"]}}]


def test_x_takes_what_moves_in_pieces_and_is_asked_until_it_is_done_with_it() -> None:
    moving = replace(LAMP, kind="gif", body=b"GIF89a" + bytes(PIECE))
    post = told(pictures=(moving,))
    wire = Wire(
        ("upload/initialize", 200, {"data": {"id": "77"}}),
        ("upload/77/append", 200, {"data": {"expires_at": 1}}),
        ("upload/77/finalize", 200, {"data": {"id": "77", "processing_info": {"state": "pending"}}}),
        ("command=STATUS", 200, {"data": {"id": "77", "processing_info": {"state": "in_progress"}}}),
        ("command=STATUS", 200, {"data": {"id": "77", "processing_info": {"state": "succeeded"}}}),
        ("media/metadata", 200, {"data": {"id": "77"}}),
        ("2/tweets", 201, {"data": {"id": "1460"}}),
    )
    for _ in range(2):
        with pytest.raises(ChannelBusy):
            api("x").publish(call(wire), post)
    assert api("x").publish(call(wire), post).id == "1460"
    begun = {"media_type": "image/gif", "total_bytes": PIECE + 6, "media_category": "tweet_gif"}
    assert json.loads(wire.asked[0].body or b"") == begun
    pieces = [one.body or b"" for one in wire.asked if "append" in one.url]
    assert [len(one) > PIECE for one in pieces] == [True, False] and b'"segment_index"\r\n\r\n1' in pieces[1]
    assert wire.bodies("2/tweets")[0]["media"] == {"media_ids": ["77"]}


def test_x_is_looked_through_by_what_its_short_links_stand_for() -> None:
    row = {
        "id": "1460", "created_at": "2026-11-22T12:00:02.000Z",
        "text": "¡Lámpara nueva! 💡 #hogar\n\nhttps://t.co/a https://t.co/b",
        "entities": {"urls": [
            {"url": "https://t.co/a", "expanded_url": LINK},
            {"url": "https://t.co/b", "expanded_url": "https://x.com/shop/status/1460/photo/1", "media_key": "3_146"},
        ]},
    }  # fmt: skip
    wire = Wire(("users/99/tweets", 200, {"data": [row]}))
    assert api("x").find(call(wire), POST).id == "1460"  # type: ignore[misc,union-attr]
    asked = dict(parse_qsl(urlsplit(wire.asked[0].url).query))
    assert asked["start_time"] == "2026-11-22T11:55:00Z"
    told = {"like_count": 1, "retweet_count": 2, "quote_count": 1, "reply_count": 3, "impression_count": 400}
    counted = Wire(("2/tweets?ids", 200, {"data": [{"id": "1460", "public_metrics": told}]}))
    assert api("x").measure(call(counted), ["1460"]) == {"1460": Figures(1, 3, 3, views=400)}  # type: ignore[misc]


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (401, {"title": "Unauthorized", "status": 401}, "social.key_refused"),
        (403, {"detail": "You are not allowed to create a Tweet with duplicate content."}, "post.duplicate"),
        (400, {"detail": "One or more parameters to your request was invalid."}, "post.refused"),
    ],
)
def test_x_refuses(status: int, body: Any, code: str) -> None:
    with pytest.raises(ChannelRefused) as refused:
        api("x").publish(call(Wire(("2/tweets", status, body))), POST)
    assert refused.value.code == code


# --- LinkedIn ---------------------------------------------------------------------------------------


def test_linkedin_takes_the_picture_then_the_post_with_its_marks_escaped() -> None:
    value = {"value": {"uploadUrl": "https://up.example/1", "image": "urn:li:image:C4"}}
    wire = Wire(
        ("images?action=initializeUpload", 200, value), ("PUT https://up.example/1", 201, {}),
        ("rest/posts", 201, {}, {"x-restli-id": "urn:li:share:68"}),
    )  # fmt: skip
    found = api("linkedin").publish(call(wire), told(text="Lamp (new) #home", pictures=(LAMP,)))
    assert (found.id, found.url) == ("urn:li:share:68", "https://www.linkedin.com/feed/update/urn:li:share:68/")
    assert wire.asked[1].body == LAMP.body
    body = wire.bodies("rest/posts")[0]
    assert (body["author"], body["commentary"]) == ("urn:li:organization:77", "Lamp \\(new\\) #home")
    assert body["content"] == {"media": {"id": "urn:li:image:C4", "altText": "A lamp on a table"}}
    assert (wire.asked[2].headers["LinkedIn-Version"], wire.asked[2].headers["X-Restli-Protocol-Version"]) == (
        VERSION, "2.0.0",
    )  # fmt: skip
    assert escaped("a_b * c") == "a\\_b \\* c"


def test_linkedin_is_asked_by_a_recent_version_once_ours_is_at_its_end() -> None:
    over = (426, {"status": 426, "code": "NONEXISTENT_VERSION", "message": "Requested version is not active"})
    wire = Wire(
        ("rest/posts", *over), ("rest/posts", *over), ("rest/posts", 201, {}, {"x-restli-id": "urn:li:share:1"})
    )
    late = replace(call(wire), now=datetime(2028, 2, 3, tzinfo=UTC))
    assert api("linkedin").publish(late, POST).id == "urn:li:share:1"
    assert [one.headers["LinkedIn-Version"] for one in wire.asked] == [VERSION, "202801", "202712"]
    with pytest.raises(ChannelRefused):
        api("linkedin").publish(replace(late, http=Wire(("rest/posts", *over))), POST)


def test_linkedin_says_that_it_has_the_words_already() -> None:
    details = {"inputErrors": [{"description": "Duplicate post is detected", "code": "DUPLICATE_POST"}]}
    body = {"status": 422, "message": "Content is a duplicate of urn:li:share:7", "errorDetails": details}
    with pytest.raises(ChannelRefused) as refused:
        api("linkedin").publish(call(Wire(("rest/posts", 422, body))), POST)
    assert refused.value.code == "post.duplicate" and "urn:li:share:7" in str(refused.value)


def test_linkedin_is_looked_through_counted_taken_back_and_refuses() -> None:
    rows = [{"id": "urn:li:share:68", "commentary": escaped(TEXT), "createdAt": int(NOW.timestamp() * 1000)}]
    assert api("linkedin").find(call(Wire(("q=author", 200, {"elements": rows}))), POST).id == "urn:li:share:68"  # type: ignore[misc,union-attr]
    told = {"reactionSummaries": {"LIKE": {"count": 3}, "PRAISE": {"count": 1}}, "commentSummary": {"count": 2}}
    counted = Wire(("socialMetadata", 200, {"results": {"urn:li:share:68": told}}))
    assert api("linkedin").measure(call(counted), ["urn:li:share:68"]) == {  # type: ignore[misc]
        "urn:li:share:68": Figures(likes=4, replies=2)
    }
    gone = Wire(("DELETE", 204, {}))
    api("linkedin").remove(call(gone), "urn:li:share:68")  # type: ignore[misc]
    assert gone.asked[0].url.endswith("/posts/urn%3Ali%3Ashare%3A68")
    with pytest.raises(ChannelRefused) as refused:
        api("linkedin").publish(call(Wire(("posts", 401, {"message": "Expired token", "status": 401}))), POST)
    assert refused.value.code == "social.key_refused"


# --- Telegram, and any other ------------------------------------------------------------------------


def test_telegram_takes_text_one_picture_or_several() -> None:
    said = {"ok": True, "result": {"message_id": 12}}
    wire = Wire(("sendMessage", 200, said), ("sendPhoto", 200, said))
    found = api("telegram").publish(call(wire), POST)
    assert (found.id, found.url) == ("12", "https://t.me/shop/12")
    api("telegram").publish(call(wire), told(pictures=(LAMP,)))
    assert b'name="caption"' in (wire.asked[1].body or b"") and b'name="photo"' in (wire.asked[1].body or b"")
    album = Wire(("sendMediaGroup", 200, {"ok": True, "result": [{"message_id": 13}, {"message_id": 14}]}))
    assert api("telegram").publish(call(album), told(pictures=(LAMP, LAMP))).id == "13"
    assert b"attach://p1" in (album.asked[0].body or b"")
    with pytest.raises(ChannelRefused, match="1024"):
        api("telegram").publish(call(wire), told(text="a" * 1025, pictures=(LAMP,)))


def test_telegram_refuses_a_bot_that_may_not_post() -> None:
    said = {"ok": False, "error_code": 400, "description": "Bad Request: need administrator rights in the channel chat"}
    with pytest.raises(ChannelRefused) as refused:
        api("telegram").publish(call(Wire(("sendMessage", 400, said))), POST)
    assert refused.value.code == "social.key_refused"


def test_any_other_system_gets_one_request_under_our_key() -> None:
    wire = Wire(("bridge.example", 201, {"id": "a1", "url": "https://bridge.example/a1"}))
    found = api("generic").publish(call(wire), told(pictures=(LAMP,)))
    assert (found.id, found.url) == ("a1", "https://bridge.example/a1")
    assert wire.asked[0].headers["Idempotency-Key"] == "social-7"
    assert wire.bodies("posts")[0]["pictures"] == [{"url": LAMP.url, "alt": "A lamp on a table"}]
    with pytest.raises(ChannelRefused):
        api("generic").publish(call(Wire(("bridge", 422, {"message": "no"}))), POST)


def test_a_network_that_wants_a_pause_surely_did_not_publish() -> None:
    for network in NETWORKS:
        wire = Wire(("createSession", *SESSION), ("", 429, {}, {"retry-after": "7"}))
        post = told(pictures=(LAMP,)) if network.name == "instagram" else POST
        with pytest.raises(ChannelLimited) as limited:
            network.publish(call(wire), post)
        assert limited.value.after == timedelta(seconds=7)
