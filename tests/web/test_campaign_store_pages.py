"""What campaigns write into the store's own site, as staff write it, see it beforehand and decide; as programs do."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from calling import call
from django.test import Client
from seeding import Seeded

from sereno.modules.content import services
from sereno.modules.content.models import Due, Written
from sereno.sdk import site
from sereno.store.keys import issue
from sereno.store.models import Audit

PAGE = {"kind": "page", "key": "sale", "store": "", "fields": {"title": "Sale", "body": "<p>Now</p>"}}


def edited(seeded: Seeded, **values: str) -> Written:
    """A page on which somebody wrote after us."""
    held = site.Held(
        {"body": site.Kept("<p>Old</p>", "<p>Now</p>", "<p>Now</p>")}, False, {"body": "<p>Theirs</p>"}, {}
    )
    return Written.objects.create(
        shop=seeded.shop, kind="page", key="shipping", document={**site.write_held(held), "told": ""}, state="edited",
        changed_at=datetime.now(UTC), **values,
    )  # fmt: skip


def kept(seeded: Seeded, name: str = "summer-sale") -> Any:
    found = services.find(seeded.shop.pk, name)
    assert found is not None
    return found


def test_a_campaign_of_the_store_is_made_written_previewed_and_switched_on(boss: Client, seeded: Seeded) -> None:
    made = boss.post("/site-content/new", {"title": "Summer sale", "where": "store"})
    assert made["Location"] == "/site-content/summer-sale/store"
    page = boss.get(made["Location"]).content.decode()
    assert "no store that may be written to can do this" in page and 'value="summer-sale"' in page
    form = {"version": "1", "w0-key": "summer", "w0-title": "Summer", "w0-body": "<p>Off <b>it</b> goes</p>"}
    form |= {"w0-seo_title": "Summer sale | Casa", "w0-shown": "yes"}
    added = boss.post(made["Location"], {**form, "do": "add:theme_file"})
    assert added.status_code == 200 and "Not saved yet" in added.content.decode()
    assert kept(seeded).version == 1 and not Due.objects.filter(at__gt=datetime(2099, 1, 1, tzinfo=UTC)).exists()
    held = re.search(r'name="unsaved" value="([^"]+)"', added.content.decode())
    assert held is not None
    form["unsaved"] = held[1]
    odd = boss.post(made["Location"], {**form, "w1-lines": "current.accent: red", "do": "save"})
    assert odd.status_code == 422 and "“current.accent: red” is no value" in odd.content.decode()
    assert "current.accent: red</textarea>" in odd.content.decode()
    both = boss.post(made["Location"], {**form, "w1-lines": "current.on = 1", "w1-whole": "{}", "do": "save"})
    assert both.status_code == 422 and "not both" in both.content.decode()
    lines = {"w1-key": "config/a.json", "w1-lines": "current.on = 1", "do": "save"}
    assert boss.post(made["Location"], {**form, **lines}).status_code == 302
    form.pop("unsaved")
    (first, second) = kept(seeded).campaign.writings
    assert (first.target.key, first.fields["body"], first.fields["is_published"]) == ("summer", form["w0-body"], True)
    lines = {"version": "2", "w1-lines": 'current.accent = "#f00"\r\ncurrent.on=true\r\ncurrent.name = Summer'}
    boss.post(made["Location"], {**form, **lines, "w1-key": "config/a.json", "do": "save"})
    second = kept(seeded).campaign.writings[1]
    assert second.fields == {"current.accent": "#f00", "current.on": True, "current.name": "Summer"}
    framed = boss.get("/site-content/summer-sale/store/1")
    assert "<b>it</b>" in framed.content.decode() and "default-src 'none'" in framed["Content-Security-Policy"]
    assert boss.get("/site-content/summer-sale/store/2").status_code == 404
    assert Due.objects.count() == 3
    boss.post("/site-content/summer-sale/switch", {"on": "yes"})
    assert Due.objects.count() == 4, "in the transaction of the switch"
    listed = boss.get("/site-content").content.decode()
    assert "Page, File of the theme" in listed
    dates = {
        "in": "en",
        "version": "4",
        "title": "Summer",
        "priority": "50",
        "do": "save",
        "ends_at": "2099-07-31T23:59",
    }
    assert boss.post("/site-content/summer-sale", dates).status_code == 302
    assert len(kept(seeded).campaign.writings) == 2, "the other form leaves them"
    assert Due.objects.filter(at__gt=datetime(2099, 1, 1, tzinfo=UTC)).count() == 1
    dropped = boss.post(made["Location"], {**form, "version": "5", "do": "drop:1"})
    assert len(kept(seeded).campaign.writings) == 2
    held = re.search(r'name="unsaved" value="([^"]+)"', dropped.content.decode())
    assert held is not None
    boss.post(made["Location"], {**form, "version": "5", "unsaved": held[1], "do": "save"})
    assert len(kept(seeded).campaign.writings) == 1


def test_what_is_wrong_is_said_by_its_number_and_nothing_is_lost(boss: Client, seeded: Seeded) -> None:
    boss.post("/site-content/new", {"title": "Summer sale", "where": "store"})
    form = {"version": "1", "w0-key": "No Handle", "w0-title": "Kept words", "w0-shown": "yes", "do": "save"}
    wrong = boss.post("/site-content/summer-sale/store", form)
    said = wrong.content.decode()
    assert wrong.status_code == 422 and "Kept words" in said
    assert "Number 1: a handle is of small letters, digits and dashes." in said
    late = boss.post("/site-content/summer-sale/store", {**form, "w0-key": "ok", "version": "9"})
    assert late.status_code == 422 and "Somebody else" in late.content.decode()
    assert boss.get("/site-content/none/store").status_code == 404


@pytest.mark.parametrize("keep", ["theirs", "ours"])
def test_what_somebody_changed_is_shown_beside_ours_and_decided(boss: Client, seeded: Seeded, keep: str) -> None:
    row = edited(seeded)
    page = boss.get("/site-content").content.decode()
    assert "Changed by somebody else" in page and "&lt;p&gt;Theirs&lt;/p&gt;" in page and "Write over it" in page
    boss.post(f"/site-content/written/{row.pk}/decide", {"keep": keep})
    row.refresh_from_db()
    held = site.read_held(row.document)
    assert row.state == "standing" and held is not None and held.edited == {}
    assert held.fields["body"].before == ("<p>Theirs</p>" if keep == "theirs" else "<p>Old</p>")
    assert Due.objects.count() == 1 and Audit.objects.filter(action=f"content.kept_{keep}").count() == 1
    again = boss.post(f"/site-content/written/{row.pk}/decide", {"keep": keep}, follow=True).content.decode()
    assert "nothing to decide" in again


def test_the_api_keeps_writings_and_decides(seeded: Seeded) -> None:
    token = issue(seeded.shop.pk, "tests", "read flows:write", "ana")
    reader = issue(seeded.shop.pk, "tests", "read", "ana")
    given = {"title": "Sale", "writings": [PAGE]}
    found = call(token, "PUT", "content/campaigns/sale", given)
    assert found["writings"] == [PAGE] and found["pieces"] == []
    wrong = {"title": "Sale", "writings": [{**PAGE, "key": "../x"}]}
    call(token, "PUT", "content/campaigns/other", wrong, 422)
    row = edited(seeded)
    (one,) = call(reader, "GET", "content/written")["items"]
    assert (one["kind"], one["key"], one["state"], one["edited"]) == (
        "page",
        "shipping",
        "edited",
        {"body": "<p>Theirs</p>"},
    )
    call(reader, "POST", f"content/written/{row.pk}/decision", {"keep": "theirs"}, 403)
    call(token, "POST", f"content/written/{row.pk}/decision", {"keep": "theirs"}, 204)
    call(token, "POST", f"content/written/{row.pk}/decision", {"keep": "theirs"}, 404)
    call(token, "POST", f"content/written/{row.pk}/decision", {"keep": "mine"}, 422)
