"""The builder says what the shop's stores cannot do: in the palette, on the card, in the form, before publishing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.test import Client
from seeding import Seeded, seed

from sereno.runtime import connecting, services
from sereno.runtime.stores import permitting
from sereno.runtime.stores.abilities import lacking_steps, said
from sereno.sdk.config import Config, text
from sereno.sdk.context import Context
from sereno.sdk.plugin import action, registry
from sereno.sdk.result import Done, Result
from sereno.sdk.writes import HoldFulfillment
from storefront import KIND, URL, Platform, register

NOWHERE = "No store may be written to yet"
TEXT = (
    "flow: holds\nname: Holds\ntrigger: {event: order.paid}\nsteps:\n"
    "  - if: order.total >= 10\n    then:\n      - tests.hold: {tag: x}\n  - tests.tag: {tag: big}\n"
)


class _HoldConfig(Config):
    tag: str = text("Tag")


@pytest.fixture
def seeded() -> Iterator[Seeded]:
    register()
    if registry().actions.get("tests.hold") is None:

        @action(
            "tests.hold", label="Hold {tag}", config=_HoldConfig, connection=lambda config: "store",
            ability=HoldFulfillment,
        )  # fmt: skip
        def hold(config: _HoldConfig, ctx: Context) -> Result:
            """Hold it over there."""
            return Done()

    seeded = seed()
    connecting.connect(seeded.shop.pk, KIND, "front", by="ana", secrets=["first-secret"])
    services.save_draft(seeded.shop.pk, TEXT, "ana")
    yield seeded


def give(seeded: Seeded) -> None:
    platform = Platform(now=datetime.now(UTC))
    permitting.give_access(
        "front", {"url": URL, "token": platform.token}, by="ana", shop_id=seeded.shop.pk, http=platform
    )


def page(seeded: Seeded, query: str = "") -> str:
    client = Client()
    client.force_login(seeded.owner)
    response = client.get(f"/flows/holds/builder{query}")
    assert response.status_code == 200
    return response.content.decode()


def test_a_step_that_no_tool_can_do_says_so_and_offers_the_ones_that_can(seeded: Seeded) -> None:
    text = "flow: holds\nname: Holds\ntrigger: {event: order.paid}\nsteps:\n  - audience.add: {list: aud1}\n"
    services.save_draft(seeded.shop.pk, text, "ana")
    before = page(seeded, "?at=0")
    assert before.count('class="step action lacking"') == 1 and "No tool is connected that can do this" in before
    connecting.connect(seeded.shop.pk, "mailchimp", "readers", by="ana", title="Our readers", secrets=["first-secret"])
    values = {"key": "k-us21"}
    permitting.give_access(
        "readers", values, by="ana", shop_id=seeded.shop.pk, http=Platform(now=datetime.now(UTC)), is_asked=False
    )
    found = page(seeded, "?at=0")
    assert 'class="step action lacking"' not in found and "Our readers" in found


def test_without_a_key_every_such_step_says_so(seeded: Seeded) -> None:
    text = page(seeded)
    assert text.count('class="step action lacking"') == 2
    assert 'class="choice lacking"' in text and NOWHERE in text
    assert "Tag the order" in text and 'data-kind="webhooks.deliver"' not in text
    assert NOWHERE in page(seeded, "?at=2") and "/connections" in page(seeded, "?at=2")
    assert text.count(NOWHERE) > page(seeded, "?publish=1").count("clash lamp") == 1


def test_what_the_platform_lacks_stays_grey_and_the_rest_does_not(seeded: Seeded) -> None:
    give(seeded)
    text = page(seeded)
    assert text.count('class="step action lacking"') == 1
    assert "Not possible in Storefront: hold orders back." in text and NOWHERE not in text
    assert "Not possible in Storefront" in page(seeded, "?publish=1")


def test_publishing_warns_and_does_not_refuse(seeded: Seeded) -> None:
    client = Client()
    client.force_login(seeded.owner)
    revision = page(seeded, "?publish=1").split('name="revision" value="')[1].split('"')[0]
    answer = client.post("/flows/holds/builder/publish", {"revision": revision, "note": ""})
    assert answer.status_code in (200, 302)
    draft = {"steps": [{"tests.tag": {"tag": "big"}}, {"log": {"text": "on"}}]}
    ((path, name, lack),) = lacking_steps(registry(), seeded.shop.pk, draft)
    assert (path, name, lack.code) == ("0", "tests.tag", "store.none")
    assert "connection access" in said(lack)
