"""What people write to get no more messages, or to get them again. Pure.

Invariant: only a message that says nothing else is taken for it: "stop sending it to my office" is for a person.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

STOP = frozenset(
    {"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out", "no more"}
    | {"baja", "alto", "parar", "cancelar", "fin", "no mas", "darme de baja", "dar de baja"}
    | {"sair", "parem", "cancelar subscricao", "remover", "nao quero mais"}
    | {"opreste", "oprire", "dezabonare", "dezabonez", "ma dezabonez", "gata", "renunt"}
    | {"/stop", "blocked"}
)
START = frozenset({"start", "unstop", "alta", "comecar", "recomecar", "abonare", "/start"})
AGAIN = frozenset({"yes", "si", "sim", "da"})
"""These begin it again where it was stopped; to whoever did not stop it they are an answer to something else."""
STOP_LINE = {
    "en": "To stop: reply STOP",
    "es": "Para no recibir mas: responde BAJA",
    "pt": "Para parar: responda PARAR",
    "ro": "Pentru oprire: raspunde STOP",
}
"""Without letters outside the GSM alphabet: a line nobody asked for should not double a message's price."""


def meaning(text: str) -> Literal["stop", "start", "again", ""]:
    """Case, accents and marks around it do not count. `again`: a start for who had stopped it, else nothing."""
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    words = " ".join(re.sub(r"[^a-z0-9/ ]", " ", plain).split())
    if words in STOP:
        return "stop"
    if words in AGAIN:
        return "again"
    return "start" if words in START or words.startswith("/start ") else ""
