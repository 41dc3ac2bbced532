"""Topics on the customer's own page: ticked by way, kept with what was seen; and the shop's page and API of them."""

from __future__ import annotations

from typing import Any

import pytest
from calling import call
from django.conf import settings
from django.test import Client
from seeding import NOW, Seeded, make_shop, person
from test_actions import signed_in

from sereno.modules.customers.models import Customer
from sereno.modules.messages.unsubscribe import Recipient, make_token
from sereno.store.keys import issue
from sereno.store.models import Audit, Consent, Event, Shop

ANA = "mara@example.com"
TOPICS = [
    {"name": "offers", "titles": {"en": "Offers", "es": "Ofertas"}},
    {"name": "stories", "titles": {"en": "Stories <b>", "es": "Historias"}},
]


@pytest.fixture
def shop() -> Shop:
    shop = make_shop()
    shop.settings = {**(shop.settings or {}), "topics": TOPICS, "country": "ES"}
    shop.save(update_fields=["settings"])
    return shop


def known(shop: Shop, **more: Any) -> Customer:
    data = {"id": "7", "email": ANA, "accepts_email": True, "phone": "600 111 222", **more}
    columns = {"email": ANA, "phone": data["phone"], "accepts_email": data["accepts_email"]}
    return Customer.objects.create(shop=shop, key="7", version=1, data=data, seen_at=NOW, **columns)


def address_of(shop: Shop) -> str:
    return f"/preferences/{make_token(settings.ENVIRONMENT.secret_key, Recipient(shop.pk, ANA, 'email', 'run1/0'))}"


def ledger() -> list[tuple[str, str, bool]]:
    return list(Consent.objects.order_by("channel", "purpose", "id").values_list("channel", "purpose", "granted"))


def test_nothing_is_ticked_that_nobody_said_yes_to(shop: Shop) -> None:
    page = Client().get(address_of(shop)).content.decode()
    assert (
        'value="offers"' in page and "checked" not in page.partition("What you want to hear about")[2].split("How")[0]
    )
    assert "Stories &lt;b&gt;" in page and "Stories <b>" not in page
    known(shop)
    page = Client().get(address_of(shop)).content.decode()
    assert page.count('name="by-email" value="offers" checked') == 1
    assert 'name="by-sms"' not in page, "the shop sends no text messages"
    assert Consent.objects.count() == 0 and Event.objects.count() == 0


def test_what_is_ticked_is_kept_with_the_words_and_where_they_came_from(shop: Shop) -> None:
    known(shop)
    given = {"marketing": "yes", "by-email": ["offers", "no-such-topic"], "often": "week"}
    answer = Client(enforce_csrf_checks=True).post(address_of(shop), given, follow=True, headers={"user-agent": "Web"})
    page = answer.content.decode()
    assert "Saved." in page and 'value="offers" checked' in page and 'value="stories" checked' not in page
    assert 'name="often" value="week" checked' in page
    assert ledger() == [
        ("email", "marketing", True),
        ("email", "often:month", False),
        ("email", "often:week", True),
        ("email", "topic:offers", True),
        ("email", "topic:stories", False),
    ]
    proof = Consent.objects.get(purpose="topic:stories").proof
    assert proof["said"] == "Yes, write me offers and news · E-mail · [x] Offers · [ ] Stories <b>"
    assert (proof["ip"], proof["agent"], proof["language"], proof["effect"]) == ("127.0.0.1", "Web", "en", "run1/0")
    told = Event.objects.get(type="consent.topics_chosen")
    assert (told.subject, told.data["topics"], told.data["often"]) == ("customer:7", ["offers"], "week")
    assert "ip" not in str(told.data)
    before = Consent.objects.count()
    Client().post(address_of(shop), given)
    assert Consent.objects.count() == before


def test_each_way_has_its_own_topics_and_no_is_one_press(shop: Shop) -> None:
    shop.settings = {**shop.settings, "channels": ["sms", "push"]}
    shop.save(update_fields=["settings"])
    known(shop)
    page = Client().get(address_of(shop)).content.decode()
    assert 'aria-label="Offers by Text message"' in page and "… 222" in page and "600 111 222" not in page
    assert 'name="by-push"' not in page, "no browser of theirs"
    Client().post(address_of(shop), {"marketing": "yes", "by-email": "offers", "by-sms": "stories"})
    said = set(ledger())
    assert {("sms", "marketing", True), ("sms", "topic:stories", True), ("sms", "topic:offers", False)} <= said
    assert ("email", "topic:offers", True) in said
    # Nothing ticked for a way that was allowed is a no to it.
    Client().post(address_of(shop), {"marketing": "yes", "by-email": "offers"})
    assert ("sms", "marketing", False) in set(ledger())
    Client().post(address_of(shop), {"marketing": "yes", "by-email": "offers", "by-sms": "offers"})
    Client().post(address_of(shop), {"marketing": "no"})
    newest = {row[0]: row[2] for row in ledger() if row[1] == "marketing"}
    assert newest == {"email": False, "sms": False}


