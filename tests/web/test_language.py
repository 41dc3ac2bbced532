"""Every text of the interface is there in every language, and the compiled files are those of the sources."""

from __future__ import annotations

import io
import re
from functools import cache
from gettext import c2py
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.test import Client
from django.utils.translation import ngettext, override
from seeding import seed
from test_pages import pages_of

import sereno

ROOT = Path(sereno.__file__).parent
LANGUAGES = ("es", "pt", "ro")
NAMES = frozenset({
    "Sereno", "YAML", "JSON", "HTML", "SMS", "WhatsApp", "Telegram", "CSV", "GSM", "UCS", "Esc", "nbsp", "middot",
    "times", "amp", "sereno", "user", "reset",
})  # fmt: skip
"""Words that are the same in every language, and those of a command."""
_PLACES = re.compile(r"%\(\w+\)s|\{\w+\}")


@cache
def catalog(language: str) -> Catalog:
    with (ROOT / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language)


def _id(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


@cache
def texts() -> set[str]:
    with (ROOT / "locale" / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "mark": None}
    found = extract_from_dir(str(ROOT), methods, options, keywords)
    return {message[0] if isinstance(message, tuple) else message for _, _, message, _, _ in found}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    known = catalog(language)
    missing = sorted(text for text in texts() if (found := known.get(text)) is None or not found.string)
    assert not missing, "run `make i18n`, translate these, and run it again"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_of_a_text_that_is_gone(language: str) -> None:
    used = texts()
    unused = sorted(str(message.id) for message in catalog(language) if message.id and _id(message) not in used)
    assert not unused, "run `make i18n`: these stand nowhere any more"


@pytest.mark.parametrize(("language", "forms"), [("es", 2), ("pt", 2), ("ro", 3)])
def test_every_count_has_all_its_forms(language: str, forms: int) -> None:
    held = catalog(language)
    assert held.num_plurals == forms
    for message in held:
        if message.id and not isinstance(message.id, str):
            assert len(message.string) == forms and all(message.string), message.id
    numbers = {"es": {1: 0, 0: 1, 2: 1, 21: 1}, "pt": {1: 0, 0: 1, 2: 1, 21: 1}}
    numbers["ro"] = {1: 0, 0: 1, 2: 1, 19: 1, 101: 1, 119: 1, 20: 2, 100: 2, 120: 2}
    choose = c2py(held.plural_expr)
    assert {number: choose(number) for number in numbers[language]} == numbers[language]


def test_counts_read_right_in_romanian() -> None:
    with override("ro"):
        said = [ngettext("%(num)s wait", "%(num)s waits", number) % {"num": number} for number in (1, 2, 20, 101)]
    assert said == ["1 așteptare", "2 așteptări", "20 de așteptări", "101 așteptări"]


@pytest.mark.parametrize("path", sorted((ROOT / "web" / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_no_template_speaks_english_past_the_translations(path: Path) -> None:
    """Words between the tags, and in the attributes that are read aloud, come from `_()`."""
    if path.name == "design.html":
        return
    source = re.sub(r"\{#.*?#\}", " ", path.read_text(), flags=re.DOTALL)
    source = re.sub(r"\{% block width %\}.*?\{% endblock %\}", " ", source)
    bare = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "\x00", source, flags=re.DOTALL)
    spoken = re.findall(r'(?:aria-label|title|placeholder|alt)="([^"]*)"', bare)
    text = re.sub(r"<(script|style|code)\b.*?</\1>", " ", bare, flags=re.DOTALL)
    text = re.sub(r"<[^>]*>", " ", text)
    text = re.sub(r'[\w:-]+="[^"]*"', " ", text)  # attributes that a macro gives
    plain = [re.sub(r"\S*[@/.#=]\S*", " ", part) for part in (text, *spoken)]  # addresses, and names of fields
    words = {word for part in plain for word in re.findall(r"[^\W\d_]{3,}", part)}
    assert words - NAMES == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_their_places(language: str) -> None:
    """The form for exactly one may do without the number where English does."""
    for message in catalog(language):
        if not message.id:
            continue
        one, *more = (message.id,) if isinstance(message.id, str) else message.id
        for number, text in enumerate((message.string,) if isinstance(message.string, str) else message.string):
            sources = (more or [one]) if number else [one, *more]
            assert sorted(_PLACES.findall(text)) in [sorted(_PLACES.findall(source)) for source in sources], text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_file_is_that_of_the_source(language: str) -> None:
    written = io.BytesIO()
    write_mo(written, catalog(language))
    compiled = (ROOT / "locale" / language / "LC_MESSAGES" / "django.mo").read_bytes()
    assert compiled == written.getvalue(), "run `make i18n`"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_answers_in_the_language(language: str) -> None:
    seeded = seed()
    client = Client(headers={"accept-language": language})
    client.force_login(seeded.owner)
    words = {"es": "Requiere atención", "pt": "Precisa de atenção", "ro": "Cere atenție"}
    for page in pages_of(seeded):
        text = client.get(page).content.decode()
        assert f'<html lang="{language}">' in text and words[language] in text, page


def test_romanian_is_written_with_its_own_letters() -> None:
    """Comma below, not the cedilla of Turkish."""
    text = (ROOT / "locale" / "ro" / "LC_MESSAGES" / "django.po").read_text()
    assert not set("şţŞŢ") & set(text)
    assert "ș" in text and "ț" in text
