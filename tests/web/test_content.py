"""The pages of the messages: begun, written, checked, tested by mail, published, gone back; and who may."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from seeding import make_flow, make_shop, person

from sereno.modules.messages import pictures, templates
from sereno.runtime import services
from sereno.sdk.ports import Mail
from sereno.sdk.result import Done, Fail, Result
from sereno.store import scope
from sereno.store.models import Audit, MessagePicture, MessageTemplate, MessageVersion, Shop
from sereno.web import wiring as wired

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (20).to_bytes(4, "big") + (10).to_bytes(4, "big") + b"\x08\x06\x00\x00\x00"
)
NAMES_IT = """\
flow: welcome-flow
name: Welcome
trigger: {event: order.created}
steps:
  - messages.send_email: {template: welcome}
"""


@pytest.fixture
def client(shop: Shop) -> Client:
    client = Client()
    client.force_login(person(shop, "ana@example.com", "owner"))
    return client


def begin(client: Client, title: str = "Welcome", **fields: str) -> str:
    given = {"title": title, "kind": "email", "purpose": "transactional", "about": "order", **fields}
    answer = client.post("/messages/new", given)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def change(client: Client, at: str, do: str, **fields: Any) -> Any:
    return client.post(f"{at}/change", {"do": do, **fields}, follow=True)


def draft(name: str = "welcome") -> dict[str, Any]:
    held: dict[str, Any] = MessageTemplate.objects.get(name=name).draft
    return held


def was(page: str, of: str = "") -> str:
    form = next(part for part in page.split("<form")[1:] if f'name="of" value="{of}"' in part)
    found = re.search(r'name="was"[^>]*value="([0-9a-f]+)"', form)
    assert found is not None
    return found.group(1)


def write(client: Client, at: str, **texts: str) -> Any:
    """Fill in whatever part the texts are of."""
    parts = {key.partition("__")[0] if "__" in key else "" for key in texts}
    (of,) = parts
    fields = {f"t.{key.replace('__', '.')}": text for key, text in texts.items()}
    return change(client, at, "text", of=of, lang="es", **fields)


def make_sound(client: Client, at: str) -> None:
    write(client, at, subject="Gracias", preview="Por tu pedido")
    write(client, at, b1__text="Gracias, {{ name }}")
    write(client, at, b2__text="Tu pedido **{{ order_number }}** llega pronto.")
    write(client, at, b4__label="Ver el pedido")


def test_a_message_is_begun_written_published_and_found_by_flows(client: Client, shop: Shop) -> None:
    assert "No message of your own yet" in client.get("/messages").content.decode()
    at = begin(client)
    refused = client.post(f"{at}/publish", follow=True).content.decode()
    assert "It is not published: 1 thing has to be mended first." in refused
    assert "The subject is empty." in refused
    make_sound(client, at)
    page = client.get(at).content.decode()
    assert "Gracias, …" in page and "Nothing to mend" in page
    published = client.post(f"{at}/publish", {"note": "the first"}, follow=True).content.decode()
    assert "Version 1 is what is sent from now on." in published
    found = templates.find("welcome", "es", shop=shop.pk)
    assert found is not None and found.subject == "Gracias"
    with scope.in_shop(shop.pk, is_given=True):
        assert [one.name for one in templates.template_names() if one.is_own] == ["welcome"]
    services.save_draft(shop.pk, NAMES_IT)
    assert "welcome-flow" in client.get("/messages").content.decode()
    actions = list(Audit.objects.filter(shop=shop).order_by("id").values_list("action", flat=True))
    assert actions[0] == "message.created" and "message.changed" in actions and "message.published" in actions


def test_blocks_are_inserted_moved_copied_hidden_deleted_and_brought_back(client: Client) -> None:
    at = begin(client)
    ids = [block["id"] for block in draft()["blocks"]]
    page = change(client, at, "insert divider", insert=ids[0])
    new = draft()["blocks"][1]
    assert new["kind"] == "divider"
    assert page.redirect_chain[-1][0].endswith(f"block={new['id']}#row-{new['id']}")
    change(client, at, f"up {new['id']}")
    assert draft()["blocks"][0] == new
    change(client, at, f"duplicate {ids[0]}")
    assert len(draft()["blocks"]) == len(ids) + 2
    change(client, at, f"hide {ids[0]}", lang="es")
    assert next(block for block in draft()["blocks"] if block["id"] == ids[0])["hidden"] == ["es"]
    before = draft()
    assert "The block is deleted. Undo brings it back." in change(client, at, f"delete {ids[1]}").content.decode()
    assert "Taken back: the deleted block." in change(client, at, "undo").content.decode()
    assert draft() == before
    change(client, at, "redo")
    assert ids[1] not in [block["id"] for block in draft()["blocks"]]
    change(client, at, "insert columns", insert="-")
    columns = draft()["blocks"][0]["id"]
    page = client.get(f"{at}?block={ids[2]}").content.decode()
    assert f'value="{columns}:1"' in page and "After Columns" in page
    change(client, at, f"place {ids[2]}", insert=f"{columns}:1")
    assert draft()["blocks"][0]["columns"][1][0]["id"] == ids[2]
    refused = change(client, at, f"place {columns}", insert=f"{columns}:0").content.decode()
    assert "A block cannot be moved into itself." in refused
    assert "There is no such block" in change(client, at, "insert spaceship", insert=ids[0]).content.decode()
    assert "There is nothing to redo." in change(client, at, "redo").content.decode()


def test_typing_on_in_one_place_is_one_change(client: Client) -> None:
    at = begin(client)
    for text in ("G", "Gr", "Gra"):
        write(client, at, b1__text=text)
    write(client, at, subject="S")
    change(client, at, "undo")
    assert draft()["texts"] == {"es": {"b1.text": "Gra"}}
    change(client, at, "undo")
    assert draft()["texts"] == {}
    assert MessageTemplate.objects.get().revision == 7


def test_two_people_in_one_block_do_not_overwrite_each_other(client: Client, shop: Shop) -> None:
    at = begin(client)
    other = Client()
    other.force_login(person(shop, "bea@example.com", "marketer"))
    seen = was(client.get(f"{at}?block=b1").content.decode(), "b1")
    write(other, at, b1__text="Bea's")
    write(other, at, b2__text="Bea's, too")
    answer = change(client, at, "text", of="b1", block="b1", lang="es", was=seen, **{"t.b1.text": "Ana's"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody else changed this just now" in page and "bea@example.com" in page and "Ana&#39;s" in page
    assert draft()["texts"]["es"]["b1.text"] == "Bea's"
    change(client, at, "text", of="b1", lang="es", was=was(page, "b1"), **{"t.b1.text": "Ana's"})
    assert draft()["texts"]["es"] == {"b1.text": "Ana's", "b2.text": "Bea's, too"}


def test_languages_show_what_is_missing(client: Client) -> None:
    at = begin(client)
    make_sound(client, at)
    page = change(client, at, "language-add ro").content.decode()
    assert "5 texts are still in Español." in page
    assert "Not written here yet: readers get it in Español." in page
    change(client, at, "text", of="", lang="ro", **{"t.subject": "Mulțumim"})
    assert draft()["texts"]["ro"] == {"subject": "Mulțumim"}
    assert "4 texts are still in Español." in client.get(at).content.decode()
    assert "at least one language" not in change(client, at, "language-remove ro").content.decode()
    assert "A message keeps at least one language." in change(client, at, "language-remove es").content.decode()


def test_liquid_that_is_wrong_is_shown_with_its_place(client: Client) -> None:
    at = begin(client)
    make_sound(client, at)
    write(client, at, b2__text="Hola\n{{ custmer.name }} <script>alert(1)</script>")
    page = client.get(f"{at}?block=b2").content.decode()
    assert "There is no value called “custmer”" in page and "Did you mean customer?" in page
    assert "{{ custmer.name }} &lt;script&gt;" in page and "   ^^^^^^^" in page
    shown = client.get(f"{at}/preview").content.decode()
    assert "<script>alert" not in shown and "&lt;script&gt;" in shown
    write(client, at, b2__text="Hola {{ name")
    assert "is opened here and never closed" in client.get(f"{at}?block=b2").content.decode()
    assert "Hola" in client.get(f"{at}/preview").content.decode()
    assert "It is not published" in client.post(f"{at}/publish", follow=True).content.decode()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"of": "b4", "s.background": "red"}, "A colour is written as # and six digits"),
        ({"of": "b1", "s.colour": "#12"}, "A colour is written as # and six digits"),
        ({"of": "", "t.subject": "x" * 301}, "Write 300 characters at most."),
    ],
)
def test_what_cannot_be_kept_is_said_and_not_lost(client: Client, fields: dict[str, str], said: str) -> None:
    at = begin(client)
    answer = change(client, at, "text", lang="es", block=fields["of"], **fields)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in page and list(fields.values())[1] in page


def test_the_preview_can_do_nothing(client: Client) -> None:
    seed_order()
    at = begin(client)
    make_sound(client, at)
    answer = client.get(f"{at}/preview?look=dark&record=1001")
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    html = answer.content.decode()
    assert "@media all" in html and "prefers-color-scheme: dark" not in html.replace("supported", "")
    assert "@media not all" in client.get(f"{at}/preview").content.decode()
    assert client.get(f"{at}?look=text").content.decode().count("<iframe") == 0


def seed_order() -> None:
    from sereno.modules.orders.models import Order

    data = {
        "id": "1001",
        "number": "#1001",
        "total": "20.00",
        "currency": "EUR",
        "lines": [{"title": "Mug", "variant_id": "v1", "quantity": 1, "price": "20.00"}],
        "email": "m@example.com",
    }
    Order.objects.create(
        shop=Shop.objects.get(slug="lantern"), key="1001", version=1, data=data, seen_at=0, number="#1001", placed_at=5
    )


def test_it_is_shown_for_a_real_record(client: Client) -> None:
    seed_order()
    at = begin(client)
    make_sound(client, at)
    assert "#1001" in client.get(f"{at}/preview?record=1001").content.decode()
    assert "#1024" in client.get(f"{at}/preview?record=of-nobody").content.decode()
    assert "Tu pedido #1001 llega pronto." in client.get(f"{at}?look=text").content.decode()


def test_versions_are_kept_and_gone_back_to(client: Client, shop: Shop) -> None:
    at = begin(client)
    make_sound(client, at)
    client.post(f"{at}/publish")
    write(client, at, subject="Otra cosa")
    client.post(f"{at}/publish", {"note": "second"})
    assert [row.number for row in MessageVersion.objects.order_by("id")] == [1, 2]
    page = client.get(f"{at}/versions").content.decode()
    assert "second" in page and "Sent now" in page
    assert (
        "Version 1 is sent again, as version 3."
        in client.post(f"{at}/roll-back", {"number": "1"}, follow=True).content.decode()
    )
    found = templates.find("welcome", "es", shop=shop.pk)
    assert found is not None and (found.subject, found.version) == ("Gracias", 3)
    assert draft()["texts"]["es"]["subject"] == "Gracias"
    change(client, at, "undo")
    assert draft()["texts"]["es"]["subject"] == "Otra cosa"
    assert "There is no such version." in client.post(f"{at}/roll-back", {"number": "9"}, follow=True).content.decode()


def test_a_message_in_use_is_not_withdrawn_and_a_published_one_not_deleted(client: Client, shop: Shop) -> None:
    at = begin(client)
    make_sound(client, at)
    client.post(f"{at}/publish")
    make_flow(shop, "welcome-flow", "The welcome", NAMES_IT)
    assert "It is sent by The welcome." in client.post(f"{at}/withdraw", follow=True).content.decode()
    assert "cannot be deleted. Withdraw it first." in client.post(f"{at}/remove", follow=True).content.decode()
    shop.flow_set.all().delete()
    client.post(f"{at}/withdraw")
    assert templates.find("welcome", "es", shop=shop.pk) is None
    page = client.post(f"{at}/remove", follow=True).content.decode()
    assert "“Welcome” is deleted." in page and not MessageTemplate.objects.exists()
    client.post("/messages/restore")
    assert draft()["texts"]["es"]["subject"] == "Gracias"


def test_a_shipped_mail_is_taken_over(client: Client, shop: Shop) -> None:
    answer = client.post("/messages/begin", {"name": "cart-reminder", "how": "replace"})
    assert answer["Location"] == "/messages/own/cart-reminder"
    assert draft("cart-reminder")["languages"] == ["en", "es", "pt", "ro"]
    assert "Nothing to mend" in client.get("/messages/own/cart-reminder").content.decode()
    assert "Your draft" in client.get("/messages").content.decode()
    again = client.post("/messages/begin", {"name": "cart-reminder"}, follow=True).content.decode()
    assert "The shop has a message of that name already." in again
    for name in templates.names():
        assert client.get(f"/messages/ready/{name}/preview").status_code == 200
    assert client.get("/messages/ready/nothing/preview").status_code == 404


# --- pictures -----------------------------------------------------------------------------------


def test_a_picture_is_uploaded_and_served_to_anybody(client: Client) -> None:
    at = begin(client)
    change(client, at, "insert image", insert="b1")
    block = draft()["blocks"][1]["id"]
    file = SimpleUploadedFile("my photo.png", PNG, "image/png")
    client.post(f"{at}/picture", {"file": file, "block": block})
    source = draft()["blocks"][1]["settings"]["source"]
    assert source.startswith("picture:")
    address = f"/media/{source.removeprefix('picture:')}"
    answer = Client().get(address)
    assert b"".join(answer.streaming_content) == PNG  # type: ignore[attr-defined]
    assert answer["Content-Type"] == "image/png"
    assert "immutable" in answer["Cache-Control"] and "sandbox" in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert address in client.get(f"{at}/preview").content.decode()
    client.post(f"{at}/picture", {"file": SimpleUploadedFile("again.png", PNG), "block": block})
    assert MessagePicture.objects.count() == 1


def test_a_picture_that_another_host_took_in_is_served(client: Client) -> None:
    at = begin(client)
    change(client, at, "insert image", insert="b1")
    client.post(f"{at}/picture", {"file": SimpleUploadedFile("p.png", PNG), "block": draft()["blocks"][1]["id"]})
    name = draft()["blocks"][1]["settings"]["source"].removeprefix("picture:")
    path = pictures.path_of(wired.wiring().data_dir, name)
    assert path is not None
    path.unlink()
    assert b"".join(Client().get(f"/media/{name}").streaming_content) == PNG  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["../secret.key", "a.png", "x" * 64 + ".png", "0" * 64 + ".svg"])
def test_nothing_else_is_served_as_a_picture(name: str) -> None:
    assert Client().get(f"/media/{name}").status_code == 404


def test_a_file_that_is_no_picture_is_refused(client: Client) -> None:
    at = begin(client)
    change(client, at, "insert image", insert="b1")
    block = draft()["blocks"][1]["id"]
    for body, said in ((b"<svg onload=alert(1)>", "no PNG, JPEG, GIF or WebP"), (b"", "The file is empty.")):
        file = SimpleUploadedFile("a.png", body, "image/png")
        assert said in client.post(f"{at}/picture", {"file": file, "block": block}, follow=True).content.decode()
    assert not MessagePicture.objects.exists()


# --- a test by mail -----------------------------------------------------------------------------


class Post:
    def __init__(self, answer: Result | None = None) -> None:
        self.mails: list[Mail] = []
        self.answer = answer or Done({})

    def send(self, mail: Mail) -> Result:
        self.mails.append(mail)
        return self.answer


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Post:
    from dataclasses import replace

    found = Post()
    monkeypatch.setattr(wired, "_wiring", replace(wired.wiring(), make_mailer=lambda: found))
    return found


def test_a_test_goes_to_a_colleague_and_is_written_down(client: Client, shop: Shop, post: Post) -> None:
    at = begin(client)
    make_sound(client, at)
    assert "ana@example.com" in client.get(f"{at}?panel=test").content.decode()
    page = client.post(f"{at}/test", {"to": "ana@example.com"}, follow=True).content.decode()
    assert "A test is on its way to ana@example.com." in page
    (mail,) = post.mails
    assert (mail.to, mail.subject) == ("ana@example.com", "[Test] Gracias")
    assert "Tu pedido #1024 llega pronto." in mail.text
    assert Audit.objects.filter(action="message.tested").get().details["to"] == "ana@example.com"
    refused = client.post(f"{at}/test", {"to": "stranger@example.com"}, follow=True).content.decode()
    assert "only to somebody who belongs to this shop" in refused
    for _ in range(10):
        page = client.post(f"{at}/test", {"to": "ana@example.com"}, follow=True).content.decode()
    assert "Try again in a few minutes." in page
    assert len(post.mails) == 10


def test_a_server_that_refuses_says_why(client: Client, post: Post) -> None:
    at = begin(client)
    make_sound(client, at)
    post.answer = Fail("message.refused", "550 not from you")
    page = client.post(f"{at}/test", {"to": "ana@example.com"}, follow=True).content.decode()
    assert "The mail server did not take it: 550 not from you" in page


def test_without_a_mail_server_it_is_said_what_to_set(client: Client) -> None:
    at = begin(client)
    page = client.post(f"{at}/test", {"to": "ana@example.com"}, follow=True).content.decode()
    assert "SERENO_SMTP_URL" in page


# --- brand, texts -------------------------------------------------------------------------------


def test_the_brand_is_kept_in_one_place(client: Client, shop: Shop) -> None:
    good = {"brand_color": "#aa0011", "brand_font": "georgia", "social_instagram": "https://instagram.example/a"}
    page = client.post("/messages/brand", good, follow=True).content.decode()
    assert "Every message looks like this from now on." in page
    shop.refresh_from_db()
    assert shop.settings == good
    assert "#aa0011" in client.get("/messages/ready/order-confirmation/preview").content.decode()
    bad = {"brand_color": "red", "website": "shop", "support_email": "x", "sms_price": "much"}
    answer = client.post("/messages/brand", bad)
    assert answer.status_code == 422 and answer.content.decode().count('class="error"') == 4
    shop.refresh_from_db()
    assert shop.settings == good
    logo = SimpleUploadedFile("logo.png", PNG, "image/png")
    client.post("/messages/brand", {**good, "file": logo})
    assert "/media/" in client.get("/messages/ready/order-confirmation/preview").content.decode()


def test_a_text_message_is_measured_and_priced(client: Client, shop: Shop) -> None:
    client.post("/messages/brand", {"sms_price": "0.05"})
    at = begin(client, "Parcel", kind="sms")
    write(client, at, text="ș" * 71)
    page = client.get(at).content.decode()
    assert "UCS-2" in page and "does not send SMS or WhatsApp messages yet" in page and "Write it plainly" in page
    assert "0.10" in page
    client.post(f"{at}/publish")
    assert MessageTemplate.objects.get().version == 1
    assert all(not one.is_own for one in templates.template_names(shop.pk))


def test_a_whatsapp_text_is_shown_as_it_is_registered(client: Client) -> None:
    at = begin(client, "Parcel", kind="whatsapp")
    change(client, at, "text", of="", lang="es", **{"t.text": "Hola {{ name }}, va.", "s.approved_name": "parcel_1"})
    page = client.get(at).content.decode()
    assert "Hola {{1}}, va." in page and "Nothing to mend" in page


# --- who may ------------------------------------------------------------------------------------


def test_a_viewer_reads_and_changes_nothing(client: Client, shop: Shop) -> None:
    at = begin(client)
    held = json.dumps(draft())
    viewer = Client()
    viewer.force_login(person(shop, "vic@example.com", "viewer"))
    for page in ("/messages", at, f"{at}?block=b1", f"{at}/versions", f"{at}/preview", "/messages/brand"):
        answer = viewer.get(page)
        assert answer.status_code == 200, page
        if "/preview" not in page and "brand" not in page:
            assert 'name="do"' not in answer.content.decode(), page
    forms = ("change", "picture", "publish", "roll-back", "withdraw", "remove", "settings", "test")
    for address in (*(f"{at}/{one}" for one in forms), "/messages/new", "/messages/begin", "/messages/brand"):
        assert viewer.post(address, {"do": "delete b1"}).status_code == 403, address
    assert json.dumps(draft()) == held


def test_another_shops_messages_are_not_there(client: Client) -> None:
    title = "A lantern of ours"  # no ready message is called so
    at, name = begin(client, title), "a-lantern-of-ours"
    eve = Client()
    eve.force_login(person(make_shop("other", "Other"), "eve@example.com", "owner"))
    listed, seen = client.get("/messages").content.decode(), eve.get("/messages").content.decode()
    assert title in listed and at in listed
    assert title not in seen and at not in seen and "No message of your own yet" in seen
    for page in (at, f"{at}/preview", f"{at}/versions"):
        assert eve.get(page).status_code == 404, page
    for one in ("change", "picture", "publish", "roll-back", "withdraw", "remove", "settings", "test"):
        assert eve.post(f"{at}/{one}", {"do": "delete b1"}).status_code == 404, one
    assert (
        "is not there any more"
        in eve.post("/messages/begin", {"name": name, "how": "copy"}, follow=True).content.decode()
    )


def test_no_page_runs_many_queries(client: Client) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    seed_order()
    at = begin(client)
    make_sound(client, at)
    for page in ("/messages", at, f"{at}?block=b2", f"{at}/preview", f"{at}/versions", "/messages/brand"):
        client.get(page)
        with CaptureQueriesContext(connection) as asked:
            client.get(page)
        assert len(asked) <= 15, (page, [one["sql"][:120] for one in asked])


def test_no_inline_style_or_script(client: Client) -> None:
    at = begin(client)
    for page in ("/messages", "/messages/new", at, f"{at}?block=b1&insert=b2&panel=settings", "/messages/brand"):
        text = client.get(page).content.decode()
        assert "<style" not in text and " style=" not in text and " onclick=" not in text, page


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("points-expiring", ("120",)),
        ("tier-reached", ("Gold", "160", "Platinum")),
        ("price-drop", ("15%", "Enamel mug")),
        ("cart-incentive", ("MARA-7K2Q", "10%")),
        ("order-pay-now", ("€3.00", "€69.95")),
        ("order-payment-due", ("€6.00",)),
    ],
)
def test_what_a_flow_would_say_is_shown_by_a_sample(client: Client, name: str, said: tuple[str, ...]) -> None:
    page = client.get(f"/messages/ready/{name}/preview?lang=en").content.decode()
    for one in said:
        assert one in page, one
