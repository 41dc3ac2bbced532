"""Signing in through the company's provider, against a real one in another process."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from provider import CLIENT_ID, CLIENT_SECRET
from seeding import PASSWORD, make_shop, person

from sereno.site.environment import Company, SettingInvalid, read
from sereno.store.models import Audit, Identity, Membership, Shop, SignIn
from sereno.store.secrets import encrypt

ANA = {"sub": "u-17", "email": "ana@example.com", "email_verified": True, "name": "Ana Pop"}


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, str(Path(__file__).with_name("provider.py")), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == "ready\n"
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.fixture
def company(provider: str, installed: Callable[..., None]) -> Callable[..., None]:
    """`company(role="viewer")`: the installation with the provider, set so."""

    def change(**changed: Any) -> None:
        values = {"name": "Casa Cloud", "domains": ("example.com",), "role": None, "shop": None, **changed}
        installed(company=Company(provider, CLIENT_ID, CLIENT_SECRET, **values))

    change()
    return change


class Visitor:
    """Goes where it is sent, from here to the provider and back."""

    def __init__(self, provider: str) -> None:
        self.provider, self.client = provider, Client()

    def is_known_as(self, claims: dict[str, Any] | None = None, **more: Any) -> None:
        body = json.dumps({"claims": {**ANA, **(claims or {})}, **more}).encode()
        urlopen(Request(f"{self.provider}/person", body, method="POST"), timeout=5).close()

    def authorize(self, following: str = "/runs") -> str:
        """Where the provider sends it back to."""
        answer = self.client.get("/sign-in/company", {"next": following})
        assert answer.status_code == 302, answer.content
        return self._sent(answer["Location"])

    def _sent(self, address: str) -> str:
        import http.client

        parts = urlsplit(address)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        connection.close()
        assert answer.status == 302
        back = urlsplit(answer.headers["Location"])
        return f"{back.path}?{back.query}"

    def sign_in(self, following: str = "/runs") -> Any:
        return self.client.get(self.authorize(following))


@pytest.fixture
def visitor(provider: str, company: Callable[..., None]) -> Visitor:
    found = Visitor(provider)
    found.is_known_as()
    return found


def said(answer: Any) -> str:
    return answer.content.decode()


def test_an_account_is_tied_by_its_verified_address_and_known_ever_after(visitor: Visitor, shop: Shop) -> None:
    ana = person(shop, "ana@example.com", "owner")
    assert "Sign in with Casa Cloud" in said(visitor.client.get("/sign-in"))
    answer = visitor.sign_in()
    assert answer["Location"] == "/runs" and visitor.client.get("/runs").status_code == 200
    row = Identity.objects.get()
    assert (row.user, row.subject, row.email) == (ana, "u-17", "ana@example.com")
    assert SignIn.objects.get().how == "company"
    assert Audit.objects.get(action="person.linked").target == "ana@example.com"
    # The address may change over there: the subject is what counts.
    again = Visitor(visitor.provider)
    again.is_known_as({"email": "ana.pop@other.example", "email_verified": False})
    assert again.sign_in("/")["Location"] == "/"
    assert Identity.objects.count() == 1 and User.objects.count() == 1


def test_who_made_the_account_before_loses_it(visitor: Visitor, shop: Shop) -> None:
    """Somebody who made an account in another's name must not share it afterwards."""
    ana = person(shop, "ana@example.com", "owner")
    squatter = Client()
    squatter.post("/sign-in", {"email": "ana@example.com", "password": PASSWORD})
    visitor.sign_in()
    ana.refresh_from_db()
    assert not ana.has_usable_password()
    assert squatter.get("/").status_code == 302
    assert Client().post("/sign-in", {"email": "ana@example.com", "password": PASSWORD}).status_code == 401


