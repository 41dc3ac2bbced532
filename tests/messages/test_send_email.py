"""The action from end to end: records in, a mail on the server out."""

from __future__ import annotations

import json
import re
from email.message import EmailMessage
from typing import Any

import pytest

from messages.mailing import CART, CUSTOMER, LINES, ORDER, Ledger, MailServer, make_context
from messages.matter import TYPED, full_context, named, unfilled
from sereno.commerce.persons import one_of
from sereno.modules.messages import templates
from sereno.modules.messages.actions import EmailConfig, send_email
from sereno.modules.messages.addressing import addressed, recipient
from sereno.modules.messages.smtp import SmtpMailer
from sereno.modules.messages.unsubscribe import read_token
from sereno.sdk.result import Done, Fail, Retry


def body(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize("name", templates.names())
@pytest.mark.parametrize("locale", templates.LOCALES)
def test_every_template_in_every_language(server: MailServer, mailer: SmtpMailer, name: str, locale: str) -> None:
    context = full_context(mailer, name, locale=locale)
    assert unfilled(name, locale, context) == set()
    outcome = send_email(EmailConfig(template=name), context)
    assert isinstance(outcome, Done)
    assert outcome.value["sent"] is True
    assert (outcome.value["locale"], outcome.value["locale_from"]) == (locale, "customer")
    (mail,) = server.mails()
    text, html = body(mail), body(mail, "html")
    for written in (mail["Subject"], text, html):
        assert "{{" not in written
        assert "{%" not in written
        assert "[[" not in written
    assert "Cerámica Ñandú" in text
    assert f'lang="{locale}"' in html
    assert "fonts.googleapis" not in html
    assert re.search(r"\n\n\n", text) is None
    for block in templates.shipped_document(name).walk():
        for shown in SHOWN.get(block.kind, ()):
            assert shown in text
            assert shown in html


SHOWN = {
    "offer": ("ANA-7KQ",),
    "products": ("Jarra de barro", "https://nandu.example/p/9"),
    "reviews": ("Ha sobrevivido a dos mudanzas.",),
    "tracking": ("SEUR", "PX48"),
    "scale": ("https://sereno.example/survey/",),
}
"""What a block has to show when there is something to show."""


def test_an_order_confirmation_says_it_all(server: MailServer, mailer: SmtpMailer) -> None:
    send_email(EmailConfig(template="order-confirmation"), make_context(mailer))
    (mail,) = server.mails()
    text = body(mail)
    assert mail["Subject"] == "Hemos recibido tu pedido #1001"
    assert "Gracias, Ana" in text
    assert "- 2 × Taza «Mañana» (Azul): 29,80\xa0€" in text
    assert "Envío: 4,95\xa0€" in text
    assert "Total: 52,75\xa0€" in text
    assert "Calle Mayor 3\nMadrid\nEspaña" in text
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] is None
    assert mail["Reply-To"] == "hola@nandu.example"
    assert "Escríbenos a hola@nandu.example y lo arreglamos." in text
    assert 'href="https://nandu.example/p/1"' in body(mail, "html")


@pytest.mark.parametrize(
    ("locale", "currency", "total"),
    [
        ("en", "USD", "$1,234.50"),
        ("es", "EUR", "1.234,50\xa0€"),
        ("pt-BR", "BRL", "R$\xa01.234,50"),
        ("pt", "EUR", "1\xa0234,50\xa0€"),
        ("ro", "RON", "1.234,50\xa0RON"),
        ("en", "JPY", "¥1,234"),
    ],
)
def test_money_is_written_as_the_reader_writes_it(
    server: MailServer, mailer: SmtpMailer, locale: str, currency: str, total: str
) -> None:
    order = {**ORDER, "currency": currency, "total": "1234" if currency == "JPY" else "1234.50", "subtotal": None}
    records = {"customer": {**CUSTOMER, "locale": locale}, "order": order}
    send_email(EmailConfig(template="order-paid"), make_context(mailer, records=records))
    assert total in body(server.mails()[0])


