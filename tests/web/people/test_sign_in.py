"""Signing in: tries that are counted, devices that are known, old passwords, the second factor, the list of devices."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from seeding import PASSWORD, make_shop, person

from sereno.store.models import Audit, RecoveryCode, SecondFactor, SignIn, Tries
from sereno.store.secrets import decrypt
from sereno.web.people import second_factor, totp

WRONG = {"email": "ana@example.com", "password": "wrong"}
RIGHT = {"email": "ana@example.com", "password": PASSWORD}


STEP = 60_000_000


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second factor's clock stands still, so that no test meets the end of a step."""
    monkeypatch.setattr(second_factor, "time", SimpleNamespace(time=lambda: STEP * 30.0))


@pytest.fixture
def ana() -> User:
    return person(make_shop(), "ana@example.com", "owner")


def enter(client: Client | None = None, **fields: str) -> Client:
    client = client or Client()
    assert client.post("/sign-in", {**RIGHT, **fields}).status_code == 302
    return client


def enrol(user: User) -> tuple[str, list[str]]:
    """(the secret, the recovery codes)"""
    secret = second_factor.begin(user)
    codes = second_factor.confirm(user, totp.code_at(secret, STEP - 1))
    assert codes is not None
    return secret, codes


def code_now(secret: str, later: int = 0) -> str:
    return totp.code_at(secret, STEP + later)


# Passwords


def test_passwords_are_argon2_and_old_ones_become_so(ana: User) -> None:
    # Django's own, as it is: only while tests run it is made a cheap one.
    assert settings.PASSWORD_HASHERS[0] == f"{Argon2PasswordHasher.__module__}.{Argon2PasswordHasher.__name__}"
    assert ana.password.startswith("argon2$argon2id$")
    User.objects.update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))
    enter()
    ana.refresh_from_db()
    assert ana.password.startswith("argon2$argon2id$")


def test_changing_the_password_needs_the_old_one_and_signs_out_the_others(ana: User) -> None:
    here, there = enter(), enter()
    fields = {"password": "wrong", "new_password": "lantern light at night"}
    assert here.post("/account/password", fields).status_code == 422
    assert here.post("/account/password", {"password": PASSWORD, "new_password": "short"}).status_code == 422
    before = here.cookies[settings.SESSION_COOKIE_NAME].value
    assert here.post("/account/password", {**fields, "password": PASSWORD}).status_code == 302
    assert here.cookies[settings.SESSION_COOKIE_NAME].value != before
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 302
    assert Audit.objects.get(action="person.password_changed").by == "ana@example.com"
    assert Client().post("/sign-in", RIGHT).status_code == 401


def test_a_session_alone_makes_no_password(ana: User) -> None:
    client = enter()
    ana.set_unusable_password()
    ana.save()
    client.force_login(ana)
    answer = client.post("/account/password", {"password": "", "new_password": "lantern light at night"})
    assert answer["Location"] == "/sign-in/forgotten"
    ana.refresh_from_db()
    assert not ana.has_usable_password()


def test_tries_at_the_old_password_are_counted(ana: User) -> None:
    client = enter()
    fields = {"password": "wrong", "new_password": "lantern light at night"}
    for _ in range(6):
        client.post("/account/password", fields)
    assert client.post("/account/password", {**fields, "password": PASSWORD}).status_code == 422


# Throttling


def test_an_unknown_account_answers_as_a_known_one(ana: User) -> None:
    known, unknown = (Client().post("/sign-in", {**WRONG, "email": email}) for email in (WRONG["email"], "no@x.org"))
    assert known.status_code == unknown.status_code == 401
    page = re.compile(rb'value="[^"]*"|ana@example.com|no@x.org')
    assert page.sub(b"", known.content) == page.sub(b"", unknown.content)