def test_unsubscribing_stays_one_click(shop: Shop) -> None:
    known(shop)
    path = address_of(shop).replace("/preferences/", "/unsubscribe/")
    answer = Client(enforce_csrf_checks=True).post(path, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert ledger() == [("email", "marketing", False)]


def test_a_yes_to_nothing_is_asked_again(shop: Shop) -> None:
    answer = Client().post(address_of(shop), {"marketing": "yes"})
    assert answer.status_code == 422 and "Tick at least one, or say no above." in answer.content.decode()
    assert Consent.objects.count() == 0


def test_topics_speak_the_readers_language(shop: Shop) -> None:
    page = Client(headers={"accept-language": "es"}).get(address_of(shop)).content.decode()
    assert "Ofertas" in page and "Historias" in page


# --- the shop's page --------------------------------------------------------------------------------


def test_topics_are_made_renamed_moved_removed_and_put_back(boss: Client, seeded: Seeded) -> None:
    def do(**given: str) -> str:
        tag = boss.get("/topics").content.decode().partition('name="tag" value="')[2].partition('"')[0]
        return boss.post("/topics/change", {"tag": tag, **given}, follow=True).content.decode()

    assert "There are none yet" in boss.get("/topics").content.decode()
    do(**{"do": "add", "title-en": "New arrivals", "title-es": "Novedades"})
    do(**{"do": "add", "title-es": "Ofertas"})
    held = Shop.objects.get(pk=seeded.shop.pk).settings["topics"]
    assert [one["name"] for one in held] == ["novedades", "ofertas"], "named by the shop's own language"
    do(do="up:1")
    do(**{"do": "save:0", "title-en": "Offers", "title-es": "Ofertas"})
    page = do(do="remove:1")
    assert "Offers" in page and "New arrivals" not in page
    assert "New arrivals" in do(do="undo")
    assert "Say what people read" in do(do="add")
    assert "That is not possible now" in do(do="remove:9")
    assert Audit.objects.filter(action="topics.changed").count() == 6
    stale = boss.post("/topics/change", {"tag": "old", "do": "remove:0"}, follow=True).content.decode()
    assert "Somebody else changed the topics" in stale


def test_who_only_looks_changes_nothing(seeded: Seeded) -> None:
    looker = signed_in(person(seeded.shop, "look@example.com", "viewer"))
    assert "Add a topic" not in looker.get("/topics").content.decode()
    assert looker.post("/topics/change", {"do": "add", "title-en": "x"}).status_code == 403


def test_a_newsletter_says_what_it_is_about(boss: Client, seeded: Seeded) -> None:
    Shop.objects.filter(pk=seeded.shop.pk).update(settings={**seeded.shop.settings, "topics": TOPICS})
    assert 'name="topic"' in boss.get("/newsletters/new").content.decode()
    boss.post("/newsletters/new", {"name": "Autumn", "topic": "offers"})
    from sereno.modules.newsletters.models import Newsletter

    row = Newsletter.objects.get(name="Autumn")
    assert row.audience["topic"] == "offers"
    assert '<option value="offers" selected' in boss.get(f"/newsletters/{row.pk}").content.decode()


def test_the_api_sets_topics_and_records_choices(seeded: Seeded) -> None:
    key = issue(seeded.shop.pk, "all", "read work events:write flows:write", "eva")
    first = Client().get("/api/v1/topics", headers={"authorization": f"Bearer {key}"})
    assert first.json() == {"topics": []}
    call(key, "PUT", "topics", {"topics": TOPICS}, 428)
    assert call(key, "PUT", "topics", {"topics": TOPICS}, **{"if-match": first["ETag"]}) == {"topics": TOPICS}
    late = call(key, "PUT", "topics", {"topics": []}, 412, **{"if-match": first["ETag"]})
    assert late["code"] == "topics.conflict" and late["current"] == TOPICS
    bad = call(key, "POST", "topics/choices", {"address": ANA, "topics": ["nope"]}, 422)
    assert bad["fields"][0]["field"] == "topics"
    given = {"address": ANA, "topics": ["offers"], "refused_topics": ["stories"], "often": "month", "text": "Say it"}
    said = call(key, "POST", "topics/choices", given)
    assert said == {"marketing": None, "topics": ["offers"], "refused_topics": ["stories"], "often": "month"}
    assert call(key, "GET", f"topics/choices?address={ANA}") == said
    assert Consent.objects.get(purpose="topic:offers").proof["text"] == "Say it"
    reader = issue(seeded.shop.pk, "reads", "read", "eva")
    call(reader, "GET", f"topics/choices?address={ANA}", status=403)
