"""Every text of the interface is there in every language, and the compiled files are those of the sources."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.test import Client
from seeding import seed
from test_pages import pages_of

import sereno

ROOT = Path(sereno.__file__).parent
LANGUAGES = ("es", "pt", "ro")
_PLACES = re.compile(r"%\(\w+\)s|\{\w+\}")


def catalog(language: str) -> Catalog:
    with (ROOT / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language)


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
def test_translations_keep_their_places(language: str) -> None:
    for message in catalog(language):
        if not message.id:
            continue
        source = message.id if isinstance(message.id, str) else message.id[1]
        for text in (message.string,) if isinstance(message.string, str) else message.string:
            assert sorted(_PLACES.findall(text)) == sorted(_PLACES.findall(source)), text


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
