"""The flows every shop has of itself bear a title in the reader's language."""

from __future__ import annotations

import yaml
from django.utils.translation import override

from sereno.sdk.plugin import registry
from sereno.web.documents import titled
from sereno.web.own_flows import TITLES


def test_each_has_a_title_of_its_own_in_every_language() -> None:
    named = {one.name: yaml.safe_load(one.document)["name"] for one in registry().derived}
    with override("en"):
        assert {name: str(title) for name, title in TITLES.items()} == named
    with override("es"):
        assert titled("confirm-notices", "Confirm that a service may tell us things") == (
            "Confirmar que un servicio puede avisarnos"
        )