def test_a_stranger_cannot_keep_out_who_was_here_before(ana: User) -> None:
    mine = enter()
    mine.post("/sign-out")
    stranger = Client()
    assert [stranger.post("/sign-in", WRONG).status_code for _ in range(7)] == [401] * 6 + [429]
    assert stranger.post("/sign-in", RIGHT).status_code == 429
    enter(mine)
    # The device has tries of its own, and they end, too.
    mine.post("/sign-out")
    assert [mine.post("/sign-in", WRONG).status_code for _ in range(7)] == [401] * 6 + [429]


def test_a_device_cookie_is_good_for_its_account_alone(ana: User) -> None:
    person(make_shop("two", "Two"), "bo@example.com", "owner")
    mine = enter()
    mine.post("/sign-out")
    other = {**WRONG, "email": "bo@example.com"}
    assert [mine.post("/sign-in", other).status_code for _ in range(7)][-1] == 429
    assert Client().post("/sign-in", {**other, "password": PASSWORD}).status_code == 429


def test_a_lock_ends_by_itself(ana: User) -> None:
    client = Client()
    for _ in range(7):
        client.post("/sign-in", WRONG)
    Tries.objects.update(until=0)
    enter(client)


def test_many_accounts_from_one_address_are_counted_together(ana: User) -> None:
    for number in range(30):
        assert Client().post("/sign-in", {**WRONG, "email": f"{number}@x.org"}).status_code == 401
    assert Client().post("/sign-in", RIGHT).status_code == 429
    assert Client(REMOTE_ADDR="203.0.113.9").post("/sign-in", RIGHT).status_code == 302


def test_right_passwords_do_not_use_up_an_addresss_tries(ana: User) -> None:
    for _ in range(35):
        enter()


def test_an_address_is_believed_from_trusted_proxies_only(ana: User, installed: Callable[..., None]) -> None:
    def tries(count: int, said: str, peer: str = "127.0.0.1") -> int:
        client = Client(REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=said)
        return [client.post("/sign-in", {**WRONG, "email": f"{n}@{said[:4]}"}).status_code for n in range(count)][-1]

    # Nobody is trusted: what is claimed changes nothing.
    assert tries(30, "198.51.100.1") == 401
    assert tries(1, "198.51.100.2") == 429
    Tries.objects.all().delete()
    installed(trusted_proxies=("127.0.0.1/32", "10.0.0.0/8"))
    assert tries(31, "198.51.100.1") == 429
    assert tries(1, "198.51.100.2") == 401
    # What the client itself wrote stands before what the proxy added, and is not reached.
    assert tries(1, "198.51.100.99, 198.51.100.1") == 429
    assert tries(1, "198.51.100.1, 198.51.100.77, 10.1.2.3") == 401
    # Somebody who is no proxy of ours is counted by the address that connects.
    assert tries(31, "198.51.100.3", peer="203.0.113.5") == 429
    assert tries(1, "198.51.100.4", peer="203.0.113.5") == 429


def test_ipv6_is_counted_by_network() -> None:
    from sereno.web.people.addresses import place_of

    assert place_of("2001:db8::1") == place_of("2001:db8::ffff:2") != place_of("2001:db8:0:1::1")
    assert place_of("203.0.113.9") == "203.0.113.9"


# The second factor


