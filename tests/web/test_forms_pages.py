"""A form in the storefront and on a page of its own, and the desk's pages about it."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from calling import call
from django.test import Client
from seeding import make_shop, person

from sereno.modules.forms import reading, services
from sereno.modules.forms.models import FormCount, FormSubmission, Lead
from sereno.runtime.forms import taking
from sereno.store import storefronts
from sereno.store.keys import issue
from sereno.store.models import Audit, Consent, Event, Shop

OFFER = reading.write(reading.shipped()["welcome-offer"])


@pytest.fixture
def boss(shop: Shop) -> Client:
    client = Client()
    client.force_login(person(shop, "boss@example.com", "owner"))
    return client


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits a second."""
    monkeypatch.setattr(taking, "SOONEST", timedelta())


@pytest.fixture
def key(shop: Shop) -> str:
    services.save(shop.pk, "offer", OFFER, "boss@example.com")
    services.set_open(shop.pk, "offer", True, "boss@example.com")
    return storefronts.issue(shop.pk, "shop", [], "boss@example.com")[0].token


def post(key: str, **body: Any) -> Any:
    return Client().post(f"/storefront/{key}/form", json.dumps({"form": "offer", **body}), content_type="text/plain")


def send(key: str, token: str = "", **changes: Any) -> Any:
    token = token or post(key, what="begin").json()["token"]
    values = {"email": ["Ana@example.com"], "news": ["yes"], **changes.pop("values", {})}
    return post(key, **{"what": "send", "token": token, "values": values, "page": "/cups", "locale": "es", **changes})


def test_a_storefront_learns_what_a_visitor_may_know(shop: Shop, key: str) -> None:
    listed = Client().get(f"/storefront/{key}/forms.json")
    (one,) = listed.json()["forms"]
    assert one["name"] == "offer" and "points" not in one and listed["Access-Control-Allow-Origin"] == "*"
    again = Client().get(f"/storefront/{key}/forms.json", headers={"If-None-Match": listed["ETag"]})
    assert again.status_code == 304 and "max-age=60" in listed["Cache-Control"]
    services.set_open(shop.pk, "offer", False, "boss@example.com")
    assert Client().get(f"/storefront/{key}/forms.json").json()["forms"] == []
    assert post(key, what="begin").status_code == 410
    assert Client().get("/storefront/sf_nothing/forms.json").status_code == 404
    assert b"capture" not in Client().get(f"/storefront/{key}/forms.js").content[:20]


def test_what_is_sent_is_kept_once_with_the_words_of_its_yes(shop: Shop, key: str, patient: None) -> None:
    token = post(key, what="begin").json()["token"]
    assert send(key, token).json() == {"pending": False, "code": ""}
    assert send(key, token, values={"email": ["other@example.com"]}).status_code == 200
    (kept,) = FormSubmission.objects.all()
    assert (kept.email, kept.page, kept.locale, kept.consents) == (
        "ana@example.com",
        "/cups",
        "es",
        {"email": "granted"},
    )
    proof = Consent.objects.get(address="ana@example.com").proof
    assert proof["said"].startswith("Sí, quiero recibir ofertas") and proof["version"] == 1
    assert proof["ip"] == "127.0.0.1", "from where it was said is part of the proof"
    assert Event.objects.filter(type="form.submitted").count() == 1
    assert FormCount.objects.get().views == 1


def test_what_is_wrong_is_said_by_field_and_bots_learn_nothing(key: str) -> None:
    early = send(key)
    assert (early.status_code, early.json()["error"]) == (409, "view.fast")
    taking_now = post(key, what="begin").json()["token"]
    assert send(key, taking_now, website="spam").json() == {"pending": False, "code": ""}
    assert not FormSubmission.objects.exists() and post(key, what="dance").status_code == 422


def test_faults_and_limits(key: str, patient: None) -> None:
    wrong = send(key, values={"email": ["ana"], "news": []})
    assert (wrong.status_code, wrong.json()["fields"]) == (422, {"email": "email", "news": "missing"})
    assert [send(key).status_code for _ in range(6)] == [200] * 5 + [429], "one address, six times"


