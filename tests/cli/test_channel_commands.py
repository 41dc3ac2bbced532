"""`sereno channel order`: in which order a customer wants to be written to is kept, followed, and ended."""

from __future__ import annotations

from typing import Any


def orders(*customers: str) -> list[list[str]]:
    from sereno.runtime.channels import subscribing
    from sereno.store.models import Shop

    place = Shop.objects.get().pk
    return [subscribing.order_of(place, customer) for customer in customers]


def test_an_order_is_kept_replaced_and_ended(shop: Any) -> None:
    told = shop("channel", "order", "4711", "whatsapp", "Email", "--json")
    assert (told.status, told.json) == (0, {"customer": "4711", "channels": ["whatsapp", "Email"]})
    assert orders("4711", "4712") == [["whatsapp", "email"], []]
    assert shop("channel", "order", "4711", "sms").out == "Kept.\n"
    assert orders("4711") == [["sms"]]
    assert shop("channel", "order", "4711").status == 0
    assert orders("4711") == [[]]
    from sereno.store.models import Audit

    lines = Audit.objects.filter(action="channel.order_set").order_by("id")
    assert [line.details["channels"] for line in lines] == ["whatsapp, email", "sms", ""]


def test_what_is_no_channel_is_refused_and_changes_nothing(shop: Any) -> None:
    shop("channel", "order", "4711", "sms")
    for wrong, said in ((["fax"], "fax is no channel"), (["sms", "SMS"], "each channel stands there once")):
        told = shop("channel", "order", "4711", *wrong)
        assert told.status == 2 and said in told.err
    assert shop("channel", "order", "4711", "email", "--shop", "nobody").status != 0
    assert orders("4711") == [["sms"]]
