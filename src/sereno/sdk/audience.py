"""Lists of people that other tools keep: newsletters' readers, contacts, the audiences of advertisements. One contract
for all of them: people are put on a list and taken off it, in batches.

Invariant: pushing somebody who is there changes them and makes no second one; taking off somebody who is not there
is done. Who was not taken is named with a code, and keeps nobody else from being taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from sereno.sdk.tools import Act, Place

if TYPE_CHECKING:
    from sereno.sdk.stores import Call, Exchange, Written


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, as far as a tool may know them. `key` is the customer's; `email` in lower case, `phone` in E.164;
    `country` two letters. `consents`: for marketing, by channel (`email`, `sms`): True, False, or not there where
    nothing is on record. `fields` are further values (JSON) by name."""

    key: str = ""
    email: str = ""
    phone: str = ""
    first_name: str = ""
    last_name: str = ""
    country: str = ""
    city: str = ""
    postcode: str = ""
    language: str = ""
    consents: Mapping[str, bool] = field(default_factory=dict[str, bool])
    tags: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def agrees(self, channel: str = "email") -> bool:
        return self.consents.get(channel) is True


@dataclass(frozen=True, slots=True)
class Turned:
    """Somebody who was not taken: `code` is `address.missing`, `address.invalid`, `address.unsubscribed`,
    `consent.missing` or `person.refused`; `text` in the tool's own words."""

    key: str
    code: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class PushPeople(Act):
    """Put them on the list of this id ("": into the tool, on no list), or bring them up to date there."""

    list: str
    people: tuple[Person, ...]
    ability: ClassVar[str] = "push_people"


@dataclass(frozen=True, slots=True)
class RemovePeople(Act):
    """Take them off the list of this id. `is_erased`: the tool is to forget them altogether."""

    list: str
    people: tuple[Person, ...]
    is_erased: bool = False
    ability: ClassVar[str] = "remove_people"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody as the tool has them: for taking a list over. `since`: when their word on mail was last changed.
    `is_on`: False for who left the list and is still kept on it there. `stage` and `owner`: how far they are on the
    way to a sale and who of the shop's people sells to them, where the tool keeps such things."""

    person: Person
    since: datetime | None = None
    source: str = ""
    is_on: bool = True
    stage: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Members:
    """A page of a list. `next` is the cursor of the next one (None: that was the last)."""

    members: Sequence[Member]
    next: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class AudienceApi:
    """How a connector keeps lists. `push` and `remove` take at most `most` people a call (the runtime parts longer
    ones) and give their Written by `taken`. `replace` has these people on the list and nobody else, in batches of
    `most`; begun again it comes to the same. `needs_consent`: only who agreed to marketing by mail may be pushed; the
    others are turned away before the tool is asked. `make` makes a list and gives it. `read` gives the people of a
    list, page by page."""

    lists: Callable[[Exchange], Sequence[Place]]
    push: Callable[[Call, PushPeople], Written]
    remove: Callable[[Call, RemovePeople], Written] | None = None
    make: Callable[[Exchange, str], Place] | None = None
    replace: Callable[[Call, str, Sequence[Sequence[Person]]], Written] | None = None
    read: Callable[[Exchange, str, str | None], Members] | None = None
    most: int = 100
    needs_consent: bool = False

    @property
    def abilities(self) -> frozenset[str]:
        return frozenset({PushPeople.ability, *([RemovePeople.ability] if self.remove is not None else [])})


def taken(count: int, turned: Sequence[Turned] = (), **more: Any) -> Written:
    """What `push` and `remove` give: how many the tool took, and who was turned away."""
    from sereno.sdk.stores import Written

    refused = [{"key": one.key, "code": one.code, "text": one.text[:200]} for one in turned]
    return Written({"taken": count, "turned": refused, **more})