def test_a_page_of_its_own_works_without_a_script(shop: Shop, key: str, patient: None) -> None:
    path = f"/f/{shop.slug}/offer"
    page = Client().get(path, headers={"Accept-Language": "es"})
    assert "10 % de descuento" in page.content.decode() and FormCount.objects.get().views == 1
    token = page.content.decode().partition('name="token" value="')[2].partition('"')[0]
    wrong = Client().post(path, {"token": token, "email": "ana@"})
    assert wrong.status_code == 422 and b"does not look like an e-mail" in wrong.content and b"ana@" in wrong.content
    done = Client().post(path, {"token": token, "email": "ana@example.com", "news": "yes"})
    assert b"It is on its way" in done.content and FormSubmission.objects.get().page == path
    assert Client().get(f"/f/{shop.slug}/nothing").status_code == 404
    assert Client().get("/f/nothing/offer").status_code == 404
    services.set_open(shop.pk, "offer", False, "boss@example.com")
    assert Client().get(path).status_code == 410


def test_the_desk_makes_edits_previews_and_shows_a_form(shop: Shop, boss: Client) -> None:
    assert b"No form yet" in boss.get("/forms").content
    assert boss.post("/forms/new", {"name": "Spring Offer", "like": "ask-us"}).url == "/forms/spring-offer/edit"
    assert boss.post("/forms/new", {"name": "spring-offer"}, follow=True).status_code == 200
    page = boss.get("/forms/spring-offer/edit?in=es").content.decode()
    assert "¿Te ayudamos a elegir?" in page and "Esta semana | 20" in page
    fields = {
        "in": "es",
        "version": "1",
        "text-title": "¿Dudas?",
        "f0-kind": "choice",
        "f0-label": "¿Cuándo?",
        "f0-needed": "on",
        "f0-choices": "Ya | 30\nLuego\nNunca\nQuizá",
        "look-shape": "popup",
        "look-colour": "#aa3300",
        "when-seconds": "5",
        "when-pages": "/cups/*",
        "after-code": "HOLA",
    }
    shown = boss.post("/forms/spring-offer/preview", fields)
    assert "¿Dudas?" in shown.content.decode() and "frame-ancestors 'self'" in shown["Content-Security-Policy"]
    assert "points" not in shown.content.decode().partition("data-preview")[2]
    compared = boss.post("/forms/spring-offer/edit", {**fields, "do": "compare"})
    assert compared.status_code == 200 and b"data-unsaved" in compared.content and b"Variant B" in compared.content
    assert services.find(shop.pk, "spring-offer").version == 1  # type: ignore[union-attr]
    held = re.search(r'name="unsaved" value="([^"]+)"', compared.content.decode())
    assert held is not None
    assert b"Variant B" not in boss.get("/forms/spring-offer/edit").content
    sent = {**fields, "unsaved": held[1], "other-title": "¿Dudas, quizá?", "do": "save"}
    assert boss.post("/forms/spring-offer/edit", sent).status_code == 302
    kept = services.find(shop.pk, "spring-offer")
    assert kept is not None and kept.form.texts["title"]["es"] == "¿Dudas?" and kept.compared_since is not None
    assert [(one.label["es"], one.points) for one in kept.form.fields[0].choices][::3] == [("Ya", 30), ("Quizá", 0)]
    assert (kept.form.when.seconds, kept.form.when.pages, kept.form.when.leaving) == (5, ("/cups/*",), False)
    late = boss.post("/forms/spring-offer/edit", fields)
    assert late.status_code == 422 and b"Somebody else has changed this form" in late.content
    poor = boss.post("/forms/spring-offer/edit", {**fields, "version": "2", "look-ink": "#eeeeee"})
    assert poor.status_code == 422 and b"cannot be read on this ground" in poor.content
    assert b"Variant B" in boss.get("/forms/spring-offer/edit").content
    boss.post("/forms/spring-offer/switch", {"open": "yes"})
    assert services.find(shop.pk, "spring-offer").is_open  # type: ignore[union-attr]
    assert Audit.objects.filter(action="form.opened", target="spring-offer").exists()
    other = make_shop("other")
    assert services.find(other.pk, "spring-offer") is None