@pytest.mark.parametrize(
    ("records", "shop", "found"),
    [
        ({"customer": {**CUSTOMER, "locale": "ro-RO"}}, "es", ("ro", "customer")),
        ({"customer": {**CUSTOMER, "locale": None}, "order": {**ORDER, "locale": "pt_PT"}}, "es", ("pt", "order")),
        ({"customer": None, "cart": {**CART, "locale": "en"}}, "es", ("en", "cart")),
        ({"customer": {**CUSTOMER, "locale": None}}, "ro", ("ro", "shop")),
        ({"customer": {**CUSTOMER, "locale": "de-DE"}}, "pt", ("pt", "shop")),
        ({"customer": {**CUSTOMER, "locale": "de"}}, "fr", ("en", "default")),
    ],
)
def test_the_language_is_the_readers_else_the_shops(
    server: MailServer, mailer: SmtpMailer, records: dict[str, Any], shop: str, found: tuple[str, str]
) -> None:
    context = make_context(mailer, records=records, locale=shop)
    outcome = send_email(EmailConfig(template="order-confirmation"), context)
    assert isinstance(outcome, Done)
    assert (outcome.value["locale"], outcome.value["locale_from"]) == found


def test_names_are_inert(server: MailServer, mailer: SmtpMailer) -> None:
    evil = "<script>alert(1)</script>{{ store.name }}<img src=x onerror=alert(1)>\"'"
    for number, name in enumerate(templates.names()):
        context = full_context(mailer, name, said=evil, url="javascript:alert(1)", key=f"run/{number}")
        outcome = send_email(EmailConfig(template=name), context)
        assert isinstance(outcome, Done)
        assert outcome.value["sent"] is True
    for name, mail in zip(templates.names(), server.mails(), strict=True):
        html = body(mail, "html")
        assert "<script" not in html
        assert "<img src=x" not in html
        assert "javascript:" not in html
        assert "data:text" not in html
        assert "Bcc" not in mail
        # What a customer types is never a template. A farewell names nobody and nothing.
        typed = {path[0] for path in named(name, "es", "text")} & TYPED
        assert ("{{ store.name }}" in body(mail)) is bool(typed), name


def test_a_name_with_a_line_break_adds_no_header(server: MailServer, mailer: SmtpMailer) -> None:
    records = {"customer": {**CUSTOMER, "first_name": "Ana\r\nBcc: all@example.com"}}
    outcome = send_email(EmailConfig(template="cart-reminder"), make_context(mailer, records=records))
    assert isinstance(outcome, Done)
    (mail,) = server.mails()
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Ana Bcc: all@example.com, tu carrito sigue aquí"


def test_the_same_effect_has_the_same_message_id(server: MailServer, mailer: SmtpMailer) -> None:
    for key in ("run1/0", "run1/0", "run1/1", "run2/0"):
        send_email(EmailConfig(template="order-confirmation"), make_context(mailer, key=key))
    ids = [mail["Message-ID"] for mail in server.mails()]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3
    assert all(found.endswith("@nandu.example>") for found in ids)


def test_marketing_can_be_left_with_one_click(server: MailServer, mailer: SmtpMailer) -> None:
    send_email(EmailConfig(template="cart-reminder"), make_context(mailer))
    (mail,) = server.mails()
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = mail["List-Unsubscribe"].strip("<>")
    assert url.startswith("https://sereno.example/unsubscribe/")
    recipient = read_token("secret", url.rpartition("/")[2])
    assert (recipient.shop_id, recipient.address, recipient.channel) == (1, "ana@example.com", "email")
    assert url in body(mail)
    assert url in body(mail, "html")
    choices = re.findall(r"https://sereno\.example/preferences/([\w=-]+)", body(mail) + body(mail, "html"))
    assert {read_token("secret", token) for token in choices} == {recipient}
    assert len(choices) == 2
    assert "C/ del Barro 7, 30001 Murcia" in body(mail)
    assert "ana" not in url


@pytest.mark.parametrize(
    ("accepts", "ticked", "ledger", "reason"),
    [
        (None, None, Ledger(), "consent.missing"),
        (False, True, Ledger(), "consent.refused"),
        (True, False, Ledger(), None),
        (None, True, Ledger(), None),
        (None, False, Ledger(), "consent.refused"),
        (True, True, Ledger({"ana@example.com": False}), "consent.refused"),
        (None, False, Ledger({"ana@example.com": True}), None),
        (False, False, Ledger({"ana@example.com": True}), "consent.refused"),
        (True, True, Ledger({"ana@example.com": True}, ("ana@example.com",)), "address.suppressed"),
    ],
)
def test_marketing_goes_to_those_who_agreed(
    server: MailServer,
    mailer: SmtpMailer,
    accepts: bool | None,
    ticked: bool | None,
    ledger: Ledger,
    reason: str | None,
) -> None:
    records = {
        "customer": {**CUSTOMER, "accepts_email": accepts, "email": "Ana@Example.com"},
        "cart": {**CART, "accepts_marketing": ticked},
    }
    outcome = send_email(EmailConfig(template="cart-reminder"), make_context(mailer, records=records, ledger=ledger))
    assert isinstance(outcome, Done)
    assert outcome.value["sent"] is (reason is None)
    assert outcome.value.get("reason") == reason
    assert len(server.mails()) == (0 if reason else 1)