def test_a_second_factor_is_still_asked_for_and_proves_the_account(visitor: Visitor, shop: Shop) -> None:
    from datetime import UTC, datetime

    from sereno.store.models import SecondFactor
    from sereno.web.people import second_factor

    ana = person(shop, "ana@example.com", "owner")
    now = datetime.now(UTC)
    SecondFactor.objects.create(user=ana, secret=encrypt(["A" * 32]), created_at=now, confirmed_at=now)
    codes = second_factor.new_recovery_codes(ana)
    assert visitor.sign_in()["Location"] == "/sign-in/code"
    assert not Identity.objects.exists()
    assert visitor.client.post("/sign-in/code", {"code": codes[0]})["Location"] == "/runs"
    ana.refresh_from_db()
    assert Identity.objects.get().user == ana and ana.check_password(PASSWORD)
    # A provider that asked for more than a password itself is believed.
    strong = Visitor(visitor.provider)
    strong.is_known_as({"amr": ["pwd", "mfa"]})
    assert strong.sign_in()["Location"] == "/runs"


def test_an_address_that_is_not_verified_opens_nothing(visitor: Visitor, shop: Shop) -> None:
    person(shop, "ana@example.com", "owner")
    for verified in (False, None, "true", 1):
        visitor.is_known_as({"email_verified": verified})
        answer = visitor.sign_in()
        assert answer.status_code == 403 and "has not verified" in said(answer), verified
    assert not Identity.objects.exists()


def test_strangers_stay_out_unless_the_installation_says_otherwise(
    visitor: Visitor, shop: Shop, company: Callable[..., None]
) -> None:
    person(shop, "other@example.com", "owner")
    assert "Ask an owner of the shop for an invitation" in said(visitor.sign_in())
    company(role="viewer")
    assert visitor.sign_in()["Location"] == "/runs"
    member = Membership.objects.get(user__username="ana@example.com")
    assert (member.shop, member.role, member.user.first_name) == (shop, "viewer", "Ana Pop")
    assert Audit.objects.get(action="person.joined").details == {"after": {"role": "viewer"}}
    far = Visitor(visitor.provider)
    far.is_known_as({"sub": "u-18", "email": "eve@elsewhere.example"})
    assert "elsewhere.example are not let in" in said(far.sign_in())
    make_shop("two", "Two")
    third = Visitor(visitor.provider)
    third.is_known_as({"sub": "u-19", "email": "new@example.com"})
    assert third.sign_in().status_code == 403  # which of the two shops?
    company(role="support", shop="two")
    third.is_known_as({"sub": "u-19", "email": "new@example.com"})
    third.sign_in()
    assert Membership.objects.get(user__username="new@example.com").shop.slug == "two"


def test_an_address_that_changed_hands_opens_nothing(visitor: Visitor, shop: Shop) -> None:
    person(shop, "ana@example.com", "owner")
    visitor.sign_in()
    heir = Visitor(visitor.provider)
    heir.is_known_as({"sub": "u-99"})
    answer = heir.sign_in()
    assert answer.status_code == 403 and "tied to another account" in said(answer)


def test_an_account_that_is_switched_off_stays_off(visitor: Visitor, shop: Shop) -> None:
    person(shop, "ana@example.com", "owner")
    User.objects.update(is_active=False)
    assert visitor.sign_in().status_code == 403


@pytest.mark.parametrize(
    ("claims", "more"),
    [
        ({"nonce": "another"}, {}),
        ({"nonce": None}, {}),
        ({"aud": "somebody-else"}, {}),
        ({"aud": ["somebody-else", CLIENT_ID], "azp": "somebody-else"}, {}),
        ({"iss": "http://127.0.0.1:1"}, {}),
        ({"exp": 1_700_000_000}, {}),
        ({"exp": None}, {}),
        ({"sub": None}, {}),
        ({}, {"fault": "alg-none"}),
        ({}, {"fault": "alg-hs256"}),
        ({}, {"fault": "other-key"}),
        ({}, {"iss": "http://127.0.0.1:1"}),
    ],
)
def test_a_token_that_does_not_hold_opens_nothing(
    visitor: Visitor, shop: Shop, claims: dict[str, Any], more: dict[str, Any]
) -> None:
    person(shop, "ana@example.com", "owner")
    visitor.is_known_as(claims, **more)
    answer = visitor.sign_in()
    assert answer.status_code == 403 and "did not work" in said(answer)
    assert visitor.client.get("/").status_code == 302 and not Identity.objects.exists()


