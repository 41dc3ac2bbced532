"""What stops messages, in four languages, and what does not."""

from __future__ import annotations

import pytest

from sereno.modules.messages.channels.stopping import meaning


@pytest.mark.parametrize(
    "text", ["STOP", " stop. ", "Baja", "¡BAJA!", "Parar", "Sair", "Oprește", "dezabonare", "/stop", "Unsubscribe"]
)
def test_a_stop(text: str) -> None:
    assert meaning(text) == "stop"


@pytest.mark.parametrize(
    "text", ["Stop sending it to my office", "¿Dónde está mi pedido?", "no", "", "nu opri comanda"]
)
def test_no_stop(text: str) -> None:
    assert meaning(text) == ""


@pytest.mark.parametrize("text", ["START", "alta", "/start 12-abc"])
def test_a_start(text: str) -> None:
    assert meaning(text) == "start"


@pytest.mark.parametrize("text", ["Yes", "Sí", "sim!", "Da"])
def test_a_yes_is_a_start_only_for_who_had_stopped(text: str) -> None:
    assert meaning(text) == "again"
