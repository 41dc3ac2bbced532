"""The loop guard: what a flow wrote to the store and the store tells back starts that flow no second time; others hear
of it, and nothing anybody else changed is taken for an echo."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fronting import Front

from sereno.engine.trace import skip_sentence
from sereno.runtime import services
from sereno.sdk.connector import NewEvent

pytestmark = pytest.mark.usefixtures("secret_key")

NOTING = "flow: noting\ntrigger: {event: order.updated}\nsteps:\n  - tests.note: {tag: seen}\n"
TAGGING = "flow: tagging\ntrigger: {event: order.updated}\nsteps:\n  - tests.tag: {tag: big}\n"
OTHER = 'flow: other\ntrigger: {event: order.updated}\nsteps:\n  - log: {text: "heard"}\n'
REFUNDING = (
    "flow: refunding\ntrigger: {event: [order.updated, order.partially_refunded]}\nsteps:\n  - tests.refund: {tag: x}\n"
)


@pytest.fixture
def front(database: Any) -> Iterator[Front]:
    front = Front(database)
    front.platform.add_order("1")
    front.hear(front.platform.tells("1", "order.created"))
    front.platform.requests.clear()
    yield front
    front.runtime.stop()


def tick(front: Front, **length: float) -> None:
    """The same time passes here and there."""
    front.platform.tick(**length)
    front.clock.move_to(front.platform.now)


def start(front: Front, **changes: Any) -> None:
    """Somebody changes the order, and the store tells."""
    tick(front, seconds=10)
    front.platform.change("1", **changes)
    event = front.platform.tells("1")
    tick(front)
    front.hear(event)


def begun(front: Front, flow: str = "tagging") -> int:
    return front.rows(f"SELECT count(*) FROM run JOIN flow ON flow.id = run.flow_id WHERE flow.name = '{flow}'")[0][0]


@pytest.mark.parametrize(("flow", "text"), [("tagging", TAGGING), ("noting", NOTING), ("refunding", REFUNDING)])
def test_a_flows_own_write_starts_it_no_second_time(front: Front, flow: str, text: str) -> None:
    front.flow(text)
    front.flow(OTHER)
    start(front, total="130.00")
    for _ in range(5):
        tick(front)
        front.hear(front.platform.tells("1"))
    assert begun(front, flow) == 1
    assert len(front.platform.refunds) == (1 if flow == "refunding" else 0)
    assert front.skips() == ["own_echo"]
    assert begun(front, "other") == 2, "other flows hear of it as of anything"
    why = services.why(front.shop, flow, "order:1", database=front.database)
    assert why["skipped"][0]["reason"] == "own_echo"
    assert "what this flow itself had changed" in str(skip_sentence("own_echo", why["skipped"][0]["details"]))


def test_a_fact_the_write_brought_about_is_its_echo_too(front: Front) -> None:
    front.flow(REFUNDING)
    start(front, total="130.00")
    front.hear(front.platform.tells("1", "order.partially_refunded"), front.platform.tells("1"))
    assert begun(front, "refunding") == 1 and front.skips() == ["own_echo", "own_echo"]


def test_the_notice_may_come_before_the_answer(front: Front) -> None:
    """The webhook of the write is worked on while the call still waits for its answer."""
    front.flow(TAGGING)
    sent = front.platform.send
    told: list[NewEvent] = []

    def slow(request: Any) -> Any:
        answer = sent(request)
        told.append(front.platform.tells("1"))
        front.send(told[0], source="front")
        front.runtime.dispatcher.run(10)
        return answer

    front.platform.send = slow  # type: ignore[method-assign]
    start(front, total="130.00")
    assert told and begun(front) == 1 and front.skips() == ["own_echo"]


def test_an_answer_that_was_lost_leaves_the_echo_expected(front: Front) -> None:
    front.flow(NOTING)
    front.platform.next_answers = ["lost"]
    start(front, total="130.00")
    front.hear(front.platform.tells("1"))
    assert begun(front, "noting") == 1 and front.skips() == ["own_echo"]
    front.after(minutes=1)
    assert front.platform.orders["1"]["note"].count("seen") == 1


def test_a_person_who_changes_it_at_the_same_time_is_heard(front: Front) -> None:
    """Their change comes in one notice with the flow's own: it is not lost."""
    front.flow(TAGGING)
    start(front, total="130.00")
    front.platform.change("1", total="140.00")
    front.hear(front.platform.tells("1"))
    assert begun(front) == 2 and front.skips() == []


def test_a_persons_tag_beside_the_flows_own_is_heard(front: Front) -> None:
    front.flow(TAGGING)
    start(front, total="130.00")
    held = front.platform.orders["1"]
    front.platform.change("1", tags=[*held["tags"], "vip"])
    front.hear(front.platform.tells("1"))
    assert begun(front) == 2


def test_what_comes_later_is_heard(front: Front) -> None:
    front.flow(TAGGING)
    start(front, total="130.00")
    front.hear(front.platform.tells("1"))
    assert begun(front) == 1
    start(front, tags=[])
    assert begun(front) == 2, "somebody took the tag off"


def test_what_was_before_and_comes_late_is_heard(front: Front) -> None:
    front.flow(TAGGING)
    tick(front, seconds=10)
    front.platform.change("1", total="125.00")
    late = front.platform.tells("1")
    start(front, total="130.00")
    front.hear(late)
    assert begun(front) == 2


def test_a_fact_of_its_own_is_heard_though_nothing_else_differs(front: Front) -> None:
    """Stores tell of one change twice: as `updated`, and as what it was."""
    front.flow("flow: tagging\ntrigger: {event: [order.updated, order.paid]}\nsteps:\n  - tests.tag: {tag: big}\n")
    start(front, payment_status="pending")
    front.hear(front.platform.tells("1"))
    assert begun(front) == 1
    tick(front)
    front.platform.change("1", payment_status="paid")
    front.hear(front.platform.tells("1"))
    front.hear(front.platform.tells("1", "order.paid"))
    assert begun(front) == 3


def test_an_echo_after_somebody_elses_change_is_an_echo_still(front: Front) -> None:
    front.flow(TAGGING)
    start(front, total="130.00")
    own = front.platform.tells("1")
    tick(front, seconds=40)
    front.platform.change("1", total="140.00")
    front.hear(front.platform.tells("1"))
    front.hear(own)
    assert begun(front) == 2 and front.skips() == ["own_echo"]


def test_two_flows_that_answer_each_other_are_cut_off(front: Front) -> None:
    """A loop over two flows looks like news to each; after so many writes of one record in an hour it ends."""
    for name, tag, other in (("ping", "a", "b"), ("pong", "b", "a")):
        front.flow(
            f"flow: {name}\ntrigger: {{event: order.updated}}\nreentry: always\nsteps:\n"
            f"  - tests.note: {{tag: {tag}}}\n  - log: {{text: {other}}}\n"
        )
    start(front, total="130.00")
    for _ in range(60):
        tick(front)
        front.hear(front.platform.tells("1"))
    assert begun(front, "ping") <= 12 and begun(front, "pong") <= 12


def test_what_nobody_tells_of_is_forgotten(front: Front) -> None:
    front.flow(TAGGING)
    start(front, total="130.00")
    assert front.rows("SELECT count(*) FROM store_echo") == [(1,)]
    tick(front, days=4)
    front.platform.add_order("2")
    front.hear(front.platform.tells("2"))
    assert front.rows("SELECT link FROM store_echo") == [("order:2",)]