def test_the_way_back_is_good_once_and_in_this_browser_alone(visitor: Visitor, shop: Shop) -> None:
    person(shop, "ana@example.com", "owner")
    back = visitor.authorize()
    assert Client().get(back).status_code == 403  # planted in somebody else's browser
    state = parse_qs(urlsplit(back).query)["state"][0]
    assert visitor.client.get(back.replace(state, "forged")).status_code == 403
    assert visitor.client.get(back).status_code == 403  # the forged one used the attempt up
    back = visitor.authorize()
    assert visitor.client.get(back).status_code == 302
    assert visitor.client.get(back).status_code == 403


def test_a_code_without_its_verifier_is_worth_nothing(visitor: Visitor, shop: Shop) -> None:
    person(shop, "ana@example.com", "owner")
    back = visitor.authorize()
    session = visitor.client.session
    session["company"] = {**session["company"], "verifier": "another-verifier-that-is-long-enough-for-anybody"}
    session.save()
    assert visitor.client.get(back).status_code == 403


def test_a_provider_that_changes_its_keys_is_followed(visitor: Visitor, shop: Shop) -> None:
    person(shop, "ana@example.com", "owner")
    assert visitor.sign_in().status_code == 302
    fresh = Visitor(visitor.provider)
    fresh.is_known_as(new_key=True)
    assert fresh.sign_in().status_code == 302


def test_a_provider_that_calls_itself_otherwise_is_not_believed(visitor: Visitor, shop: Shop) -> None:
    person(shop, "ana@example.com", "owner")
    cache.clear()
    visitor.is_known_as(issuer="http://127.0.0.1:1")
    assert visitor.client.get("/sign-in/company").status_code == 403


def test_a_provider_that_is_not_there_is_said_to_be(installed: Callable[..., None], shop: Shop) -> None:
    person(shop, "ana@example.com", "owner")
    installed(company=Company("http://127.0.0.1:1", "a", "b", "Nowhere", (), None, None))
    answer = Client().get("/sign-in/company")
    assert answer.status_code == 403 and "Signing in with Nowhere did not work" in said(answer)


def test_without_a_provider_there_is_no_such_address(shop: Shop) -> None:
    person(shop, "ana@example.com", "owner")
    assert Client().get("/sign-in/company").status_code == 404
    assert Client().get("/sign-in/company/back").status_code == 404


@pytest.mark.parametrize(
    ("variables", "said_of"),
    [
        ({"SERENO_OIDC_ISSUER": "https://x.example"}, "SERENO_OIDC_CLIENT_ID"),
        ({"SERENO_OIDC_ISSUER": "http://x.example"}, "SERENO_OIDC_ISSUER"),
        ({"SERENO_OIDC_ROLE": "king"}, "SERENO_OIDC_ROLE"),
        ({"SERENO_OIDC_ROLE": "viewer"}, "SERENO_OIDC_DOMAINS"),
        ({"SERENO_TWO_FACTOR_ROLES": "owner, king"}, "SERENO_TWO_FACTOR_ROLES"),
        ({"SERENO_TRUSTED_PROXIES": "10.0.0.0/40"}, "SERENO_TRUSTED_PROXIES"),
    ],
)
def test_wrong_settings_are_refused_by_name(tmp_path: Path, variables: dict[str, str], said_of: str) -> None:
    whole = {"SERENO_OIDC_ISSUER": "https://x.example", "SERENO_OIDC_CLIENT_ID": "a", "SERENO_OIDC_CLIENT_SECRET": "b"}
    if "CLIENT_ID" in said_of:
        whole = {}
    with pytest.raises(SettingInvalid, match=said_of):
        read({"SERENO_DATA_DIR": str(tmp_path), **whole, **variables})
