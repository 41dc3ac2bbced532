"""What the checks find, each by its code, on the block and in the language it is in."""

from __future__ import annotations

from typing import Any

import pytest

from sereno.engine.templates import TemplateFailed
from sereno.modules.messages import liquid, pictures
from sereno.modules.messages.branding import Brand
from sereno.modules.messages.checks import Finding, Picture, check, link_problems
from sereno.modules.messages.documents import read
from sereno.modules.messages.writing import Content
from sereno.modules.orders import fields

assert fields.__name__, "what an order holds is registered when it is imported"
FINE = Content("A subject", "text", "<p>html</p>", "en", None)


def found(
    blocks: list[dict[str, Any]] | None = None,
    texts: dict[str, dict[str, str]] | None = None,
    *,
    written: dict[str, Any] | None = None,
    brand: Brand | None = None,
    kept: dict[str, Picture] | None = None,
    **more: Any,
) -> list[Finding]:
    texts = texts or {"en": {}}
    whole = {locale: {"subject": "S", "preview": "P", "b0.text": "Hello", **said} for locale, said in texts.items()}
    document = read(
        {
            "kind": "email", "purpose": "transactional", "about": "order", "languages": list(texts),
            "blocks": [{"id": "b0", "kind": "text"}, *(blocks or [])], "texts": whole, **more,
        }
    )  # fmt: skip
    return check(document, brand or Brand(), shop_locale="en", written=written or {"en": FINE}, pictures=kept or {})


def codes(*args: Any, **more: Any) -> list[tuple[str, str]]:
    return [(one.code, one.level) for one in found(*args, **more)]


def test_a_sound_mail_has_nothing_to_mend() -> None:
    assert codes() == []


@pytest.mark.parametrize(
    ("texts", "code", "level"),
    [
        ({"subject": ""}, "subject.empty", "error"),
        ({"preview": ""}, "preview.empty", "warning"),
        ({"b0.text": ""}, "block.empty", "warning"),
        ({"preview": "x" * 111}, "preview.long", "warning"),
        ({"b0.text": "{{ name"}, "liquid.open", "error"),
        ({"b0.text": "{% if name %}x"}, "liquid.unended", "error"),
        ({"b0.text": "x{% endif %}"}, "liquid.stray", "error"),
        ({"b0.text": "{% include 'x' %}"}, "liquid.tag", "error"),
        ({"b0.text": "{{ name | shout }}"}, "liquid.broken", "error"),
        ({"b0.text": "{{ name | safe }}"}, "liquid.unsafe", "error"),
        ({"b0.text": "{{ custmer.name }}"}, "variable.unknown", "error"),
        ({"b0.text": "{{ order.totl }}"}, "variable.unknown_field", "warning"),
        ({"b0.text": "[a](www.shop.example)"}, "link.invalid", "error"),
        ({"b0.text": "[a](javascript:alert(1))"}, None, None),
        ({"b0.text": "[a](http://shop.example)"}, "link.insecure", "warning"),
        ({"b0.text": "[a](https://localhost:8000/x)"}, "link.local", "error"),
    ],
)
def test_texts(texts: dict[str, str], code: str | None, level: str | None) -> None:
    assert codes(texts={"en": texts}) == ([] if code is None else [(code, level)])


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({"kind": "button", "settings": {"link": ""}}, ["link.empty", "block.empty"]),
        ({"kind": "button", "settings": {"link": "{{ order.status_url }}"}}, ["block.empty"]),
        ({"kind": "button", "settings": {"link": "{{ ordr.status_url }}"}}, ["variable.unknown", "block.empty"]),
        ({"kind": "image"}, ["image.missing", "image.alt"]),
        ({"kind": "image", "settings": {"source": f"picture:{'a' * 64}.png"}}, ["image.gone", "image.alt"]),
        ({"kind": "products"}, ["products.none"]),
        ({"kind": "columns"}, ["columns.empty"]),
    ],
)
def test_blocks(block: dict[str, Any], expected: list[str]) -> None:
    assert sorted(one.code for one in found([{"id": "b1", **block}])) == sorted(expected)
    assert {one.block for one in found([{"id": "b1", **block}])} == {"b1"}


def test_colours_that_cannot_be_read_are_named() -> None:
    block = {
        "id": "b1",
        "kind": "button",
        "settings": {"link": "https://a.example", "background": "#ffee00", "colour": "#ffffff"},
    }
    (low,) = found([block], {"en": {"b1.label": "Go"}})
    assert (low.code, low.level, low.values["contrast"]) == ("contrast.low", "warning", "1.2")
    grey = {"id": "b1", "kind": "heading", "settings": {"colour": "#999999"}}
    assert codes([grey], {"en": {"b1.text": "A"}}) == [("contrast.low", "warning")]
    plain = {"id": "b1", "kind": "button", "settings": {"link": "https://a.example", "background": "#ffee00"}}
    assert codes([plain], {"en": {"b1.label": "Go"}}) == []


def test_heavy_pictures_are_weighed() -> None:
    name = f"{'a' * 64}.png"
    block = {"id": "b1", "kind": "image", "settings": {"source": f"picture:{name}"}}
    said = {"en": {"b1.alt": "A bowl"}}
    assert codes([block], said, kept={name: Picture(200_000)}) == []
    assert codes([block], said, kept={name: Picture(400_000)}) == [("image.heavy", "warning")]


def test_marketing_needs_a_way_out_in_every_language() -> None:
    own = {"id": "f", "kind": "footer"}
    texts = {"en": {"f.text": "[Stop]({{ links.unsubscribe }})"}, "es": {"f.text": "Adiós"}}
    assert [(one.code, one.locale) for one in found([own], texts, purpose="marketing")] == [
        ("unsubscribe.missing", "es")
    ]
    assert codes([own], texts) == []
    assert codes(purpose="marketing") == []