def test_transactional_needs_no_consent_but_a_living_address(server: MailServer, mailer: SmtpMailer) -> None:
    refused = Ledger({"ana@example.com": False})
    records = {"customer": {**CUSTOMER, "accepts_email": False}}
    config = EmailConfig(template="order-confirmation")
    outcome = send_email(config, make_context(mailer, records=records, ledger=refused))
    assert isinstance(outcome, Done)
    assert outcome.value["sent"] is True
    outcome = send_email(config, make_context(mailer, ledger=Ledger(suppressed=("ana@example.com",))))
    assert outcome == Done(
        {"sent": False, "reason": "address.suppressed", "to": "ana@example.com", "purpose": "transactional"}
    )


def test_a_cart_is_shown_as_it_is_today(server: MailServer, mailer: SmtpMailer) -> None:
    variants = {
        "v1": {"price": "11.90", "available": 3, "is_tracked": True},
        "v2": {"price": "19.00", "available": 0, "is_tracked": True, "title": "Plato"},
    }
    send_email(EmailConfig(template="cart-reminder"), make_context(mailer, variants=variants))
    (mail,) = server.mails()
    text = body(mail)
    assert "2 × Taza «Mañana» (Azul): 23,80\xa0€ - Solo quedan 3" in text
    assert "Ya no disponible: Plato hondo" in text
    assert "<s>14,90\xa0€</s>" in body(mail, "html")


@pytest.mark.parametrize(
    ("known", "is_offered"),
    [
        ({"available": 0}, False),
        ({"available": -2, "is_tracked": True}, False),
        ({"available": 0, "is_tracked": False}, True),
        ({"available": 0, "can_backorder": True}, True),
        ({"available": None}, True),
        ({"deleted_at": "2026-11-20T00:00:00Z", "available": 9}, False),
    ],
)
def test_a_cart_with_nothing_left_to_buy_gets_no_mail(
    server: MailServer, mailer: SmtpMailer, known: dict[str, Any], is_offered: bool
) -> None:
    records = {"cart": {**CART, "lines": LINES[:1]}}
    context = make_context(mailer, records=records, variants={"v1": known})
    outcome = send_email(EmailConfig(template="cart-reminder"), context)
    assert isinstance(outcome, Done)
    assert outcome.value["sent"] is is_offered
    assert outcome.value.get("reason") == (None if is_offered else "cart.sold_out")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"completed_at": "2026-11-22T08:00:00Z"}, "cart.completed"),
        ({"order_id": "1"}, "cart.completed"),
        ({"deleted_at": "2026-11-22T08:00:00Z"}, "cart.deleted"),
        ({"lines": []}, "cart.empty"),
    ],
)
def test_a_mail_about_a_cart_that_is_gone_is_not_sent(
    server: MailServer, mailer: SmtpMailer, change: dict[str, Any], reason: str
) -> None:
    outcome = send_email(EmailConfig(template="cart-help"), make_context(mailer, records={"cart": {**CART, **change}}))
    assert isinstance(outcome, Done)
    assert (outcome.value["sent"], outcome.value["reason"]) == (False, reason)
    assert server.mails() == []


def test_an_offer_names_the_shops_code_and_promises_nothing_without_one(server: MailServer, mailer: SmtpMailer) -> None:
    config = EmailConfig(template="cart-incentive")
    for settings in ({"recovery_code": "VUELVE", "recovery_percent": 10}, {"recovery_code": "ENVIO"}, {}):
        send_email(config, make_context(mailer, settings=settings))
    percent, shipping, neither = server.mails()
    assert percent["Subject"] == "Un 10 % menos en el carrito que dejaste"
    assert "Tu código: VUELVE" in body(percent)
    assert shipping["Subject"] == "Envío gratis para el carrito que dejaste"
    assert "Tu código: ENVIO" in body(shipping)
    assert "código" not in body(neither)
    assert "%" not in body(neither)


