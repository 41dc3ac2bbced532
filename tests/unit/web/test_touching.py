"""What flows touch, and where they meet: from compiled flows alone."""

from __future__ import annotations

import pytest

from sereno.engine.flow import compile_flow
from sereno.sdk.plugin import registry
from sereno.web.live.touching import Doings, Touch, clashes, doings


@pytest.fixture(scope="module", autouse=True)
def plugins() -> None:
    from installation import ready

    ready()


def read(name: str, trigger: str, *steps: str) -> Doings:
    body = "\n".join(f"  - {step}" for step in steps)
    text = f"flow: {name}\nname: {name.title()}\ntrigger: {{event: {trigger}}}\nsteps:\n{body}\n"
    return doings(compile_flow(text, registry()))


def mail(name: str, trigger: str = "order.paid", to: str = "") -> Doings:
    given = f"to: {to}, " if to else ""
    return read(name, trigger, f'messages.send_email: {{{given}subject: "Hello", text: "x"}}')


def test_what_stands_in_branches_is_found_with_its_path() -> None:
    found = read(
        "deep",
        "order.paid",
        "if: order.total > 5\n    then: [orders.add_tag: {tag: big}]\n    else: [events.emit: {type: custom.small}]",
        'split: {weights: {a: 1, b: 1}, a: [{alerts.notify: {channel: email, text: "x"}}], b: []}',
    )
    assert found.touches == (
        Touch("tag", "order", "big", "0.then.0"),
        Touch("emit", "", "custom.small", "0.else.0"),
        Touch("alert", "staff", "email", "1.a.0"),
    )
    assert found.emits == {"custom.small"}


def test_two_mails_on_one_trigger_meet_and_on_two_do_not() -> None:
    (clash,) = clashes([mail("one"), mail("two")])
    assert (clash.kind, clash.flows, clash.events) == ("same_mail", ("one", "two"), ("order.paid",))
    assert clashes([mail("one"), mail("two", "order.cancelled")]) == []


def test_a_mail_to_the_shop_itself_does_not_meet_one_to_the_customer() -> None:
    assert clashes([mail("one"), mail("two", to="stock@shop.example")]) == []
    assert len(clashes([mail("one"), mail("two", to='"{{ customer.email }}"')])) == 1


def test_a_tag_put_on_and_taken_off_is_fought_over() -> None:
    put = read("put", "order.paid", "orders.add_tag: {tag: vip}")
    off = read("off", "order.cancelled", "orders.remove_tag: {tag: vip}")
    other = read("other", "order.paid", "customers.add_tag: {tag: vip}")
    (clash,) = clashes([off, put, other])
    assert (clash.kind, clash.flows) == ("tag_fought", ("put", "off"))


def test_loops_are_found_once_and_first() -> None:
    ping = read("ping", "custom.pong", "events.emit: {type: custom.ping}", "orders.add_tag: {tag: t}")
    pong = read("pong", "custom.ping", "events.emit: {type: custom.pong}", "orders.add_tag: {tag: t}")
    found = clashes([pong, ping])
    assert [clash.kind for clash in found] == ["loop", "same_tag"]
    assert found[0].flows == ("ping", "pong")
    assert found[0].events == ("custom.ping", "custom.pong")
    alone = read("alone", "custom.again", "events.emit: {type: custom.again}")
    assert [clash.flows for clash in clashes([alone])] == [("alone",)]


def test_only_what_the_flow_is_part_of() -> None:
    flows = [mail("one"), mail("two"), mail("three")]
    assert len(clashes(flows)) == 3
    assert {clash.flows for clash in clashes(flows, "two")} == {("one", "two"), ("two", "three")}


def test_a_chain_without_a_ring_is_no_clash() -> None:
    first = read("first", "order.paid", "events.emit: {type: custom.next}")
    second = read("second", "custom.next", "events.emit: {type: custom.last}")
    assert clashes([first, second]) == []
