"""Codes, points and credit as staff see them, as the customer sees them, and by API key."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from calling import call
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from seeding import Seeded

from sereno.modules.loyalty import services
from sereno.modules.loyalty.models import LoyaltyAccount, LoyaltyPurchase
from sereno.modules.pricing.models import Code, CodePool
from sereno.runtime.loyalty import programs
from sereno.store import secrets
from sereno.store.keys import issue
from sereno.store.models import Audit
from sereno.store.sealing import seal

PROGRAM: dict[str, Any] = {
    "is_on": True, "per_unit": "1", "pending_days": 7, "expires_days": 365,
    "tiers": [{"name": "Silver", "points": 100}, {"name": "Gold", "points": 500, "factor": "2"}],
    "rewards": [{"code": "five", "name": "Five off", "points": 100, "kind": "amount", "value": "5"}],
}  # fmt: skip


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def test_a_pool_is_uploaded_shown_and_emptied(boss: Client, seeded: Seeded) -> None:
    assert "No codes yet" in read(boss, "/codes")
    given = {"name": "vip", "kind": "percent", "value": "10", "codes": "AAA1\naaa1\nBBB2\n"}
    said = boss.post("/codes/upload", given, follow=True).content.decode()
    assert "2 codes were added." in said and "vip" in said
    wrong = boss.post("/codes/upload", {**given, "value": "x"}, follow=True).content.decode()
    assert "Write what a code is worth" in wrong and "BBB2" in wrong and 'value="x"' in wrong, "what was typed is there"
    assert "BBB2" not in read(boss, "/codes").partition("<textarea")[2], "once"
    assert Code.objects.filter(shop=seeded.shop, status="free").count() == 2
    assert "AAA1" in read(boss, "/codes?q=aaa1")
    boss.post("/codes/empty", {"name": "vip"})
    assert not Code.objects.filter(shop=seeded.shop).exists()
    assert list(Audit.objects.filter(action__startswith="codes.").order_by("id").values_list("action", flat=True)) == [
        "codes.uploaded", "codes.emptied",
    ]  # fmt: skip


def test_a_file_of_codes_is_read_whole_or_not_at_all(boss: Client, seeded: Seeded) -> None:
    def send(file: bytes, **more: str) -> str:
        given = {"name": "vip", "kind": "amount", "value": "5", "file": SimpleUploadedFile("codes.csv", file), **more}
        return boss.post("/codes/upload", given, follow=True).content.decode()

    assert "2 codes were added." in send('\ufeffcode;made\n"AAA1";x\nBBB2;y\n'.encode(), until="2099-12-31")
    assert set(Code.objects.values_list("code", flat=True)) == {"AAA1", "BBB2"}
    assert "2099" in read(boss, "/codes")
    pool = CodePool.objects.get(name="vip")
    assert "1 code was added." in send(b"CCC3")
    assert CodePool.objects.get(name="vip").expires_at == pool.expires_at, "more codes leave the end as it is"
    assert "save it as CSV" in send(b"PK\x03\x04\xff\xfe") and "save it as CSV" in send(b"A\0B\0")
    assert "upload them in parts" in send(b"A" * 8_000_001)
    assert "Say the day" in send(b"DDD4", until="tomorrow")
    assert Code.objects.count() == 3


def test_a_code_that_was_used_shows_its_order_and_cost(boss: Client, seeded: Seeded) -> None:
    Code.objects.create(
        shop=seeded.shop, code="HOLA-1", status="redeemed", kind="percent", value="10", customer="17", flow="hola",
        effect_key="e/1", created_at=0, issued_at=0, order_key="1001", cost="12.50", revenue="90", currency_used="EUR",
    )  # fmt: skip
    page = read(boss, "/codes?flow=hola")
    assert "HOLA-1" in page and "12.50" in page and "1001" in page
    assert "No code is like that" in read(boss, "/codes?status=expired")


def test_a_code_the_store_would_not_make_says_so(boss: Client, seeded: Seeded) -> None:
    step = seeded.failed_effect
    step.status = "failed"
    step.save()
    Code.objects.create(
        shop=seeded.shop, code="HOLA-2", status="asked", kind="percent", value="10", effect_key=step.key, created_at=0
    )  # fmt: skip
    page = read(boss, "/codes")
    assert "Not made" in page and f'href="/effects/{step.pk}"' in page
    step.status = "done"
    step.save()
    assert "Being made" in read(boss, "/codes?q=hola-2") and "Not made" not in read(boss, "/codes?q=hola-2")


def test_the_programme_is_written_on_its_page(boss: Client, seeded: Seeded) -> None:
    form: dict[str, Any] = {
        "is_on": "on", "currency": "EUR", "per_unit": "2", "pending_days": "14", "expires_days": "", "warn_days": "30",
        "tier": ["Silver", "Gold", ""], "tier_points": ["100", "500", ""], "factor": ["", "1.5", ""],
        "reward_name": ["Five off", ""], "reward_points": ["100", ""], "reward_kind": ["amount", "percent"],
        "reward_value": ["5", ""], "reward_minimum": ["30", ""], "reward_days": ["", ""], "reward_code": ["", ""],
    }  # fmt: skip
    assert boss.post("/loyalty/program", form).status_code == 302
    program = programs.find_program(seeded.shop.pk).program
    assert (program.per_unit, program.expires_days) == ("2", None)
    assert [(one.name, one.points, one.factor) for one in program.tiers] == [("Silver", 100, "1"), ("Gold", 500, "1.5")]
    assert (program.rewards[0].code, program.rewards[0].minimum) == ("five-off", "30")
    wrong = boss.post("/loyalty/program", {**form, "tier_points": ["100", "50", ""]})
    assert wrong.status_code == 422 and "Tiers 2, Points: Each tier needs more points" in wrong.content.decode()
    nameless = boss.post("/loyalty/program", {**form, "tier_points": ["100", "500", "900"]})
    assert nameless.status_code == 422 and "Tiers 3, Name: A name is missing" in nameless.content.decode()
    assert 'value="900"' in nameless.content.decode(), "a row without a name is not thrown away"
    assert 'value="Five off"' in read(boss, "/loyalty/program")


def test_points_and_credit_are_given_once_and_stand_in_the_book(boss: Client, seeded: Seeded) -> None:
    programs.put_program(seeded.shop.pk, PROGRAM, "ana")
    form = {"customer": "17", "amount": "150", "unit": "points", "note": "sorry", "key": "a-key-1"}
    boss.post("/loyalty/give", form)
    boss.post("/loyalty/give", form)
    boss.post("/loyalty/give", {**form, "amount": "7.50", "unit": "EUR", "key": "a-key-2"})
    said = boss.post("/loyalty/give", {**form, "amount": "-151", "key": "a-key-3"}, follow=True).content.decode()
    assert "There is not enough for that." in said and "sorry" in said and "7.50" in said
    assert 'value="-151"' in said
    assert LoyaltyAccount.objects.get(unit="points").available == 150
    assert Audit.objects.filter(action="loyalty.given").count() == 2
    assert "Silver" in read(boss, "/loyalty") and "150" in read(boss, "/loyalty?tier=Silver")


def test_a_customer_spends_points_and_credit_on_their_own_page(seeded: Seeded, boss: Client) -> None:
    programs.put_program(seeded.shop.pk, PROGRAM, "ana")
    for unit, amount in (("points", "150"), ("EUR", "7.50")):
        boss.post("/loyalty/give", {"customer": "17", "amount": amount, "unit": unit, "key": f"key-{unit}"})
    path = f"/points/{seal(secrets.newest(), services.PURPOSE, [seeded.shop.pk, '17'])}"
    someone = Client()
    page = read(someone, path)
    assert "150" in page and "Five off" in page and "Silver" in page
    for _ in range(2):
        someone.post(path, {"reward": "five", "key": "one"})
    someone.post(path, {"amount": "7.50", "currency": "EUR", "key": "two"})
    assert sorted(LoyaltyPurchase.objects.values_list("kind", "paid")) == [("amount", 100), ("amount", 750)]
    late = someone.post(path, {"reward": "five", "key": "three"})
    assert late.status_code == 409 and "There is not enough for that." in late.content.decode()
    assert someone.get(path + "x").status_code == 404
    for language, words in (("es", "Tus puntos"), ("pt", "Os seus pontos"), ("ro", "Punctele tale")):
        answer = someone.get(path, headers={"accept-language": language})
        assert answer.status_code == 200 and words


def test_the_same_by_api_key(seeded: Seeded) -> None:
    key = issue(seeded.shop.pk, "test", "read work flows:write settings", "ana@example.com")
    pool = call(key, "PUT", "codes/pools/vip", {"kind": "amount", "value": "5", "codes": ["A1", "B2", "a1"]})
    assert pool == {"new": 2, "known": 0}
    call(key, "PUT", "codes/pools/vip", {"kind": "amount", "value": "no"}, 422)
    (held,) = call(key, "GET", "codes/pools")["items"]
    assert (held["free"], held["value"], held["currency"]) == (2, "5", "EUR")
    page = call(key, "GET", "codes?status=free&limit=1")
    assert len(page["items"]) == 1 and page["next"] == page["items"][0]["id"]
    assert call(key, "GET", "codes/uses")["items"] == []
    assert call(key, "GET", "loyalty/program")["version"] == 0
    kept = call(key, "PUT", "loyalty/program", PROGRAM)
    assert (kept["version"], kept["tiers"][1]["factor"]) == (1, "2")
    call(key, "PUT", "loyalty/program", {**PROGRAM, "per_unit": "-1"}, 422)
    gift = {"customer": "17", "amount": "120", "key": uuid4().hex}
    assert call(key, "POST", "loyalty/give", gift) == {"changed": True}
    assert call(key, "POST", "loyalty/give", gift) == {"changed": False}
    wanted = {"customer": "17", "reward": "five", "key": uuid4().hex}
    assert call(key, "POST", "loyalty/rewards", wanted)["purchase"]
    call(key, "POST", "loyalty/rewards", {**wanted, "key": uuid4().hex}, 422)
    told = call(key, "GET", "loyalty/customer?customer=17")
    assert (told["points"], told["tier"], [one["kind"] for one in told["history"]]) == (
        20, "Silver", ["spent", "adjusted"],
    )  # fmt: skip
    assert call(key, "GET", "loyalty/members?tier=Silver")["items"][0]["points"] == 20
    reader = issue(seeded.shop.pk, "reader", "read", "ana@example.com")
    call(reader, "POST", "loyalty/give", gift, 403)
