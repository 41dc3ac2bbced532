"""Content of the site as staff keep it, as programs do, and as storefronts are given it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from calling import call
from django.test import Client
from seeding import Seeded

from sereno.modules.content import services
from sereno.modules.content.models import Campaign, Showing
from sereno.runtime.content import showing
from sereno.store import storefronts
from sereno.store.keys import issue
from sereno.store.models import Audit, StorefrontKey

BAR = {"id": "p1", "kind": "bar", "text": {"en": "Free shipping", "es": "Envío gratis"}}


@pytest.fixture
def key(seeded: Seeded) -> tuple[StorefrontKey, str]:
    showing._kept.clear()
    return storefronts.issue(seeded.shop.pk, "shop", [], "ana")


def keep(seeded: Seeded, name: str = "sale", **more: Any) -> None:
    services.save(seeded.shop.pk, name, {"title": name.title(), "pieces": [BAR], **more}, "ana")
    services.switch(seeded.shop.pk, name, True, "ana")


def form(seeded: Seeded, **more: str) -> dict[str, str]:
    kept = services.find(seeded.shop.pk, "summer-sale")
    assert kept is not None
    held = {"in": "en", "version": str(kept.version), "title": "Summer sale", "priority": "70", "do": "save"}
    return {**held, "p0-kind": "bar", "p0-text": "Summer is here", "p0-tone": "accent", **more}


def test_a_campaign_is_made_edited_switched_on_removed_and_brought_back(boss: Client, seeded: Seeded) -> None:
    page = boss.get("/site-content").content.decode()
    assert "Nothing is planned for the site" in page and "Make a key" in page
    assert boss.post("/site-content/new", {"title": "Summer sale!"})["Location"] == "/site-content/summer-sale"
    dates = {"starts_at": "2026-07-01T00:00", "ends_at": "2099-07-31T23:59"}
    assert boss.post("/site-content/summer-sale", form(seeded, **dates)).status_code == 302
    spanish = {"in": "es", "p0-text": "Ya es verano", "do": "add", **dates}
    added = boss.post("/site-content/summer-sale", form(seeded, **spanish))
    assert added.status_code == 200 and "Not saved yet" in added.content.decode()
    kept = services.find(seeded.shop.pk, "summer-sale")
    assert kept is not None and len(kept.campaign.pieces) == 1, "the site shows nothing that is not saved"
    held = re.search(r'name="unsaved" value="([^"]+)"', added.content.decode())
    assert held is not None
    spanish |= {"unsaved": held[1], "p1-kind": "banner", "p1-place": "hero", "p1-text": "Hola", "do": "save"}
    assert boss.post("/site-content/summer-sale", form(seeded, **spanish)).status_code == 302
    kept = services.find(seeded.shop.pk, "summer-sale")
    assert kept is not None and kept.campaign.pieces[0].text == {"en": "Summer is here", "es": "Ya es verano"}
    assert [one.kind for one in kept.campaign.pieces] == ["bar", "banner"] and kept.campaign.priority == 70
    boss.post("/site-content/summer-sale/switch", {"on": "yes"})
    page = boss.get("/site-content").content.decode()
    assert "On the site" in page and "Summer is here" in page
    boss.post("/site-content/summer-sale/switch", {"on": "no"})
    page = boss.post("/site-content/summer-sale/remove", follow=True).content.decode()
    assert "Undo" in page and not Campaign.objects.exists()
    boss.post("/site-content/restore")
    assert services.find(seeded.shop.pk, "summer-sale") is not None
    actions = {one.rpartition(".")[2] for one in Audit.objects.values_list("action", flat=True) if "content" in one}
    assert actions == {"saved", "switched_on", "switched_off", "removed"}


def test_what_is_wrong_is_said_where_it_is_and_nothing_is_lost(boss: Client, seeded: Seeded) -> None:
    boss.post("/site-content/new", {"title": "Summer sale"})
    wrong = boss.post("/site-content/summer-sale", form(seeded, **{"p0-url": "javascript:1", "p0-text": "Kept words"}))
    assert wrong.status_code == 422
    page = wrong.content.decode()
    assert "Piece 1: an address begins with https:// or with /." in page and "Kept words" in page
    dates = {"starts_at": "2026-07-01T00:00", "ends_at": "2026-06-01T00:00"}
    for more, said in (({"priority": "101"}, "from 0 to 100"), (dates, "must come after the start")):
        page = boss.post(
            "/site-content/summer-sale", form(seeded, **{"p0-text": "Kept words", **more})
        ).content.decode()
        assert said in page and "Kept words" in page and all(f'value="{one}"' in page for one in more.values())
    made = [boss.post("/site-content/new", {"title": title})["Location"] for title in ("Año nuevo", "Año nuevo", "2x1")]
    assert made == [f"/site-content/{name}" for name in ("ano-nuevo", "ano-nuevo-2", "campaign-2x1")]
    late = boss.post("/site-content/summer-sale", form(seeded, version="0"))
    assert late.status_code == 422 and "Somebody else" in late.content.decode()
    assert boss.post("/site-content/summer-sale", form(seeded, segment="nobodys")).status_code == 422


def test_by_hand_it_is_shown_and_taken_back(boss: Client, seeded: Seeded) -> None:
    keep(seeded, is_asked=True)
    boss.post("/site-content/sale/show", {"product": "p1", "customer": "", "lasting": "7d"})
    page = boss.get("/site-content/sale").content.decode()
    assert "Product p1" in page and "by hand" in page
    boss.post("/site-content/sale/hide", {"id": str(Showing.objects.get().pk)})
    assert not Showing.objects.exists()
    wrong = boss.post("/site-content/sale/show", {"lasting": "a while"}, follow=True).content.decode()
    assert "length of time" in wrong and not Showing.objects.exists()


def test_storefronts_get_it_by_language_from_caches_and_once_more_only_when_it_changed(
    seeded: Seeded, key: tuple[StorefrontKey, str]
) -> None:
    keep(seeded)
    address = f"/storefront/{key[0].token}/content/es.json"
    first = Client().get(address)
    assert first.json()["campaigns"][0]["pieces"][0]["text"] == "Envío gratis"
    assert "stale-if-error" in first["Cache-Control"] and first["Access-Control-Allow-Origin"] == "*"
    assert not first.has_header("Set-Cookie") and "Cookie" not in first.get("Vary", "")
    assert Client().get(address, HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 304
    services.switch(seeded.shop.pk, "sale", False, "ana")
    showing._kept.clear()
    again = Client().get(address, HTTP_IF_NONE_MATCH=first["ETag"])
    assert again.status_code == 200 and again.json() == {"campaigns": []}
    assert Client().get(f"/storefront/{key[0].token}/content/xx.json").status_code == 404
    assert Client().get("/storefront/sf_none/content/es.json").status_code == 404
    assert Client().get(f"/storefront/{key[0].token}/site-content.js").status_code == 200


def test_only_who_is_proven_gets_what_is_theirs(seeded: Seeded, key: tuple[StorefrontKey, str]) -> None:
    keep(seeded, is_asked=True)
    services.show(seeded.shop.pk, "sale", "ana", customer="7", lasting=timedelta(days=1))

    def ask(proof: str) -> list[str]:
        body = json.dumps({"customer": "7", "proof": proof, "language": "en"})
        answer = Client().post(f"/storefront/{key[0].token}/content", body, content_type="text/plain")
        assert answer["Cache-Control"] == "no-store"
        return [one["name"] for one in answer.json()["campaigns"]]

    assert ask(storefronts.proof(key[1], "7")) == ["sale"] and ask("guessed") == []


def test_the_api_keeps_switches_shows_and_tells(seeded: Seeded) -> None:
    token = issue(seeded.shop.pk, "tests", "read flows:write", "ana")
    reader = issue(seeded.shop.pk, "tests", "read", "ana")
    given = {"title": "Sale", "pieces": [{**BAR, "kind": "badge", "products": ["p1"]}]}
    assert call(token, "PUT", "content/campaigns/sale", given)["state"] == "draft"
    call(token, "PUT", "content/campaigns/sale", given, 428)
    call(token, "PUT", "content/campaigns/sale", given, 412, **{"if-match": '"9"'})
    call(token, "PUT", "content/campaigns/other", {**given, "pieces": [{**BAR, "url": "ftp:x"}]}, 422)
    call(reader, "POST", "content/campaigns/sale/switch", {"is_on": True}, 403)
    assert call(token, "POST", "content/campaigns/sale/switch", {"is_on": True})["state"] == "on"
    (seen,) = call(reader, "GET", "content/standing?product=p1")["items"]
    assert (seen["place"], seen["campaign"]) == ("badge", "sale")
    assert call(reader, "GET", "content/standing?product=p2")["items"] == []
    call(token, "POST", "content/campaigns/sale/showings", {"product": "p2", "hours": 3}, 204)
    assert Showing.objects.get().until > datetime.now(UTC) + timedelta(hours=2)
    call(token, "DELETE", "content/campaigns/sale", status=204)
    call(token, "GET", "content/campaigns/sale", status=404)
    assert call(reader, "GET", "content/campaigns")["items"] == [] and not Showing.objects.exists()
