"""The contract of a desk: a chat in which the shop's own people are asked something and answer by a button, and the
port by which actions ask there.

Invariant: a button says which question it answers and how, never who answers: that is told by the chat itself, and
whether they may is looked up when they press. So a button that is forged, copied or pressed twice decides nothing more
than the page would.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from sereno.sdk.channels import ChannelCall
    from sereno.sdk.result import Result

DESKS = ("slack", "telegram", "whatsapp")
"""Channels by which staff can be asked."""
ANSWERS = "ask."
"""How the value of every button that answers a question begins."""
LINKS = "staff-"
"""How the word begins by which somebody of the staff says who they are to a bot."""
About = Literal["approval", "limit"]
_VALUE = re.compile(r"ask\.([al])\.([0-9]{1,18})\.([yn])")
_ABOUT: Mapping[str, About] = {"a": "approval", "l": "limit"}


def answer_value(about: About, number: int, *, yes: bool) -> str:
    """What a button carries."""
    return f"{ANSWERS}{about[0]}.{number}.{'y' if yes else 'n'}"


def read_value(value: str) -> tuple[About, int, bool] | None:
    """What a button says; None for one of no question."""
    found = _VALUE.fullmatch(value)
    return (_ABOUT[found[1]], int(found[2]), found[3] == "y") if found is not None else None


@dataclass(frozen=True, slots=True)
class Choice:
    """A button: an answer (`value`), or a link (`url`)."""

    label: str
    value: str = ""
    url: str = ""
    kind: Literal["", "yes", "no"] = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A question as a chat shows it; once it is decided, without answers. `lines` follow the title, `fine` is said
    smaller. `asked` are the addresses of those it is put to, for a chat that can call them."""

    title: str
    lines: tuple[str, ...] = ()
    fine: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a card stands."""

    chat: str
    message: str


@dataclass(frozen=True, slots=True)
class Press:
    """Somebody pressed a button. `account` is who, as the chat calls them; `reply` is what an answer to them alone
    needs."""

    kind: str
    account: str
    chat: str
    message: str
    value: str
    reply: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class DeskApi:
    """What a chat can do as a desk. All raise as `ChannelApi.send` does.

    `post` puts a card into a chat, `change` puts another in its place (None: this chat cannot), `reply` says something
    to who pressed and to nobody else. `find` looks whether the card of this call's key stands there already; without
    it, one whose answer was lost is posted again: a question may stand twice, it is decided once. `address_of` gives
    the mail address the chat vouches for ("" for none). `place` names the setting that holds the one chat all
    questions go to; where it is "", each person is asked by themselves. `says_done`: who pressed hears that it was
    taken, for the card alone does not tell at once."""

    post: Callable[[ChannelCall, str, Card], Posted]
    reply: Callable[[ChannelCall, Press, str], None]
    change: Callable[[ChannelCall, Posted, Card], None] | None = None
    find: Callable[[ChannelCall, str, datetime], Posted | None] | None = None
    address_of: Callable[[ChannelCall, str], str] | None = None
    place: str = ""
    says_done: bool = True


@dataclass(frozen=True, slots=True)
class DeskQuestion:
    """A question as it stands now. `facts` are those of one about a limit, as `Question` has them."""

    about: About
    number: int
    text: str
    flow: str
    link: str
    by: str
    not_by: str
    status: str
    expires_at: datetime | None = None
    decided_at: datetime | None = None
    decided_by: str = ""
    note: str = ""
    facts: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def is_open(self) -> bool:
        return self.status == "open"


TakenAs = Literal["done", "answered", "over", "again", "stranger", "not-yours", "broken"]


@dataclass(frozen=True, slots=True)
class Taken:
    """What a press came to. `done`: it decided; `answered`: somebody had before; `over`: nobody waits for it any more;
    `again`: this person's word counts once; `stranger`: nobody knows who that is; `not-yours`: they may not."""

    state: TakenAs
    question: DeskQuestion | None = None
    by: str = ""


class Desk(Protocol):
    """The desks of one shop."""

    def question(self, key: str) -> DeskQuestion | None:
        """By the key it is asked with."""
        ...

    def post(self, kind: str, to: str, question: DeskQuestion, card: Card, *, key: str) -> Result:
        """Put the card there, once for each key."""
        ...

    def posted(self, post: int) -> DeskQuestion | None:
        """The question of a card that stands somewhere."""
        ...

    def change(self, post: int, card: Card) -> Result:
        """Put this in its place."""
        ...

    def take(self, press: Press) -> Taken | Result:
        """Decide by a press, once, where who pressed may. Retry when the chat cannot be asked who that is."""
        ...

    def reply(self, press: Press, text: str, *, is_done: bool) -> Result:
        """Tell who pressed; `is_done`: only where the card does not tell it."""
        ...

    def link(self, kind: str, account: str, word: str) -> str:
        """Whose address the word says this account is, from now on; "" for a word that is none of ours or too old."""
        ...

    def say(self, kind: str, to: str, text: str) -> Result:
        """Tell somebody something."""
        ...