def test_a_comparison_has_a_winner_only_where_it_can_be_told(shop: Shop, boss: Client) -> None:
    services.save(shop.pk, "offer", {**OFFER, "other": {"title": {"en": "A present for you"}}}, "boss@example.com")
    for variant, submits in (("a", 20), ("b", 90)):
        FormCount.objects.create(shop=shop, form="offer", variant=variant, day=30000, views=400, submits=submits)
    page = boss.get("/forms/offer").content.decode()
    assert "Does better" in page and page.index("Does better") > page.index('variant" value="a"') - 600
    FormCount.objects.filter(variant="b").update(submits=30)
    assert "cannot be told yet" in boss.get("/forms/offer").content.decode()
    boss.post("/forms/offer/settle", {"variant": "b"})
    kept = services.find(shop.pk, "offer")
    assert kept is not None and kept.form.title["en"] == "A present for you" and kept.form.other is None
    assert kept.form.title["es"] == OFFER["texts"]["title"]["es"], "a language B says nothing in is as in A"


def test_leads_are_listed_by_stage_and_their_points_set(shop: Shop, boss: Client) -> None:
    Lead.objects.create(
        shop=shop,
        person="email:ana@example.com",
        email="ana@example.com",
        form="offer",
        points=44,
        stage="qualified",
        since=shop.created_at,
        changed_at=shop.created_at,
    )
    assert "ana@example.com" in boss.get("/leads").content.decode()
    assert "ana@example.com" not in boss.get("/leads?stage=new").content.decode()
    numbers = {"qualified_at": "50", "clicked": "9"} | dict.fromkeys(
        ("opened", "looked", "cart", "checkout", "waits", "wishes", "answered"), "1"
    )
    boss.post("/leads/rules", numbers)
    shop.refresh_from_db()
    assert shop.settings["leads"]["qualified_at"] == 50
    assert b"between 0 and 1000" in boss.post("/leads/rules", {**numbers, "clicked": "1001"}, follow=True).content


def test_by_api(shop: Shop, patient: None) -> None:
    key = issue(shop.pk, "tests", "read work flows:write", "ana@example.com")
    made = call(key, "PUT", "forms/offer", OFFER)
    assert made["version"] == 1 and made["is_open"] is False
    call(key, "PUT", "forms/offer", OFFER, 428)
    assert call(key, "PUT", "forms/offer", OFFER, 412, **{"if-match": '"7"'})["code"] == "form.conflict"
    call(key, "PUT", "forms/offer", {**OFFER, "fields": []}, 422, **{"if-match": '"1"'})
    call(key, "POST", "forms/offer/switch", {"is_open": True})
    token = storefronts.issue(shop.pk, "shop", [], "boss")[0].token
    assert send(token).status_code == 200
    (one,) = call(key, "GET", "forms")["items"]
    assert (one["views"], one["submits"], one["rate"]["value"]) == (1, 1, 1.0)
    (sent,) = call(key, "GET", "forms/offer/submissions")["items"]
    assert (sent["email"], sent["consents"]) == ("ana@example.com", {"email": "granted"})
    assert call(key, "GET", "leads?stage=new")["items"] == []
    assert call(key, "PUT", "leads/rules", {**call(key, "GET", "leads/rules"), "clicked": 7})["clicked"] == 7
    call(key, "GET", "forms/none", None, 404)
    looker = issue(shop.pk, "looker", "read", "ana@example.com")
    call(looker, "PUT", "forms/x", OFFER, 403)
    (masked,) = call(looker, "GET", "forms/offer/submissions")["items"]
    assert "ana@example.com" not in str(masked) and masked["page"] == "/cups"
