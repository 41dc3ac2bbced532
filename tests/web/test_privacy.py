"""Privacy as people use it: found, handed over once, erased after a day's grace with a proof; consent and its words."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from seeding import make_shop, person
from test_actions import signed_in

from sereno.modules.messages import services
from sereno.runtime import consenting
from sereno.runtime import services as runtime_services
from sereno.runtime.privacy import asking, retention
from sereno.runtime.privacy.requests import carry_out
from sereno.sdk.connector import NewEvent
from sereno.store.keys import issue
from sereno.store.models import Audit, Consent, Event, PrivacyRequest, Shop

MARA = "mara@example.com"
NOW = datetime.now(UTC)


def shop_with_order() -> Any:
    shop = make_shop()
    data = {
        "id": "77",
        "email": MARA,
        "customer_id": "5",
        "total": "20.00",
        "currency": "EUR",
        "note": "For Mara Ionescu",
    }
    event = NewEvent("o77", "order.created", "order:77", NOW, data, {"order": "77", "customer": "5", "email": MARA})
    runtime_services.insert_events(shop.pk, None, "tests", [event])
    return shop


def test_a_person_is_found_and_an_erasure_waits_and_can_be_taken_back() -> None:
    shop = shop_with_order()
    client = signed_in(person(shop, "owner@example.com", "owner"))
    assert "Nobody has asked for anything" in client.get("/privacy").content.decode()
    page = client.get(f"/privacy/person?q={MARA}").content.decode()
    assert "order:77" in page and "Erase the person" in page
    assert "Nothing is held" in client.get("/privacy/person?q=nobody@example.com").content.decode()
    answer = client.post("/privacy/ask", {"kind": "erase", "about": MARA}, follow=True)
    row = PrivacyRequest.objects.get()
    assert (row.status, row.kind) == ("planned", "erase")
    assert timedelta(hours=23) < row.start_at - row.created_at <= timedelta(hours=24)
    assert MARA not in row.about and "Take it back" in answer.content.decode()
    client.post(f"/privacy/requests/{row.pk}/act", {"do": "cancel"})
    row.refresh_from_db()
    assert (row.status, row.about) == ("cancelled", "")
    assert {"privacy.erase_asked", "privacy.cancelled"} <= set(Audit.objects.values_list("action", flat=True))
    assert not Audit.objects.filter(details__contains=MARA).exists()


def test_the_proof_names_nobody() -> None:
    shop = shop_with_order()
    client = signed_in(person(shop, "owner@example.com", "owner"))
    client.post("/privacy/ask", {"kind": "erase", "about": MARA})
    row = PrivacyRequest.objects.get()
    client.post(f"/privacy/requests/{row.pk}/act", {"do": "agree"})
    carry_out(row.pk)
    page = client.get(f"/privacy/requests/{row.pk}").content.decode()
    assert "The proof" in page and "Found after" in page and "mara" not in page.lower()
    again = client.get(f"/privacy/person?q={MARA}").content.decode()
    assert "Nothing is held" in again and f"/privacy/requests/{row.pk}" in again
    for path in ("/events", "/audit", "/privacy", f"/events/{Event.objects.first().pk}"):
        assert "mara" not in client.get(path).content.decode().lower(), path


def test_the_file_is_whole_and_given_once() -> None:
    shop = shop_with_order()
    client = signed_in(person(shop, "owner@example.com", "owner"))
    client.post("/privacy/ask", {"kind": "export", "about": MARA})
    row = PrivacyRequest.objects.get()
    carry_out(row.pk)
    page = client.get(f"/privacy/requests/{row.pk}").content.decode()
    link = page.split("/handover/")[1].split("<")[0].split('"')[0]
    public = client.__class__(headers={"host": "127.0.0.1"})
    assert public.get(f"/handover/{link}").status_code == 200
    assert public.get(f"/handover/{link[:-4]}AAAA").status_code == 404
    answer = public.post(f"/handover/{link}")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        events = json.loads(archive.read("data/events.json"))
        assert events[0]["data"]["note"] == "For Mara Ionescu"
        assert json.loads(archive.read("about.json"))["known_as"]["emails"] == [MARA]
        assert "Mara Ionescu" in archive.read("index.html").decode()
    assert public.post(f"/handover/{link}").status_code == 404
    assert client.post(f"/privacy/requests/{row.pk}/file").status_code == 302
    assert Audit.objects.filter(action="privacy.file_fetched").count() == 1


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("support", 403), ("marketer", 403), ("operator", 302)])
def test_only_who_may_set_up_may_erase(role: str, status: int) -> None:
    shop = make_shop()
    client = signed_in(person(shop, f"{role}@example.com", role))
    assert client.post("/privacy/ask", {"kind": "erase", "about": MARA}).status_code == status


def test_another_shops_request_is_not_there() -> None:
    shop, other = make_shop(), make_shop(slug="other")
    id_ = asking.ask(other.pk, "erase", [MARA], "tester", delay=timedelta(days=1))
    client = signed_in(person(shop, "owner@example.com", "owner"))
    assert client.get(f"/privacy/requests/{id_}").status_code == 404
    assert client.post(f"/privacy/requests/{id_}/act", {"do": "cancel"}).status_code == 404
    assert client.post(f"/privacy/requests/{id_}/file").status_code == 404


def test_a_consent_comes_with_its_proof_by_api() -> None:
    shop = make_shop()
    key = issue(shop.pk, "form", "read work events:write", "tester")
    client = signed_in(person(shop, "owner@example.com", "owner"))
    headers = {"Authorization": f"Bearer {key}"}
    body = {
        "address": MARA,
        "granted": True,
        "text": "Yes, news",
        "text_version": "7",
        "language": "ro",
        "ip": "192.0.2.7",
        "source": "footer",
    }
    answer = client.post("/api/v1/consents", json.dumps(body), content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()) == (201, {"state": "granted"})
    line = Consent.objects.get()
    assert line.proof == {
        "text": "Yes, news",
        "text_version": "7",
        "language": "ro",
        "ip": "192.0.2.7",
        "basis": "consent",
        "by": "api:form",
    }
    again = client.post("/api/v1/consents", json.dumps(body), content_type="application/json", headers=headers)
    assert again.json() == {"state": "unchanged"} and Consent.objects.count() == 1
    lines = client.get(f"/api/v1/consents?about={MARA}", headers=headers).json()["items"]
    assert lines[0]["granted"] is True and lines[0]["proof"]["text"] == "Yes, news"
    page = client.get(f"/privacy/consents?q={MARA}").content.decode()
    assert "Yes, news" in page and "192.0.2.7" in page and "They agreed" in page


def test_existing_customers_only_where_the_country_lets_them() -> None:
    shop = make_shop()
    given = {"granted": True, "source": "till", "basis": "existing_customer"}
    with pytest.raises(ValueError, match="country"):
        consenting.record_consent(shop.pk, MARA, "email", **given)
    Shop.objects.filter(pk=shop.pk).update(settings={"country": "US"})
    with pytest.raises(ValueError, match="US"):
        consenting.record_consent(shop.pk, MARA, "email", **given)
    Shop.objects.filter(pk=shop.pk).update(settings={"country": "ES"})
    assert consenting.record_consent(shop.pk, MARA, "email", **given) == "granted"


def test_nothing_goes_out_before_the_owner_confirmed() -> None:
    shop = make_shop()
    Shop.objects.filter(pk=shop.pk).update(settings={"double_opt_in": "all"})
    client = signed_in(person(shop, "owner@example.com", "owner"))
    state = consenting.record_consent(shop.pk, MARA, "email", granted=True, source="footer", proof={"text": "Yes"})
    assert state == "pending"
    assert services.allows(shop.pk, MARA, "email", "marketing") is False
    assert "Waits for confirmation" in client.get(f"/privacy/consents?q={MARA}").content.decode()
    event = Event.objects.get(type="consent.requested")
    token = event.data["token"]
    assert "Is this your address?" in client.get(f"/confirm/{token}").content.decode()
    assert services.allows(shop.pk, MARA, "email", "marketing") is False, (
        "a scanner that follows the link confirms nothing"
    )
    assert client.post(f"/confirm/{token}").status_code == 200
    assert services.allows(shop.pk, MARA, "email", "marketing") is True
    line = Consent.objects.order_by("-id").first()
    assert line.source == "confirmed" and line.proof["text"] == "Yes" and line.proof["confirmed"]["ip"]
    assert client.get("/confirm/nonsense").status_code == 404


def test_retention_is_looked_at_before_it_holds_and_leaves_what_is_under_way() -> None:
    shop = shop_with_order()
    client = signed_in(person(shop, "owner@example.com", "owner"))
    wrong = client.post("/privacy/keeping", {"runs": "3", "do": "save"})
    assert wrong.status_code == 422 and "90 at least" in wrong.content.decode()
    old = int((NOW - timedelta(days=800)).timestamp() * 1e6)
    Event.objects.update(received_at=old)
    looked = client.post("/privacy/keeping", {"events": "400", "do": "look"})
    assert "1 row would go" in looked.content.decode()
    client.post("/privacy/keeping", {"events": "400", "do": "save"})
    assert retention.days_of(Shop.objects.get(pk=shop.pk).settings)["events"] == 400
    from sereno.runtime.staff import open_staff

    staff = open_staff(None)
    keeper = retention.Keeper(staff)
    while keeper.run():
        pass
    assert Event.objects.count() == 1, "it is in the queue still"
    with staff.database.transaction() as tx:
        tx.run("unqueue_events", {"ids": [Event.objects.first().pk]})
    keeper = retention.Keeper(staff)
    while keeper.run():
        pass
    assert Event.objects.count() == 0


CANARY = ("kanarienvogel@quillabamba.example", "+34 699 414 213", "Zefirina Quillabamba", "Callejon del Gato 13")


def test_a_viewer_never_sees_whom_a_page_is_about() -> None:
    """Every page there is, whoever made it, as somebody who may only look."""
    from addresses import pages

    from sereno.runtime.runtime import Runtime
    from sereno.sdk.plugin import registry
    from sereno.store.database import default_database

    shop = make_shop()
    mail, phone, name, street = CANARY
    whose = {"id": "5", "email": mail, "phone": phone, "first_name": "Zefirina", "last_name": "Quillabamba"}
    data = {
        "id": "77", "number": "77", "email": mail, "phone": phone, "customer_id": "5", "total": "20.00",
        "currency": "EUR", "customer": whose, "note": f"For {name}", "placed_at": NOW.isoformat(), "lines": [],
        "shipping_address": {"name": name, "address1": street, "phone": phone, "country": "ES"},
    }  # fmt: skip
    when = "customer.email != null && customer.phone != null"
    flow = (
        f'flow: seen\ntrigger: {{event: order.created, when: "{when}"}}\n'
        'steps:\n  - log: {text: "{{ customer.email }}"}\n  - wait: 3d\n'
    )
    runtime_services.publish(shop.pk, runtime_services.save_draft(shop.pk, flow).name, "tester")
    refs = {"order": "77", "customer": "5", "email": mail}
    runtime_services.insert_events(
        shop.pk, None, "tests", [NewEvent("o77", "order.created", "order:77", NOW, data, refs)]
    )
    services.suppress(shop.pk, mail, "email", "complaint")
    asking.ask(shop.pk, "erase", [mail], "tester", delay=timedelta(days=1))
    runtime = Runtime(default_database(), registry(), worker_name="canary")
    runtime.drain()
    runtime.stop()
    owner, viewer = (
        signed_in(person(shop, "owner@example.com", "owner")),
        signed_in(person(shop, "viewer@example.com", "viewer")),
    )
    shown = 0
    for _name, path in pages(shop, is_strict=False):
        answer = owner.get(path)
        if answer.status_code == 200 and not answer.streaming:
            shown += mail in answer.content.decode(errors="replace")
        seen = viewer.get(path)
        if seen.streaming or seen.status_code != 200:
            continue
        text = seen.content.decode(errors="replace")
        for word in (mail, mail.replace("@", "%40"), phone, street, "Quillabamba", name):
            assert word not in text, (path, word, text[max(0, text.find(word) - 200) : text.find(word) + 80])
    assert shown >= 4, "the owner sees her, so the pages were about her"
