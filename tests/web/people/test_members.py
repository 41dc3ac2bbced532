"""The people of a shop: invitations, roles, the last owner, forgotten passwords."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from time import thread_time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from posting import Post
from seeding import PASSWORD, make_shop, person

from sereno.store.models import Audit, Invitation, Membership, Shop, SignIn
from sereno.web.people import mailing

NEW = {"name": "Bo", "password": "lantern light at night"}


@pytest.fixture
def owner(shop: Shop) -> Client:
    return signed_in(person(shop, "ana@example.com", "owner"))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def invite(client: Client, email: str = "bo@example.com", role: str = "support") -> str:
    """The path of the link, as the page shows it once."""
    assert client.post("/people/invite", {"email": email, "role": role}).status_code == 302
    page = client.get("/people").content.decode()
    link = re.search(r'id="invitation-link">http://[^/]+(/join/[^<]+)<', page)[1]  # type: ignore[index]
    assert link not in client.get("/people").content.decode()
    return link


def member(shop: Shop, email: str) -> Membership:
    return Membership.objects.get(shop=shop, user__username=email)


# Invitations


def test_somebody_is_invited_by_mail_and_joins(shop: Shop, owner: Client, post: Post) -> None:
    link = invite(owner)
    (mail,) = post.all()
    assert mail.to == "bo@example.com" and link in mail.text and link in (mail.html or "")
    assert "Lantern &amp; Wick" in (mail.html or "") and "te invita" in mail.subject
    assert link.rpartition("/")[2] not in str(list(Invitation.objects.values()))

    bo = Client()
    page = bo.get(link).content.decode()
    assert "bo@example.com" in page and "Support" in page
    assert Invitation.objects.get().accepted_at is None  # looking changes nothing
    assert bo.post(link, {**NEW, "password": "short"}).status_code == 422
    assert bo.post(link, NEW)["Location"] == "/"
    assert "Welcome to Lantern" in bo.get("/").content.decode()
    row = member(shop, "bo@example.com")
    assert (row.role, row.user.first_name, row.user.password[:6]) == ("support", "Bo", "argon2")
    assert Client().get(link).status_code == 404
    assert Client().post(link, NEW).status_code == 404
    assert [line.action for line in Audit.objects.order_by("id")] == ["person.invited", "person.joined"]


def test_without_a_mail_server_the_link_is_handed_over(owner: Client) -> None:
    owner.post("/people/invite", {"email": "bo@example.com", "role": "viewer"})
    assert "No mail server is set" in owner.get("/people").content.decode()


def test_an_invitation_ends_after_a_week_or_when_taken_back(owner: Client) -> None:
    link = invite(owner)
    Invitation.objects.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert Client().get(link).status_code == 404
    owner.post(f"/people/invitations/{Invitation.objects.get().pk}/renew")
    assert Client().get(link).status_code == 404
    fresh = Invitation.objects.get(revoked_at=None)
    assert fresh.expires_at > datetime.now(UTC) + timedelta(days=6)
    newer = invite(owner)  # takes the place of the one before
    assert Client().get(newer).status_code == 200
    owner.post(f"/people/invitations/{Invitation.objects.get(revoked_at=None).pk}/withdraw")
    assert Client().get(newer).status_code == 404
    assert Client().get("/join/nonsense").status_code == 404


def test_somebody_with_an_account_signs_in_and_joins(shop: Shop, owner: Client) -> None:
    bo = person(make_shop("two", "Two"), "bo@example.com", "owner")
    link = invite(owner)
    assert "Sign in, and you come back here" in Client().get(link).content.decode()
    assert Client().post(link, NEW).status_code == 409  # no second account, no new password
    client = signed_in(bo)
    client.post(link)
    assert client.get("/").content.decode().count("Lantern") > 0
    assert bo.membership_set.count() == 2 and bo.check_password(PASSWORD)


def test_an_invitation_is_for_its_address_alone(shop: Shop, owner: Client) -> None:
    eve = signed_in(person(make_shop("two", "Two"), "eve@example.com", "owner"))
    link = invite(owner, "bo@example.com", "owner")
    assert "the invitation is for bo@example.com" in eve.get(link).content.decode().replace("&#39;", "'")
    assert eve.post(link, NEW).status_code == 409
    assert Membership.objects.filter(shop=shop).count() == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"email": "nobody", "role": "viewer"}, "Write a whole e-mail address"),
        ({"email": "ana@example.com", "role": "viewer"}, "belongs to this shop already"),
        ({"email": "bo@example.com", "role": "king"}, "Choose one of the roles"),
    ],
)
def test_a_wrong_invitation_says_what_to_do(owner: Client, fields: dict[str, str], said: str) -> None:
    answer = owner.post("/people/invite", fields)
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not Invitation.objects.exists()


# Roles


def test_roles_are_given_and_taken(shop: Shop, owner: Client) -> None:
    bo = member(shop, person(shop, "bo@example.com", "viewer").username)
    owner.post(f"/people/{bo.pk}/role", {"role": "marketer"})
    bo.refresh_from_db()
    assert bo.role == "marketer"
    line = Audit.objects.get(action="person.role_changed")
    assert (line.target, line.by) == ("bo@example.com", "ana@example.com")
    assert line.details == {"before": {"role": "viewer"}, "after": {"role": "marketer"}}
    owner.post(f"/people/{bo.pk}/remove")
    assert not Membership.objects.filter(pk=bo.pk).exists() and User.objects.filter(username="bo@example.com").exists()
    assert signed_in(bo.user).get("/").status_code == 403


def test_the_last_owner_stays(shop: Shop, owner: Client) -> None:
    mine = member(shop, "ana@example.com")
    for path, fields in ((f"/people/{mine.pk}/role", {"role": "viewer"}), (f"/people/{mine.pk}/remove", {})):
        owner.post(path, fields)
        mine.refresh_from_db()
        assert mine.role == "owner"
        assert "This is the last owner" in owner.get("/people").content.decode()
    person(shop, "bo@example.com", "owner")
    owner.post(f"/people/{mine.pk}/role", {"role": "viewer"})
    assert owner.get("/people").status_code == 403


def test_an_operator_makes_no_owners_and_touches_none(shop: Shop, owner: Client) -> None:
    operator = signed_in(person(shop, "op@example.com", "operator"))
    vic = member(shop, person(shop, "vic@example.com", "viewer").username)
    ana = member(shop, "ana@example.com")
    own = member(shop, "op@example.com")
    owner.post("/people/invite", {"email": "boss@example.com", "role": "owner"})
    invitation = Invitation.objects.get()
    assert operator.post("/people/invite", {"email": "x@example.com", "role": "owner"}).status_code == 422
    for path, fields in (
        (f"/people/{vic.pk}/role", {"role": "owner"}),
        (f"/people/{own.pk}/role", {"role": "owner"}),
        (f"/people/{ana.pk}/role", {"role": "viewer"}),
        (f"/people/{ana.pk}/remove", {}),
        (f"/people/invitations/{invitation.pk}/renew", {}),
        (f"/people/invitations/{invitation.pk}/withdraw", {}),
        ("/shops/new", {"name": "Mine", "currency": "EUR", "timezone": "Europe/Madrid", "locale": "es"}),
    ):
        assert operator.post(path, fields).status_code == 403, path
    operator.post(f"/people/{vic.pk}/role", {"role": "support"})
    vic.refresh_from_db()
    assert vic.role == "support"
    assert set(Membership.objects.filter(shop=shop, role="owner")) == {ana}


@pytest.mark.parametrize("role", ["marketer", "support", "viewer"])
def test_others_neither_see_nor_change_the_people(shop: Shop, owner: Client, role: str) -> None:
    client = signed_in(person(shop, "bo@example.com", role))
    for page in ("/people", "/keys", "/shop", "/audit", "/audit.csv", "/welcome"):
        assert client.get(page).status_code == 403, page
    assert client.post("/people/invite", {"email": "x@example.com", "role": "viewer"}).status_code == 403
    assert 'href="/people"' not in client.get("/").content.decode()


# Forgotten passwords


def reset_link(mail: Any) -> str:
    return re.search(r"http://[^/]+(/sign-in/reset/\S+)", mail.text)[1]  # type: ignore[index]


def test_a_password_is_set_by_a_link_that_is_good_once(shop: Shop, owner: Client, post: Post) -> None:
    ana = Client()
    answer = ana.post("/sign-in/forgotten", {"email": "Ana@Example.com"})
    link = reset_link(post.all()[0])
    assert ana.get(link).status_code == 200
    assert ana.post(link, {"password": "short"}).status_code == 422
    answer = ana.post(link, {"password": NEW["password"]})
    assert answer["Location"] == "/" and ana.get("/").status_code == 200
    assert owner.get("/").status_code == 302  # every other device is out
    assert SignIn.objects.count() == 1
    assert Client().get(link).status_code == 404
    assert Client().post(link, {"password": "yet another password"}).status_code == 404
    assert Audit.objects.get(action="person.password_reset").target == "ana@example.com"


def test_a_reset_does_not_go_around_the_second_factor(shop: Shop, owner: Client, post: Post) -> None:
    from sereno.store.models import SecondFactor
    from sereno.store.secrets import encrypt

    user = User.objects.get()
    now = datetime.now(UTC)
    SecondFactor.objects.create(user=user, secret=encrypt(["A" * 32]), created_at=now, confirmed_at=now)
    client = Client()
    client.post("/sign-in/forgotten", {"email": "ana@example.com"})
    answer = client.post(reset_link(post.all()[0]), {"password": NEW["password"]})
    assert answer["Location"] == "/sign-in/code" and client.get("/").status_code == 302


def test_a_link_ends_after_an_hour(owner: Client, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    Client().post("/sign-in/forgotten", {"email": "ana@example.com"})
    link = reset_link(post.all()[0])
    from django.contrib.auth import tokens

    later = datetime.now() + timedelta(seconds=3605)  # noqa: DTZ005 - as the token generator counts
    monkeypatch.setattr(tokens.PasswordResetTokenGenerator, "_now", lambda self: later)
    assert Client().get(link).status_code == 404


def test_the_page_says_the_same_of_known_and_unknown_addresses(owner: Client, post: Post) -> None:
    def asked(email: str) -> tuple[str, float]:
        began = thread_time()
        text = Client().post("/sign-in/forgotten", {"email": email}).content.decode()
        return re.sub(r'value="[^"]*"', "", text.replace(email, "")), thread_time() - began

    asked("warm@example.com")
    (known, first), (unknown, second) = asked("ana@example.com"), asked("nobody@example.com")
    assert known == unknown
    assert max(first, second) < 1 + 10 * min(first, second)
    assert [mail.to for mail in post.all()] == ["ana@example.com"]


def test_the_answer_does_not_wait_for_the_mail_server(
    owner: Client, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    held = threading.Event()
    take = post.send
    monkeypatch.setattr(post, "send", lambda mail: (held.wait(20), take(mail))[1])
    assert Client().post("/sign-in/forgotten", {"email": "ana@example.com"}).status_code == 200
    assert post.mails == []
    held.set()
    mailing.wait_for_background()
    assert len(post.all()) == 1


def test_nobody_is_pestered_with_links(owner: Client, post: Post) -> None:
    for _ in range(5):
        assert Client().post("/sign-in/forgotten", {"email": "ana@example.com"}).status_code == 200
    assert len(post.all()) == 3


def test_without_a_mail_server_the_page_says_whom_to_ask(owner: Client) -> None:
    assert "sereno user reset" in Client().get("/sign-in/forgotten").content.decode()
    assert "sereno user reset" in Client().post("/sign-in/forgotten", {"email": "ana@example.com"}).content.decode()


@pytest.mark.parametrize("key", ["", "MQ", "x", "____", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"])
def test_a_made_up_link_is_no_fault_of_ours(owner: Client, key: str) -> None:
    assert Client().get(f"/sign-in/reset/{key or '-'}/abc-def").status_code == 404
