"""Social posts as people write, plan and follow them, their accounts, the calendar; and the same by key."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from calling import call
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.translation import override
from seeding import Seeded

from sereno.modules.social.models import SocialAccount, SocialCopy, SocialPost
from sereno.runtime.social import accounts
from sereno.store.keys import issue
from sereno.store.models import Audit, Event
from sereno.web.social.words import regular_time

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + (3).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00" + b"\x00" * 4
HOUR = "2031-05-01T09:00"


@pytest.fixture
def account(seeded: Seeded) -> int:
    given = {"token": "t0ken-secret"}, {"server": "https://social.example"}
    return accounts.connect(seeded.shop.pk, "mastodon", *given, by="anna", title="Casa").id


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content[:500]
    return answer.content.decode()


def write(boss: Client, account: int, **more: object) -> SocialPost:
    given = {"text": "Lámpara nueva", "link": "https://shop.example/l", "account": account, "when": "at", "hour": HOUR}
    answer = boss.post("/social/new", {**given, **more})
    assert answer.status_code == 302, answer.content[-3000:]
    return SocialPost.objects.latest("id")


def test_pages_teach_before_there_is_anything(boss: Client, seeded: Seeded) -> None:
    assert "Connect your first account" in read(boss, "/social")
    assert "No account is connected yet" in read(boss, "/social/new")
    assert "Nothing stands here yet" in read(boss, "/calendar?view=list")
    assert read(boss, "/social/accounts").count("social-network") == 8


def test_what_is_refused_stands_in_the_form_again(boss: Client, seeded: Seeded, account: int) -> None:
    other = accounts.connect(
        seeded.shop.pk, "mastodon", {"token": "t"}, {"server": "https://two.example"}, by="anna", title="Dos"
    ).id
    said = {"text": "Hola", "text-en": "Hello", "link": "shop.example", "campaign": "spring", "account": other}
    said |= {"when": "at", "hour": "", "every": "7", "until": "2031-06-01", "title": "Mine", "alt": "A lamp"}
    for more in ({}, {"hour": HOUR}):
        file = {"file": SimpleUploadedFile("l.png", PNG, "image/png")}
        wrong = boss.post("/social/new", {**said, **more, **file})
        page = wrong.content.decode()
        assert wrong.status_code == 422 and not SocialPost.objects.exists()
        assert ">Hello</textarea>" in page and 'value="spring"' in page and 'value="2031-06-01"' in page
        assert f'value="{other}" checked' in page and f'value="{account}" checked' not in page
        assert '<option value="7" selected' in page and 'value="at" checked' in page
        assert page.count('name="picture"') == 1 and 'value="A lamp"' in page, "the picture is kept already"
    row = write(boss, account)
    late = boss.post(f"/social/{row.pk}/change", {**said, "hour": HOUR, "text": "Otra"})
    assert late.status_code == 422 and ">Otra</textarea>" in late.content.decode()


def test_an_account_is_kept_sealed_and_never_shown(boss: Client, seeded: Seeded, account: int) -> None:
    row = SocialAccount.objects.get(pk=account)
    assert "t0ken" not in row.access + json.dumps(row.settings)
    page = read(boss, f"/social/accounts/mastodon?account={account}")
    assert "t0ken" not in page and "https://social.example" in page
    answer = boss.post("/social/accounts/mastodon", {"server": "social.example", "token": "x"})
    assert answer.status_code == 422 and "An address begins with https://." in answer.content.decode()
    SocialAccount.objects.filter(pk=account).update(expires_at=datetime.now(UTC) + timedelta(days=3))
    assert "needs you" in read(boss, "/social")
    boss.post(f"/social/accounts/{account}/end")
    row.refresh_from_db()
    assert (row.access, row.is_active) == ("", False)


def test_a_post_is_written_with_a_picture_planned_shown_and_taken_back(
    boss: Client, seeded: Seeded, account: int
) -> None:  # fmt: skip
    row = write(boss, account, file=SimpleUploadedFile("l.png", PNG, "image/png"), alt="A lamp", campaign="spring sale")
    assert row.pictures[0]["alt"] == "A lamp" and row.campaign == "spring-sale" and row.status == "draft"
    page = read(boss, f"/social/{row.pk}")
    assert "utm_source=mastodon&amp;utm_medium=social&amp;utm_campaign=spring-sale" in page and "/ 500" in page
    given = {"text": "Otra lámpara", "account": account, "when": "at", "hour": HOUR, "send": "1"}
    boss.post(f"/social/{row.pk}/change", given)
    row.refresh_from_db()
    assert row.status == "scheduled" and row.at == datetime(2031, 5, 1, 7, tzinfo=UTC)
    page = read(boss, f"/social/{row.pk}")
    assert "Otra lámpara" in page and "Take it back to change it" in page
    assert Event.objects.filter(type="social.scheduled", subject=f"post:{row.pk}").count() == 1
    for view in ("month", "week", "list"):
        shown = read(boss, f"/calendar?view={view}&at=2031-05-01")
        assert f'href="/social/{row.pk}"' in shown and "09:00" in shown
    assert "Otra" not in read(boss, "/calendar?view=list&at=2031-05-01&kind=newsletter")
    boss.post(f"/social/{row.pk}/do", {"do": "take_back"})
    row.refresh_from_db()
    assert row.status == "draft" and not SocialCopy.objects.exists()
    boss.post(f"/social/{row.pk}/do", {"do": "discard"})
    assert not SocialPost.objects.exists()
    held = Audit.objects.filter(action__startswith="social.").order_by("id").values_list("action", flat=True)
    assert list(held)[1:] == [
        "social.written", "social.changed", "social.scheduled", "social.taken_back", "social.discarded",
    ]  # fmt: skip


def test_what_an_account_would_not_take_is_said_beside_it(boss: Client, seeded: Seeded, account: int) -> None:
    answer = boss.post("/social/preview", {"text": "a" * 510, "account": account, "when": "now"})
    assert "Too long by 10; it takes 500." in answer.content.decode()
    row = write(boss, account, text="a" * 510, link="")
    said = boss.post(
        f"/social/{row.pk}/change",
        {"text": "a" * 510, "account": account, "when": "now", "send": "1"}, follow=True,
    )  # fmt: skip
    assert "Casa: Too long by 10" in said.content.decode()
    assert SocialPost.objects.get().status == "draft"
    bad = boss.post("/social/new", {"text": "x", "link": "shop.example", "account": account, "when": "now"})
    assert bad.status_code == 422 and "A link begins with https://." in bad.content.decode()


def test_regular_times_are_kept_and_wrong_ones_said(boss: Client, seeded: Seeded) -> None:
    boss.post("/social/accounts/times", {"times": "wed 10:00\nmon 09:00\n", "approver": "owner"})
    assert "mon 09:00\nwed 10:00" in read(boss, "/social/accounts")
    answer = boss.post("/social/accounts/times", {"times": "monday", "approver": ""}, follow=True)
    assert "not monday" in answer.content.decode()


def test_who_may_not_write_sees_and_does_nothing(seeded: Seeded, account: int) -> None:
    from django.contrib.auth.models import User

    from sereno.store.models import Membership

    client = Client()
    viewer = User.objects.create_user("vera@example.com")
    Membership.objects.create(user=viewer, shop=seeded.shop, role="viewer")
    client.force_login(viewer)
    assert "New post" not in read(client, "/social")
    assert client.post("/social/new", {"text": "x"}).status_code == 403


def test_the_same_by_key(seeded: Seeded, account: int) -> None:
    key = issue(seeded.shop.pk, "k", "read flows:write settings", "mara")
    given = {
        "text": "Lamp",
        "texts": {"es": "Lámpara"},
        "accounts": [account],
        "plan": {"kind": "at", "at": "2031-05-01T07:00:00Z"},
    }
    made = call(key, "POST", "social/posts", given, 201)
    path = f"social/posts/{made['id']}"
    assert (made["status"], made["texts"], made["copies"]) == ("draft", {"es": "Lámpara"}, [])
    call(key, "PUT", path, {**given, "title": "Spring"})
    planned = call(key, "POST", f"{path}/do", {"do": "schedule"})
    assert planned["at"] == "2031-05-01T07:00:00Z" and planned["copies"][0]["text"] == "Lámpara"
    refused = call(key, "PUT", path, given, 422)
    assert "take it back" in str(refused)
    found = call(key, "GET", "calendar?since=2031-05-01T00:00:00Z&until=2031-05-02T00:00:00Z")["items"]
    assert found == [
        {"at": "2031-05-01T07:00:00Z", "until": None, "kind": "post", "title": "Spring", "state": "planned",
         "url": f"/social/{made['id']}"}
    ]  # fmt: skip
    call(key, "GET", "calendar?since=2031-05-01T00:00:00Z&until=2033-05-02T00:00:00Z", status=422)
    assert [one["id"] for one in call(key, "GET", "social/posts?status=scheduled")["items"]] == [made["id"]]
    call(key, "POST", f"{path}/do", {"do": "take_back"})
    call(key, "DELETE", path, status=204)
    call(key, "GET", path, status=404)
    call(issue(seeded.shop.pk, "r", "read", "mara"), "POST", "social/posts", given, 403)
    times = {"times": ["mon 09:00"], "approver": "owner"}
    assert call(key, "PUT", "social/times", times) == times == call(key, "GET", "social/times")
    more = {
        "network": "generic",
        "access": {"token": "s"},
        "settings": {"address": "https://b.example"},
        "is_asked": False,
    }
    other = call(key, "PUT", "social/accounts", more)
    assert other["given"] == ["token"] and "s" not in other.values()
    call(key, "DELETE", f"social/accounts/{other['id']}", status=204)
    shown = call(key, "GET", "social/accounts")["items"]
    assert [(one["title"], one["is_active"]) for one in shown] == [("Casa", True), (other["title"], False)]


def test_regular_times_are_in_the_readers_language() -> None:
    with override("es"):
        assert (regular_time("tue 18:30"), regular_time("someday")) == ("mar 18:30", "someday")
