"""The page of parts shows all of them: every macro, and every class that the parts' style sheet knows."""

from __future__ import annotations

import re
from pathlib import Path

from django.test import Client
from seeding import seed

import sereno.web

WEB = Path(sereno.web.__file__).parent
OF_OTHERS = {"htmx-request"}
"""Classes that are there for a moment only."""
NOT_SHOWN = {"csrf_field", "notices", "health"}
"""Macros that the shell itself calls on every page."""


def shown() -> str:
    client = Client()
    client.force_login(seed().owner)
    return client.get("/design").content.decode()


def test_every_class_of_the_parts_is_shown() -> None:
    page = shown()
    used = {name for held in re.findall(r'class="([^"]*)"', page) for name in held.split()}
    style = re.sub(r"/\*.*?\*/", "", (WEB / "static" / "css" / "components.css").read_text(), flags=re.DOTALL)
    selectors = re.findall(r"([^{}]+)\{", re.sub(r"url\([^)]*\)", "", style))
    known = {name for selector in selectors for name in re.findall(r"\.([a-z][a-z-]*)", selector)}
    assert known - used - OF_OTHERS == set()


def test_every_macro_is_shown() -> None:
    macros = set(re.findall(r"\{% macro (\w+)\(", (WEB / "templates" / "macros.html").read_text())) - NOT_SHOWN
    source = (WEB / "templates" / "design.html").read_text()
    assert {name for name in macros if f"part.{name}(" not in source} == set()
