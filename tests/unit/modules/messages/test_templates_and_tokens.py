"""The mails' files are whole, and links are sealed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from sereno.engine.templates import readings, render
from sereno.modules.messages import templates
from sereno.modules.messages.actions import EmailConfig, needs
from sereno.modules.messages.unsubscribe import Recipient, SignedLinks, TokenInvalid, make_token, read_token
from sereno.sdk.config import problems

FOLDER = Path(templates.__file__).parent / "templates"
KNOWN = {
    "address", "cart", "cart_url", "currency", "customer", "event", "gone", "has_pictures", "lines", "links", "locale",
    "name", "now", "offer", "order", "order_number", "product", "refund", "reviews", "shelves", "shipment", "store",
    "timezone", "totals", "vars",
}  # fmt: skip
MAILS = list(templates.names())
KINDS = {
    "order": ("order", "transactional"),
    "cart": ("cart", "marketing"),
    "survey": ("order", "marketing"),
    "welcome": ("customer", "marketing"),
    "inactive": ("customer", "marketing"),
    "birthday": ("customer", "marketing"),
    "farewell": ("customer", "marketing"),
    "browse": ("customer", "marketing"),
    "lead": ("customer", "marketing"),
    "new": ("customer", "marketing"),
    "picks": ("customer", "marketing"),
    "points": ("customer", "marketing"),
    "price": ("customer", "marketing"),
    "replenish": ("customer", "marketing"),
    "restock": ("customer", "marketing"),
    "tier": ("customer", "marketing"),
    "vip": ("customer", "marketing"),
    "waiting": ("customer", "transactional"),
    "wish": ("customer", "marketing"),
}
"""By the first word of a mail's name: what it is about, and its purpose."""
OTHERWISE = {
    # Who asked to be told is owed an answer.
    "restock-asked": ("customer", "transactional"),
    # What goes with an order.
    "picks-together": ("order", "marketing"),
    "picks-related": ("order", "marketing"),
}
"""Mails that are not as the others of their first word."""


def test_each_is_about_what_its_name_says() -> None:
    for name in MAILS:
        about, purpose = OTHERWISE.get(name) or KINDS[name.partition("-")[0]]
        assert templates.about(name) == about
        assert templates.purpose_of(name) == purpose
        assert needs({"template": name}) == {about}
    assert set(templates.TITLES) == set(MAILS)
    assert templates.find("nothing", "en") is None
    assert templates.purpose_of("nothing") is None


@pytest.mark.parametrize("name", MAILS)
def test_every_language_says_the_same_things(name: str) -> None:
    document = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    assert list(document) == ["purpose", "about", "blocks", "texts"]
    assert set(document["texts"]) == set(templates.LOCALES)
    keys = [list(texts) for texts in document["texts"].values()]
    assert all(found == keys[0] for found in keys)
    used = set(
        re.findall(r"(?:text|label|low|high): ([a-z_]+)[,}]", (FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    )
    assert used <= set(keys[0])
    assert set(keys[0]) - used == {"subject", "preview"}
    # Each language reads the same values, so that none lacks the number or the amount.
    for key in keys[0]:
        read = {frozenset(found.path for found in readings(texts[key])) for texts in document["texts"].values()}
        assert len(read) == 1, key


@pytest.mark.parametrize("locale", templates.LOCALES)
def test_words_are_whole(locale: str) -> None:
    words = {
        name: yaml.safe_load((FOLDER / "words" / f"{name}.yaml").read_text(encoding="utf-8")) for name in ("en", locale)
    }
    assert list(words[locale]) == list(words["en"])
    for text in words[locale].values():
        # Romanian has a comma below, not a cedilla.
        assert not set(text) & set("şţŞŢ")


@pytest.mark.parametrize("name", MAILS)
@pytest.mark.parametrize("locale", templates.LOCALES)
def test_templates_read_only_what_there_is(name: str, locale: str) -> None:
    template = templates.find(name, locale)
    assert template is not None
    for source in (template.subject, template.html, template.text):
        assert {found.path[0] for found in readings(source)} <= KNOWN
        assert "şţ" not in source
        # With nothing known at all there is still a mail.
        assert "{{" not in render(source, {}, "html")
    assert "[[" not in template.html + template.text


def test_languages_by_region() -> None:
    for wished, found in (("pt-BR", "pt"), ("RO_ro", "ro"), ("de", "en"), ("", "en")):
        template = templates.find("order-paid", wished)
        assert template is not None
        assert template.locale == found


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"template": "order-paid"}, None),
        ({"subject": "a", "text": "b"}, None),
        ({"subject": "a", "html": "b", "purpose": "marketing"}, None),
        ({"template": "order-payed"}, "there is no message template"),
        ({"template": "order-paid", "subject": "a"}, "one or the other"),
        ({"template": "order-paid", "purpose": "marketing"}, "is transactional"),
        ({"subject": "a"}, "a subject and a text"),
        ({}, "a subject and a text"),
    ],
)
def test_what_a_step_may_say(config: dict[str, str], said: str | None) -> None:
    found = problems(EmailConfig, config)
    if said is None:
        assert found == []
    else:
        assert said in found[0].message


def test_a_token_is_sealed() -> None:
    recipient = Recipient(7, "ana@example.com", "email")
    token = make_token("secret", recipient)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", token)
    assert read_token("secret", token) == recipient
    for wrong in (token[:-2], token[1:], "", "ñ", token[:40] + ("A" if token[40] != "A" else "B") + token[41:]):
        with pytest.raises(TokenInvalid):
            read_token("secret", wrong)
    with pytest.raises(TokenInvalid):
        read_token("another", token)


def test_links_lead_to_the_public_pages() -> None:
    links = SignedLinks("secret", "https://sereno.example/", 7)
    for url, page in (
        (links.unsubscribe(" Ana@Example.com", "email"), "unsubscribe"),
        (links.preferences("ana@example.com", "email"), "preferences"),
    ):
        start, _, token = url.rpartition("/")
        assert start == f"https://sereno.example/{page}"
        assert read_token("secret", token) == Recipient(7, "ana@example.com", "email")
