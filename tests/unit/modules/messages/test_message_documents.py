"""Messages as documents: arranged, compiled, in every language, and harmless whatever is typed into them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sereno.engine.templates import TemplateFailed, render
from sereno.modules.messages import arranging, branding, templates
from sereno.modules.messages.blocks import KINDS, SettingInvalid
from sereno.modules.messages.compiling import compile_mail, contrast, readable_on
from sereno.modules.messages.documents import Document, DocumentInvalid, read, with_texts, write
from sereno.modules.messages.markup import Tokens, rich_html, rich_plain

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def mail(blocks: list[dict[str, Any]], texts: dict[str, str] | None = None, **more: Any) -> Document:
    said = {"subject": "S", "preview": "P", **(texts or {})}
    document = {"kind": "email", "purpose": "transactional", "about": "order", "languages": ["en"], **more}
    return read({**document, "blocks": blocks, "texts": {"en": said}})


def variables(**more: Any) -> dict[str, Any]:
    store = {"name": "Ñandú", "media_url": "https://sereno.example", **branding.read({}, "").variables()}
    return {"store": store, "name": EVIL, "order": {"note": EVIL, "status_url": "javascript:alert(1)"}, **more}


def html(document: Document, **more: Any) -> str:
    template = compile_mail(document, "en", name="test", is_draft=True)
    return render(template.html, variables(**more), "html")


# --- harmless -----------------------------------------------------------------------------------

INJECTIONS = [
    EVIL,
    "{{ name }}",
    "{{ order.note }}",
    "{{ order.note | safe }}",
    "{{ order.note|safe|upcase }}",
    "{{ '<script>alert(1)</script>' }}",
    '{{ "<img src=x onerror=alert(1)>" }}',
    "{% assign x = '<script>alert(1)</script>' %}{{ x }}",
    "{% capture x %}<script>alert(1)</script>{% endcapture %}{{ x }}",
    "{{ '%3Cscript%3Ealert(1)%3C/script%3E' | url_decode }}",
    "{{ 'PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==' | base64_decode }}",
    "{{ '&lt;script&gt;' | escape_once | replace: '&lt;', '<' }}",
    "{{ 'a,<script>' | split: ',' | last }}",
    "{{ name | append: '<script>' }}",
    "{% raw %}<script>alert(1)</script>{% endraw %}",
    "</mj-text><mj-raw><script>alert(1)</script></mj-raw><mj-text>",
    "{{ '</mj-text><mj-raw><script>alert(1)</script></mj-raw>' }}",
    "[click](javascript:alert(1))",
    "[click](JaVaScRiPt:alert(1))",
    "[click](data:text/html;base64,PHNjcmlwdD4=)",
    "[click]({{ order.status_url }})",
    '[click](https://a.example/"onmouseover=alert(1))',
    "[click](https://a.example/{{ name }})",
    "⸢0⸣ ⸢99⸣",
    "[[sections]] [[footer]]",
    "<!--[if mso]><script>alert(1)</script><![endif]-->",
    "]]> <![CDATA[ <script>alert(1)</script>",
]


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("kind", ["heading", "text", "note", "button", "image", "footer", "offer", "products"])
def test_what_is_typed_never_becomes_markup(kind: str, text: str) -> None:
    part = KINDS[kind].texts[0]
    settings = {
        "image": {"source": "https://a.example/p.png"},
        "offer": {"code": text},
        "products": {"products": ["A"]},
    }
    block = {"id": "b1", "kind": kind, "settings": settings.get(kind, {})}
    document = mail([block], {f"b1.{part.name}": text, "subject": text, "preview": text})
    shelf = [{"title": EVIL, "price": "1", "url": "https://a.example", "image_url": "https://a.example/i.png"}]
    found = html(document, shelves={"b1": shelf})
    assert_harmless(found)


def assert_harmless(found: str) -> None:
    lower = found.lower()
    assert "<script" not in lower
    assert not re.search(r"<[^>]*\son\w+\s*=", re.sub(r"\"[^\"]*\"", '""', lower))
    assert not re.search(r"(href|src)\s*=\s*[\"']?\s*(javascript|data|vbscript):", lower)
    assert "<img src=x" not in lower


@pytest.mark.parametrize("field", ["link", "source"])
@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "{{ order.status_url }}", "{{ order.note }}", 'https://a.example/"><script>']
)
def test_addresses_of_blocks_lead_only_to_pages(field: str, address: str) -> None:
    kind = "button" if field == "link" else "image"
    blocks = [{"id": "b1", "kind": kind, "settings": {field: address}}]
    if kind == "image":
        blocks.append({"id": "b2", "kind": "image", "settings": {"source": "https://a.example/p.png", "link": address}})
    found = html(mail(blocks, {"b1.label": "Go", "b1.alt": "x", "b2.alt": "y"}))
    assert_harmless(found)


def test_a_link_that_is_one_when_the_mail_is_written_is_kept() -> None:
    document = mail(
        [
            {"id": "b1", "kind": "button", "settings": {"link": "{{ order.status_url }}"}},
            {"id": "b2", "kind": "text"},
            {
                "id": "b3",
                "kind": "image",
                "settings": {"source": "https://a.example/p.png", "link": "{{ order.status_url }}"},
            },
        ],
        {
            "b1.label": "See it",
            "b2.text": "[here]({{ order.status_url }}) and [mail](mailto:a@b.example)",
            "b3.alt": "A",
        },
    )
    found = html(document, order={"status_url": "https://shop.example/o/1?a=1&b=2"})
    assert found.count('href="https://shop.example/o/1?a=1&amp;b=2"') == 3
    assert 'href="mailto:a@b.example"' in found
    nothing = html(document, order={})
    assert "See it" not in nothing and "here" in nothing


def test_every_filter_leaves_a_customers_name_escaped() -> None:
    from liquid import Environment

    for name in Environment().filters:
        try:
            found = html(mail([{"id": "b1", "kind": "text"}], {"b1.text": f"{{{{ name | {name} }}}}"}))
        except TemplateFailed:
            continue
        assert_harmless(found)


# --- markup -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown", "plain"),
    [
        ("a **b** *c* d*e*f 2*3", "a <strong>b</strong> <em>c</em> d*e*f 2*3", "a b c d*e*f 2*3"),
        ("a\nb\n\nc", "a<br />b<br /><br />c", "a\nb\n\nc"),
        ("snake_case & <b>", "snake_case &amp; &lt;b&gt;", "snake_case & <b>"),
        ("**{{ name }}**", "<strong>{{ name }}</strong>", "{{ name }}"),
    ],
)
def test_light_markup(text: str, shown: str, plain: str) -> None:
    tokens = Tokens()
    assert tokens.put_back(rich_html(text, tokens)) == shown
    assert rich_plain(text) == plain


def test_lists_and_links() -> None:
    tokens = Tokens()
    shown = tokens.put_back(rich_html("Now:\n- one\n- [two](https://a.example)\n1. first", tokens))
    assert shown.count("<li") == 3 and "<ul" in shown and "<ol" in shown
    assert 'href="https://a.example"' in shown
    assert rich_plain("[two](https://a.example)") == "two (https://a.example)"


def test_a_list_made_by_a_loop_is_whole_each_time() -> None:
    document = mail([{"id": "b1", "kind": "text"}], {"b1.text": "{% for x in lines %}\n- {{ x }}\n{% endfor %}"})
    found = html(document, lines=["a", "b"])
    assert found.count("<ul") == found.count("</ul>") == 2
    assert found.count("<li") == found.count("</li>") == 2


# --- compiling ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_compiles_and_has_a_plain_text(kind: str) -> None:
    texts = {f"b1.{part.name}": "Words" for part in KINDS[kind].texts}
    document = mail([{"id": "b1", "kind": kind}, {"id": "b2", "kind": "text"}], {**texts, "b2.text": "End"})
    template = compile_mail(document, "en", name="test")
    assert "[[" not in template.html + template.text
    assert "⸢" not in template.html + template.text + template.subject
    assert "End" in template.text


def test_columns_stand_side_by_side_between_the_other_blocks() -> None:
    inside = [[{"id": "b2", "kind": "text"}], [{"id": "b3", "kind": "text"}]]
    blocks = [
        {"id": "b1", "kind": "heading"},
        {"id": "c", "kind": "columns", "columns": inside},
        {"id": "b4", "kind": "text"},
    ]
    found = html(mail(blocks, {"b1.text": "One", "b2.text": "Two", "b3.text": "Three", "b4.text": "Four"}))
    assert [found.index(word) for word in ("One", "Two", "Three", "Four")] == sorted(
        found.index(word) for word in ("One", "Two", "Three", "Four")
    )
    assert found.count("mj-column-per-50") >= 2


def test_a_missing_text_is_taken_from_the_shops_language_then_english_then_the_first() -> None:
    document = read(
        {
            "kind": "email", "purpose": "transactional", "about": "order", "languages": ["ro", "en", "es", "pt"],
            "blocks": [{"id": "b1", "kind": "text"}],
            "texts": {"ro": {"subject": "ro", "b1.text": "salut"}, "en": {"subject": "en"}, "es": {"subject": "es"}},
        }
    )  # fmt: skip
    assert compile_mail(document, "es", name="t", fallback="en").subject == "es"
    assert compile_mail(document, "pt", name="t", fallback="es").subject == "es"
    assert compile_mail(document, "pt", name="t", fallback="pt").subject == "en"
    assert "salut" in compile_mail(document, "pt", name="t", fallback="es").text
    assert document.untranslated("pt") == ["subject", "b1.text"]
    assert [document.language(wished, "es") for wished in ("pt-BR", "de", "ro_RO")] == ["pt", "es", "ro"]


def test_a_block_hidden_in_a_language_is_not_there() -> None:
    document = mail(
        [{"id": "b1", "kind": "text", "hidden": ["en"]}, {"id": "b2", "kind": "text"}],
        {"b1.text": "Gone", "b2.text": "Here"},
    )
    template = compile_mail(document, "en", name="t")
    assert "Gone" not in template.html + template.text and "Here" in template.html


def test_broken_liquid_is_shown_in_a_draft_and_refused_otherwise() -> None:
    document = mail([{"id": "b1", "kind": "text"}], {"b1.text": "Hi {{ name"})
    assert "name" in html(document)
    with pytest.raises(TemplateFailed):
        compile_mail(mail([{"id": "b1", "kind": "text"}], {"b1.text": "Hi {% if name %}"}), "en", name="t")


def test_a_shipped_mail_taken_over_is_the_same_mail() -> None:
    for name in templates.names():
        document = templates.shipped_document(name)
        again = read(write(document))
        assert again == document
        for locale in document.languages:
            shipped, mine = templates.find(name, locale), compile_mail(again, locale, name=name)
            assert shipped is not None
            assert (mine.subject, mine.html, mine.text) == (shipped.subject, shipped.html, shipped.text)


def test_the_brand_is_in_shipped_mails_too() -> None:
    template = templates.find("order-paid", "en")
    assert template is not None
    settings = {
        "brand_color": "#ffee00",
        "brand_font": "georgia",
        "brand_logo": "https://a.example/l.png",
        "brand_background": "#001122",
    }
    brand = branding.read(settings, "https://sereno.example")
    store = {"name": "N", **brand.variables()}
    found = render(template.html, {"store": store, "order": {"status_url": "https://a.example"}}, "html")
    for word in ("#ffee00", "#001122", "Georgia", "https://a.example/l.png", "color:#111111"):
        assert word in found, word
    evil = branding.read(
        {"brand_color": 'red"', "brand_logo": "javascript:x", "brand_font": "x", "social_x": "javascript:x"}, ""
    )
    assert (evil.colour, evil.logo, evil.social) == (branding.BRAND, None, ())
    assert brand.link_colour == branding.INK


def test_contrast_is_that_of_the_standard() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48
    assert readable_on("#ffee00") == "#111111" and readable_on("#2f5d50") == "#ffffff"


# --- arranging ----------------------------------------------------------------------------------


def ids(document: Document) -> list[str]:
    return [block.id for block in document.walk()]


def test_blocks_are_inserted_moved_copied_and_deleted() -> None:
    document = mail(
        [{"id": "b1", "kind": "heading"}, {"id": "b2", "kind": "text"}], {"b1.text": "One", "b2.text": "Two"}
    )
    document, new = arranging.insert(document, "columns", "b1")
    assert ids(document) == ["b1", new, "b2"]
    document, inner = arranging.insert(document, "text", f"{new}:1")
    assert [len(column) for column in document.block(new).columns] == [0, 1]
    document = with_texts(document, "en", {f"{inner}.text": "In"})
    document, copy = arranging.duplicate(document, new)
    assert ids(document) == ["b1", new, inner, copy, ids(document)[4], "b2"]
    assert document.own_text(f"{ids(document)[4]}.text", "en") == "In"
    document = arranging.delete(document, new)
    assert f"{inner}.text" not in document.texts["en"] and document.own_text("subject", "en") == "S"
    assert ids(arranging.move(document, "b2", -1))[:2] == ["b1", "b2"]
    assert ids(arranging.place(document, "b1", f"{copy}:0"))[:2] == [copy, "b1"]
    with pytest.raises(ValueError, match=r"block\.into_itself"):
        arranging.place(document, copy, ids(document)[2])
    with pytest.raises(ValueError, match=r"block\.not_here"):
        arranging.insert(document, "columns", f"{copy}:0")
    with pytest.raises(LookupError):
        arranging.delete(document, "nobody")


def test_fewer_columns_keep_what_was_in_the_others() -> None:
    inside = [[{"id": "b1", "kind": "text"}], [{"id": "b2", "kind": "text"}], [{"id": "b3", "kind": "text"}]]
    document = mail([{"id": "c", "kind": "columns", "settings": {"count": "3"}, "columns": inside}])
    changed = arranging.set_settings(document, "c", {"count": "2"})
    assert [[block.id for block in column] for column in changed.block("c").columns] == [["b1"], ["b2", "b3"]]


@pytest.mark.parametrize(
    ("kind", "values", "code"),
    [
        ("button", {"background": "red"}, "colour.invalid"),
        ("spacer", {"height": "4000"}, "number.outside"),
        ("heading", {"size": "huge"}, "choice.unknown"),
        ("products", {"products": "a\nb\nc\nd\ne\nf\ng"}, "products.many"),
        ("products", {"products": 'a"] }} x'}, "products.invalid"),
    ],
)
def test_settings_are_clean_or_refused(kind: str, values: dict[str, str], code: str) -> None:
    with pytest.raises(SettingInvalid) as refused:
        arranging.set_settings(mail([{"id": "b1", "kind": kind}]), "b1", values)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "fax"},
        {"languages": ["de"]},
        {"blocks": [{"id": "b1", "kind": "script"}]},
        {"blocks": [{"id": "b1", "kind": "text"}, {"id": "b1", "kind": "text"}]},
        {"blocks": [{"id": "b1", "kind": "columns", "columns": [[{"id": "b2", "kind": "columns"}]]}]},
        {"blocks": [{"id": "../x", "kind": "text"}]},
        {"blocks": [{"id": "b1", "kind": "button", "settings": {"background": "url(x)"}}]},
    ],
)
def test_a_document_that_is_not_whole_is_not_read(changes: dict[str, Any]) -> None:
    whole = {"kind": "email", "purpose": "marketing", "about": "cart", "languages": ["en"], "blocks": [], "texts": {}}
    read(whole)
    with pytest.raises(DocumentInvalid):
        read({**whole, **changes})
