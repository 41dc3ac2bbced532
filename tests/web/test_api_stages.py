"""The roll-out of a version by the API."""

from __future__ import annotations

import pytest
from seeding import make_shop
from test_api_writes import Writer

from sereno.runtime import services
from sereno.store.models import FlowStage, Shop

FLOW = "flow: greet\ntrigger: {event: order.paid}\nsteps: [{log: {text: old}}]\n"


@pytest.fixture
def shop() -> Shop:
    shop = make_shop()
    services.save_draft(shop.pk, FLOW)
    services.publish(shop.pk, "greet", "ana")
    services.save_draft(shop.pk, FLOW.replace("old", "new"))
    return shop


def test_begin_go_up_change_and_take_back(shop: Shop) -> None:
    writer = Writer(shop, "read flows:write")
    assert writer.get("flows/greet/stage").status_code == 404
    begun = writer.call("PUT", "flows/greet/stage", {"share": 0, "limits": {"errors": 1}})
    assert begun.status_code == 201
    assert begun.json()["mode"] == "shadow" and begun.json()["limits"]["errors"] == 1
    tag = writer.get("flows/greet/stage")["ETag"]
    up = writer.call("PUT", "flows/greet/stage", {"share": 5, "advance": {"hours": 6}}, if_match=tag)
    assert (up.status_code, up.json()["share"], up.json()["advance"]) == (200, 5, {"hours": 6})
    late = writer.call("PUT", "flows/greet/stage", {"share": 50}, if_match=tag)
    assert late.status_code == 412 and late.json()["current"]["share"] == 5
    lower = writer.call("PUT", "flows/greet/stage", {"share": 1})
    assert lower.status_code in (409, 422) and "take it back" in lower.content.decode()
    back = writer.call("DELETE", "flows/greet/stage?inflight=end&reason=loud")
    assert back.status_code == 200
    assert (back.json()["outcome"], back.json()["reason"]) == ("stopped", {"reason": "loud"})
    assert writer.call("DELETE", "flows/greet/stage").status_code == 404
    assert writer.call("PUT", "flows/greet/stage", {"share": 50, "version": 2}).status_code == 201
    assert writer.call("PUT", "flows/greet/stage", {"share": 100}).json()["outcome"] == "live"


def test_only_who_may_and_only_ones_own(shop: Shop) -> None:
    assert Writer(shop, "read").call("PUT", "flows/greet/stage", {"share": 0}).status_code == 403
    other = Writer(make_shop("other"), "read flows:write")
    for method in ("GET", "PUT", "DELETE"):
        assert other.call(method, "flows/greet/stage").status_code == 404
    assert not FlowStage.objects.exists()


@pytest.mark.parametrize("body", [{"share": 101}, {"limits": {"errors": 0}}, {"ladder": [50, 5]}, {"inflight": "stay"}])
def test_what_is_wrong_is_said(shop: Shop, body: object) -> None:
    assert Writer(shop, "read flows:write").call("PUT", "flows/greet/stage", body).status_code in (409, 422)
