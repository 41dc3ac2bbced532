"""HTML as people read it: in one line, as plain text, and cut into what a page shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.commerce.markup import Block, as_html, as_plain, as_read, blocks

CUP = """<h2>Taza <em>azul</em></h2>
<p>De Talavera &amp; hecha a&nbsp;mano.<br/>Se lava  bien.</p><script>alert(1)</script>
<ul><li>30 cl</li><li><p>Azul o <strong>blanca</strong></p></li></ul>
<table><tr><th>Alto</th><td>9 cm</td></tr></table>
<p><a href="javascript:x()">Más</a> <a href="/talavera?a=1&amp;b=2">aquí</a></p><img src="x.png" alt="Taza">"""


def test_the_words_in_one_line() -> None:
    words = "Taza azul De Talavera & hecha a mano. Se lava bien. 30 cl Azul o blanca Alto 9 cm Más aquí"
    assert as_read(CUP) == words
    assert as_read("wor<b>ld</b>") == "world" and as_read("<p>a</p><p>b</p>") == "a b"
    assert as_read("a < b & c") == "a < b & c" and as_read("") == ""


def test_what_a_page_shows_from_top_to_bottom() -> None:
    assert blocks(CUP) == [
        Block("header", ("Taza <i>azul</i>",), 2),
        Block("paragraph", ("De Talavera &amp; hecha a mano.<br>Se lava bien.",)),
        Block("unordered", ("30 cl", "Azul o <b>blanca</b>")),
        Block("paragraph", ("Alto 9 cm",)),
        Block("paragraph", ('Más <a href="/talavera?a=1&amp;b=2">aquí</a>',)),
    ]
    assert blocks("<ol><li>One<ul><li>Two</li></ul></li><li>Three</li></ol>After") == [
        Block("ordered", ("One", "Two", "Three")),
        Block("paragraph", ("After",)),
    ]
    assert blocks("<p><b>Never closed</p><p>Next</b>") == [
        Block("paragraph", ("<b>Never closed</b>",)),
        Block("paragraph", ("Next",)),
    ]
    assert blocks("<p> &nbsp; </p><div><br></div>") == []


def test_plain_text_there_and_back() -> None:
    plain = "Taza azul\n\nDe Talavera & hecha a mano.\nSe lava bien.\n\n30 cl\nAzul o blanca\n\nAlto 9 cm\n\nMás aquí"
    assert as_plain(CUP) == plain
    assert as_html("A & B\r\nsecond line\n \n3 < 4") == "<p>A &amp; B<br>second line</p><p>3 &lt; 4</p>"
    assert as_html("<p>is</p>") == "<p>is</p>"
    assert as_read(as_html(plain)) == as_read(plain) == as_read(CUP)


@pytest.mark.parametrize("odd", ["<", "<p", "</p>", "<!--", "<![CDATA[x]]>", "&#0;", "&bogus;", "</b></ul>", "<?x?>"])
def test_odd_texts_are_read(odd: str) -> None:
    assert isinstance(as_read(odd), str) and isinstance(as_plain(odd), str)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="<>&\x00"), max_size=40), max_size=5))
def test_paragraphs_lose_no_word(parts: list[str]) -> None:
    html = "".join(f"<p>{part}</p>" for part in parts)
    assert as_plain(html).split() == as_read(html).split() == " ".join(parts).split()