def test_what_only_shows_when_it_is_written() -> None:
    long = Content("x" * 61, "t", "y" * 103 * 1024, "en", None)
    assert codes(written={"en": long}) == [("subject.long", "warning"), ("mail.clipped", "warning")]
    assert codes(written={"en": TemplateFailed("no")}) == [("mail.broken", "error")]


def test_texts_still_in_another_language_are_counted() -> None:
    (one,) = found([{"id": "b1", "kind": "heading"}], {"en": {"b1.text": "A"}, "es": {"b0.text": "", "b1.text": ""}})
    assert (one.code, one.locale, dict(one.values)) == ("text.untranslated", "es", {"number": 2, "language": "en"})


def test_a_fault_is_shown_with_a_caret() -> None:
    (one,) = found(texts={"en": {"b0.text": "Hello\nDear {{ custmer.name }}"}})
    assert (one.line, one.column, one.values["nearest"]) == (2, 9, "customer")
    assert one.excerpt == ("Dear {{ custmer.name }}", "        ^^^^^^^")
    fault = liquid.fault("x" * 100 + "{{ a b }}")
    assert fault is not None
    line, carets = liquid.excerpt("x" * 100 + "{{ a b }}", fault)
    assert line.startswith("…") and line[carets.index("^") :].startswith("{{ a b }}")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://shop.example/a?b=c#d", []),
        ("https://shop.example/{{ order_number }}", []),
        ("{{ cart_url }}", []),
        ("mailto:a@b.example", []),
        ("tel:+34 910", ["link.invalid"]),
        ("tel:+34910000000", []),
        ("mailto:nobody", ["link.invalid"]),
        ("ftp://a.example", ["link.invalid"]),
        ("https://shop", ["link.invalid"]),
        ("https://a b.example", ["link.invalid"]),
        ("https://[::1", ["link.invalid"]),
        ("http://192.168.1.4/x", ["link.local"]),
        ("https://shop.local", ["link.local"]),
        ("", ["link.empty"]),
        ("java{{ x }}", ["link.invalid"]),
    ],
)
def test_links_are_judged_by_their_words(address: str, expected: list[str]) -> None:
    assert link_problems(address) == expected


PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (20).to_bytes(4, "big") + (10).to_bytes(4, "big") + b"\x08\x06\x00\x00\x00"
)
GIF = b"GIF89a" + (20).to_bytes(2, "little") + (10).to_bytes(2, "little") + b"\x00\x00\x00"
WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00" + b"\x13\x00\x00" + b"\x09\x00\x00"
EXIF = b"\xff\xe1\x00\x10Exif\x00\x00GPSDATA!"
JPEG = (
    b"\xff\xd8"
    + EXIF
    + b"\xff\xc0\x00\x0b\x08"
    + (10).to_bytes(2, "big")
    + (20).to_bytes(2, "big")
    + b"\x01\x01\x11\x00\xff\xda\x00\x02rest\xff\xd9"
)


@pytest.mark.parametrize(("body", "kind"), [(PNG, "png"), (GIF, "gif"), (WEBP, "webp"), (JPEG, "jpg")])
def test_a_picture_is_known_by_its_bytes(body: bytes, kind: str) -> None:
    looked = pictures.look(body)
    assert (looked.kind, looked.width, looked.height) == (kind, 20, 10)


def test_where_a_photograph_was_taken_is_left_out() -> None:
    assert b"GPSDATA" in JPEG
    assert b"GPSDATA" not in pictures.look(JPEG).body
    assert pictures.look(JPEG).body.endswith(b"rest\xff\xd9")


def png_chunk(kind: bytes, held: bytes) -> bytes:
    return len(held).to_bytes(4, "big") + kind + held + b"crc!"


def webp_chunk(kind: bytes, held: bytes) -> bytes:
    return kind + len(held).to_bytes(4, "little") + held + b"\0" * (len(held) % 2)


def test_nor_what_any_other_kind_of_picture_tells_of_its_maker() -> None:
    drawn = png_chunk(b"IDAT", b"drawn") + png_chunk(b"IEND", b"")
    noted = b"".join(png_chunk(kind, b"GPSDATA") for kind in (b"eXIf", b"tEXt", b"zTXt", b"iTXt"))
    head = PNG + b"crc!"
    assert pictures.look(head + noted + drawn + b"<script>behind</script>").body == head + drawn
    frame = webp_chunk(b"VP8 ", b"odd")
    told = WEBP[:20] + b"\x1c" + WEBP[21:] + frame + webp_chunk(b"EXIF", b"GPSDATA") + webp_chunk(b"XMP ", b"GPSDATA")
    looked = pictures.look(told).body
    assert looked[12:] == WEBP[12:20] + b"\x10" + WEBP[21:] + frame, "the mark of transparency stays"
    assert int.from_bytes(looked[4:8], "little") == len(looked) - 8


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "picture.empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "picture.kind"),
        (b"<html>", "picture.kind"),
        (PNG[:12], "picture.kind"),
        (JPEG[:30], "picture.broken"),
        (b"\xff\xd8\xff", "picture.broken"),
        (PNG.replace((20).to_bytes(4, "big"), (9000).to_bytes(4, "big")), "picture.wide"),
        (PNG + b"x" * pictures.LARGEST, "picture.large"),
    ],
)
def test_anything_else_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(pictures.PictureInvalid) as refused:
        pictures.look(body)
    assert refused.value.code == code