def test_the_second_factor_is_set_up_from_the_page_and_asked_for(ana: User) -> None:
    client = enter()
    page = client.get("/account/two-factor").content.decode()
    secret = re.search(r'<code class="break">([A-Z2-7 ]+)</code>', page)[1].replace(" ", "")  # type: ignore[index]
    assert "<svg" in page and 'class="qr"' in page and "viewBox" in page and "style=" not in page
    row = SecondFactor.objects.get()
    assert secret not in row.secret and decrypt(row.secret) == [secret]
    assert client.get("/account/two-factor").content.decode().count(" ".join(re.findall("....", secret))) == 1
    assert client.post("/account/two-factor", {"code": "000000"}).status_code == 422
    other = enter()
    shown = client.post("/account/two-factor", {"code": code_now(secret)}).content.decode()
    codes = re.search(r'id="recovery-codes" tabindex="0">([^<]+)<', shown)[1].split()  # type: ignore[index]
    assert len(codes) == 10 and not RecoveryCode.objects.filter(digest__in=codes).exists()
    assert codes[0] not in client.get("/account/two-factor").content.decode()
    assert other.get("/").status_code == 302  # begun without it
    assert client.get("/").status_code == 200

    again = Client()
    assert again.post("/sign-in", {**RIGHT, "next": "/runs"})["Location"] == "/sign-in/code"
    assert again.get("/").status_code == 302  # not in yet
    # The code that switched it on is used up.
    assert again.post("/sign-in/code", {"code": code_now(secret)}).status_code == 401
    answer = again.post("/sign-in/code", {"code": code_now(secret, 1)})
    assert answer["Location"] == "/runs" and again.get("/").status_code == 200
    assert {row.how for row in SignIn.objects.all()} == {"password", "code"}


def test_a_code_is_good_once(ana: User) -> None:
    secret, _codes = enrol(ana)
    code = code_now(secret)
    first, second = enter(), enter()
    assert first.post("/sign-in/code", {"code": code}).status_code == 302
    assert second.post("/sign-in/code", {"code": code}).status_code == 401


def test_a_recovery_code_is_good_once(ana: User) -> None:
    _secret, codes = enrol(ana)
    first, second = enter(), enter()
    assert first.post("/sign-in/code", {"code": codes[3].upper().replace("-", " ")}).status_code == 302
    assert second.post("/sign-in/code", {"code": codes[3]}).status_code == 401
    assert "9 are left" in first.get("/").content.decode()


def test_wrong_codes_are_counted(ana: User) -> None:
    secret, _codes = enrol(ana)
    Tries.objects.all().delete()
    client = enter()
    statuses = [client.post("/sign-in/code", {"code": "000000"}).status_code for _ in range(7)]
    assert statuses == [401] * 6 + [429]
    assert client.post("/sign-in/code", {"code": code_now(secret)}).status_code == 429


