"""An address in a text is the person's only as a whole: whose begins or ends alike is somebody else."""

from __future__ import annotations

import pytest

from sereno.runtime.privacy.person import Cloak, Person

ANA = "ana@example.com"


def cloak(**names: set[str]) -> Cloak:
    person = Person(1)
    person.emails |= names.get("emails", {ANA})
    person.phones |= names.get("phones", set())
    person.customers |= names.get("customers", set())
    return Cloak(person)


@pytest.mark.parametrize(
    "text",
    [ANA, f"<{ANA}>", f"To {ANA}.", f"email:{ANA}", f'{{"to":"{ANA}"}}', ANA.upper(), f"line\\n{ANA}", f"\\u00e9{ANA}"],
)
def test_the_persons_own_is_held(text: str) -> None:
    assert cloak().holds(text)


@pytest.mark.parametrize(
    "text",
    [f"mari{ANA}", f"di.{ANA}", f"x+{ANA}", f"x-{ANA}", f"x_{ANA}", f"{ANA}.ro", f"{ANA}pany", f"{ANA}-online.ro", ""],
)
def test_who_begins_or_ends_alike_is_somebody_else(text: str) -> None:
    held = cloak()
    assert not held.holds(text)
    assert held.blot(text) == text


def test_a_telephone_within_a_longer_number_is_no_telephone() -> None:
    held = cloak(emails=set(), phones={"5551234567"})
    assert held.holds("call 5551234567 now")
    assert not held.holds("call 15551234567 now") and not held.holds("55512345678")


def test_a_customer_of_a_longer_id_is_somebody_else() -> None:
    held = cloak(emails=set(), customers={"17"})
    assert held.is_hit("customer:17") and not held.is_hit("customer:170") and not held.is_hit("customer:17-2")