def test_reviews_are_of_what_is_in_the_cart(server: MailServer, mailer: SmtpMailer) -> None:
    held = [
        {"text": "Otra cosa", "product_id": "p9"},
        {"text": "Llegó enseguida", "author": "João"},
        {"text": "Preciosa", "author": "Lucía", "rating": 5, "product_id": "p1"},
        {"author": "nobody"},
        "nonsense",
    ]
    send_email(EmailConfig(template="cart-reviews"), make_context(mailer, settings={"reviews": json.dumps(held)}))
    text = body(server.mails()[0])
    assert text.index("Preciosa") < text.index("Llegó enseguida")
    assert "Otra cosa" not in text
    assert "Lucía, Taza «Mañana»" in text


def test_a_parcel_and_a_refund_are_the_events(server: MailServer, mailer: SmtpMailer) -> None:
    old = {"carrier": "Correos", "tracking_number": "OLD"}
    data = {"carrier": "SEUR", "tracking_number": "NEW", "tracking_url": "https://t.example/NEW"}
    order = {**ORDER, "fulfillments": [old], "total_refunded": "5.00"}
    event = {"type": "shipment.shipped", "data": data}
    send_email(EmailConfig(template="order-shipped"), make_context(mailer, records={"order": order}, event=event))
    send_email(EmailConfig(template="order-shipped"), make_context(mailer, records={"order": order}))
    refund = {"type": "refund.created", "data": {"amount": "18.00"}}
    send_email(EmailConfig(template="order-refunded"), make_context(mailer, records={"order": order}, event=refund))
    send_email(EmailConfig(template="order-refunded"), make_context(mailer, records={"order": order}))
    texts = [body(mail) for mail in server.mails()]
    assert "NEW" in texts[0]
    assert "https://t.example/NEW" in texts[0]
    assert "OLD" in texts[1]
    assert "18,00\xa0€" in texts[2]
    assert "5,00\xa0€" in texts[3]


def test_points_and_tiers_are_the_events(server: MailServer, mailer: SmtpMailer) -> None:
    for name in ("tier-reached", "points-expiring"):
        send_email(EmailConfig(template=name), full_context(mailer, name))
    tier, points = server.mails()
    assert tier["Subject"] == "Ana, ya eres Plata"
    assert "Tienes 1.250 puntos para gastar. Con 300 más llegas a Oro." in body(tier)
    assert points["Subject"] == "1.250 de tus puntos caducan el 22 de diciembre de 2026"


def test_words_of_the_flows_own(server: MailServer, mailer: SmtpMailer) -> None:
    config = EmailConfig(to="eva@example.com", subject="Hola", text="Uno\nDos\n", html="<p>Uno</p>")
    outcome = send_email(config, make_context(mailer))
    assert isinstance(outcome, Done)
    assert outcome.value["purpose"] == "transactional"
    (mail,) = server.mails()
    assert (mail["To"], body(mail), body(mail, "html").strip()) == ("eva@example.com", "Uno\nDos\n", "<p>Uno</p>")


def test_html_alone_gets_a_text(server: MailServer, mailer: SmtpMailer) -> None:
    config = EmailConfig(subject="Hola", html='<h1>Hola</h1><p>Ven a <a href="https://x.example/a">vernos</a></p>')
    send_email(config, make_context(mailer))
    text = body(server.mails()[0])
    assert "Hola" in text
    assert "https://x.example/a" in text
    assert "<" not in text


def test_marketing_in_the_flows_own_words_can_be_left_too(server: MailServer, mailer: SmtpMailer) -> None:
    config = EmailConfig(subject="Ofertas", text="Ven", html="<p>Ven</p>", purpose="marketing")
    send_email(config, make_context(mailer))
    (mail,) = server.mails()
    url = mail["List-Unsubscribe"].strip("<>")
    assert url in body(mail)
    assert url in body(mail, "html")


def test_nobody_to_write_to(mailer: SmtpMailer) -> None:
    records = {"customer": {"id": "7"}, "order": {**ORDER, "email": None}, "cart": None}
    outcome = send_email(EmailConfig(template="order-confirmation"), make_context(mailer, records=records))
    assert isinstance(outcome, Fail)
    assert outcome.reason == "recipient.missing"