def test_the_second_step_is_no_way_around_the_first(ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    secret, _codes = enrol(ana)
    assert Client().post("/sign-in/code", {"code": code_now(secret)})["Location"] == "/sign-in"
    late = enter()
    monkeypatch.setattr("sereno.web.people.signin._PENDING_SECONDS", -1)
    assert late.post("/sign-in/code", {"code": code_now(secret)})["Location"] == "/sign-in"
    monkeypatch.setattr("sereno.web.people.signin._PENDING_SECONDS", 600)
    changed = enter()
    ana.set_password("another long password")
    ana.save()
    assert changed.post("/sign-in/code", {"code": code_now(secret)})["Location"] == "/sign-in"


def test_switching_it_off_needs_the_password(ana: User) -> None:
    secret, _codes = enrol(ana)
    client = enter()
    client.post("/sign-in/code", {"code": code_now(secret)})
    client.post("/account/two-factor/off", {"password": "wrong"})
    assert second_factor.is_on(ana)
    client.post("/account/two-factor/off", {"password": PASSWORD})
    assert not second_factor.is_on(ana) and not RecoveryCode.objects.exists()
    assert client.get("/").status_code == 200
    assert Audit.objects.filter(action="person.second_factor_off").count() == 1


def test_a_role_may_be_made_to_have_one(ana: User, installed: Callable[..., None]) -> None:
    installed(second_factor_roles=frozenset({"owner"}))
    client = enter()
    for page in ("/", "/flows", "/people", "/account/two-factor"):
        answer = client.get(page)
        assert (answer.status_code, answer.get("Location")) == (
            (200, None) if page == "/account/two-factor" else (302, "/account/two-factor")
        )
    assert client.post("/flows/install", {"name": "low-stock"})["Location"] == "/account/two-factor"
    secret = second_factor.begin(ana)
    assert client.post("/account/two-factor", {"code": code_now(secret)}).status_code == 200
    assert client.get("/").status_code == 200
    # Switching it off is refused by what it leads to: the next page asks for it again.
    Membership = ana.membership_set.model  # noqa: N806
    Membership.objects.update(role="viewer")
    assert enter(Client()).get("/")["Location"].startswith("/sign-in")


# Sessions


def test_the_session_changes_its_key_at_sign_in(ana: User) -> None:
    client = Client()
    client.get("/sign-in")
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    enter(client)
    assert client.session.session_key != planted
    assert not Session.objects.filter(session_key=planted).exists()


def test_a_new_role_changes_the_key_of_every_session(ana: User) -> None:
    member = person(ana.membership_set.get().shop, "bo@example.com", "viewer")
    theirs = Client()
    theirs.post("/sign-in", {"email": "bo@example.com", "password": PASSWORD})
    before = theirs.session.session_key
    enter().post(f"/people/{member.membership_set.get().pk}/role", {"role": "operator"})
    assert theirs.get("/keys").status_code == 200
    assert theirs.session.session_key != before
    assert SignIn.objects.filter(user=member).count() == 1
    assert not Session.objects.filter(session_key=before).exists()


def test_devices_are_listed_and_ended(ana: User) -> None:
    here = enter(Client(HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/130.0"))
    there = enter(
        Client(
            HTTP_USER_AGENT="Mozilla/5.0 (iPhone; CPU iPhone OS 17) Version/17 Safari/604", REMOTE_ADDR="203.0.113.9"
        )
    )
    third = enter()
    page = here.get("/account/sign-ins").content.decode()
    assert "Firefox · Linux" in page and "Safari · iPhone" in page and "203.0.113.9" in page
    assert page.count("this one") == 1
    row = SignIn.objects.get(address="203.0.113.9")
    stranger = Client()
    person(make_shop("two", "Two"), "eve@example.com", "owner")
    stranger.post("/sign-in", {"email": "eve@example.com", "password": PASSWORD})
    stranger.post("/account/sign-ins/end", {"id": row.pk})
    assert there.get("/").status_code == 200
    here.post("/account/sign-ins/end", {"id": row.pk})
    assert there.get("/").status_code == 302
    assert third.get("/").status_code == 200
    here.post("/account/sign-ins/end")
    assert third.get("/").status_code == 302 and here.get("/").status_code == 200
    assert stranger.get("/").status_code == 200


def test_signing_out_takes_the_device_off_the_list(ana: User) -> None:
    client = enter()
    assert SignIn.objects.count() == 1
    client.post("/sign-out")
    assert SignIn.objects.count() == 0


def test_cookies_under_https_are_for_https_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """The settings as a fresh process makes them."""
    import json
    import os
    import subprocess
    import sys

    program = (
        "import json, django; django.setup()\n"
        "from django.conf import settings as s\n"
        "names = [f'{kind}_COOKIE_{x}' for kind in ('SESSION', 'CSRF', 'LANGUAGE') for x in ('SECURE', 'HTTPONLY')]\n"
        "print(json.dumps([s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_SAMESITE, *(getattr(s, name) for name in names)]))"
    )
    environment = {**os.environ, "SERENO_BASE_URL": "https://sereno.example.com", "SERENO_DATA_DIR": str(tmp_path),
                   "DJANGO_SETTINGS_MODULE": "sereno.site.settings"}  # fmt: skip
    said = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert json.loads(said.stdout) == ["__Host-sereno", "Lax", *[True] * 6]


def test_the_cookies_of_a_page_are_closed_to_scripts(ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SESSION_COOKIE_SECURE", True)
    client = Client()
    client.post("/sign-in", RIGHT)
    client.post("/language", {"language": "ro"})
    for name in (settings.SESSION_COOKIE_NAME, "sereno-device", settings.LANGUAGE_COOKIE_NAME):
        cookie = client.cookies[name]
        assert cookie["httponly"] and cookie["secure"] and cookie["samesite"] == "Lax", name