def test_the_address_is_found_where_it_is(server: MailServer, mailer: SmtpMailer) -> None:
    records = {"customer": None, "order": None, "cart": None}
    event = {"type": "custom.asked", "data": {"email": "eva@example.com"}}
    config = EmailConfig(subject="Hola", text="Hola")
    send_email(config, make_context(mailer, records=records, event=event))
    assert server.facts()[0]["to"] == ["eva@example.com"]


def test_no_mail_server_is_said_plainly() -> None:
    outcome = send_email(EmailConfig(template="order-confirmation"), make_context(None))
    assert isinstance(outcome, Fail)
    assert (outcome.reason, "SERENO_SMTP_URL" in outcome.message) == ("mail.not_configured", True)


def test_a_busy_server_is_passed_on(server: MailServer, mailer: SmtpMailer) -> None:
    server.answer(data="451 4.3.0 later")
    assert isinstance(send_email(EmailConfig(template="order-confirmation"), make_context(mailer)), Retry)


def test_the_sender_without_settings_is_the_address_of_sereno(server: MailServer, mailer: SmtpMailer) -> None:
    context = make_context(mailer, settings={"sender_email": None, "support_email": None})
    send_email(EmailConfig(template="order-confirmation"), context)
    (mail,) = server.mails()
    assert mail["From"].addresses[0].addr_spec == "no-reply@sereno.example"
    assert mail["From"].addresses[0].display_name == "Cerámica Ñandú"
    assert mail["Reply-To"] is None
    assert "¿Hay algo que no cuadra?" not in body(mail)


def test_a_mail_about_an_order_goes_where_it_was_placed_from(server: MailServer, mailer: SmtpMailer) -> None:
    """Of one person joined of two records; marketing, and what another address ordered, goes to the main one."""
    guest = {"id": "email:work@example.com", "email": "Work@example.com"}
    person = one_of([CUSTOMER, guest])
    placed = {**ORDER, "email": "Work@example.com"}
    for number, (customer, order, purpose, to) in enumerate(
        (
            (person, placed, "transactional", "Work@example.com"),
            (person, placed, "marketing", CUSTOMER["email"]),
            (person, {**ORDER, "email": "else@example.com"}, "transactional", CUSTOMER["email"]),
            (person, {**ORDER, "email": None}, "transactional", CUSTOMER["email"]),
            (CUSTOMER, placed, "transactional", CUSTOMER["email"]),
        )
    ):
        context = make_context(mailer, records={"customer": customer, "order": order}, key=f"joined/{number}")
        assert recipient(None, context, purpose) == to
        config = {"subject": "Hi", "text": "You", "purpose": purpose}
        found = addressed(config, context)
        assert found is not None and found.to == to
    context = make_context(mailer, records={"customer": person, "order": placed})
    send_email(EmailConfig(template="order-confirmation"), context)
    assert server.mails()[0]["To"] == "Work@example.com"


class Choosy(Ledger):
    """Ana allows marketing, and wants nothing about offers."""

    def allows(self, address: str, channel: str, purpose: str) -> bool | None:
        return {"marketing": True, "topic:offers": False, "topic:stories": True}.get(purpose)


@pytest.mark.parametrize(
    ("topic", "purpose", "reason"),
    [
        ("offers", "marketing", "consent.topic_refused"),
        ("stories", "marketing", None),
        ("never-spoken-of", "marketing", None),
        (None, "marketing", None),
        ("offers", "transactional", None),
    ],
)
def test_marketing_about_a_topic_goes_to_nobody_who_said_no_to_it(
    server: MailServer, mailer: SmtpMailer, topic: str | None, purpose: Any, reason: str | None
) -> None:
    config = EmailConfig(subject="New", text="Look", purpose=purpose, topic=topic)
    ctx = make_context(mailer, records={"customer": CUSTOMER}, ledger=Choosy())
    outcome = send_email(config, ctx)
    assert isinstance(outcome, Done)
    assert (outcome.value["sent"], outcome.value.get("reason")) == (reason is None, reason)
    found = addressed(config.model_dump(), ctx)
    assert found is not None and found.refusal(Choosy()) == reason
    assert len(server.mails()) == (0 if reason else 1)


def test_a_topic_is_a_name() -> None:
    with pytest.raises(ValueError, match="small letters"):
        EmailConfig(subject="New", text="Look", topic="New arrivals")
