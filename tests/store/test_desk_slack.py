"""Questions to staff in Slack, from a run to a card and back: decided once, by who may, and the card says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from slack_wire import HOOK, Slack
from support import Place, order

from sereno.runtime import services
from sereno.runtime.channels import keeping, staffing
from sereno.sdk.ports import Http
from sereno.store.database import Database

FLOW = """\
flow: refund
name: Refunds
trigger: {event: order.created}
steps:
  - approve:
      by: SETTINGS
      text: "Refund <{{ order.number }}> & all?"
      then: [{stop: refunded}]
      else: [{stop: kept}]
"""
PEOPLE = (("boss@example.com", "owner"), ("ana@example.com", "operator"), ("sue@example.com", "support"))


def people(place: Place) -> None:
    columns = "password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined"
    with place.database.transaction() as tx:
        for address, role in PEOPLE:
            if not tx.text(f"SELECT id FROM auth_user WHERE username = '{address}'"):
                values = f"'', FALSE, '{address}', '', '', '{address}', FALSE, TRUE, '2026-01-01 00:00:00+00'"
                tx.text(f"INSERT INTO auth_user ({columns}) VALUES ({values}) RETURNING id")
            tx.text(
                f"INSERT INTO membership (user_id, shop_id, role) SELECT id, {place.shop}, '{role}' FROM auth_user "
                f"WHERE username = '{address}' RETURNING id"
            )


@pytest.fixture
def slack() -> Slack:
    return Slack()


@pytest.fixture
def desk(database: Database, slack: Slack, secret_key: None) -> Iterator[Place]:
    place = Place(database, lambda kind, shop: slack if kind is Http else None)
    place.runtime.world.shops._base_url = "https://s.example"
    people(place)
    access, settings = {"token": "xoxb-1", "signing_secret": "s"}, {"channel": "C1"}
    given: dict[str, Any] = {"by": "tester", "base_url": "https://s.example", "database": database}
    told = keeping.connect(place.shop, "slack", access, settings, http=slack, **given)
    assert (told.hook, told.known_as) == ("https://s.example/hooks/demo-slack", "Casa · sereno")
    slack.asked.clear()
    yield place
    place.runtime.stop()


def ask(place: Place, by: str = "operator", number: str = "1001") -> None:
    place.flow(FLOW.replace("SETTINGS", by))
    place.send(order(number))
    place.drain()


def press(place: Place, slack: Slack, user: str, **more: Any) -> None:
    place.send(*slack.press(user, place.clock.now(), **more))
    place.drain()


def states(place: Place) -> list[tuple[Any, ...]]:
    return place.rows("SELECT status, decided_by FROM approval ORDER BY id")


def ends(place: Place) -> list[str]:
    return [row[3] for row in place.runs()]


def test_a_question_is_a_card_with_buttons_and_a_way_to_the_run(desk: Place, slack: Slack) -> None:
    ask(desk)
    card = slack.card()
    assert (card["channel"], card["text"].splitlines()[0]) == ("C1", "Refund &lt;1001&gt; &amp; all?")
    section, context, _actions = card["blocks"]
    assert section["text"]["text"].splitlines()[0] == "*Refund &lt;1001&gt; &amp; all?*"
    assert "1001, Ana, 120.00 EUR" in section["text"]["text"] and "<@UANA>" in section["text"]["text"]
    assert context["elements"][0]["text"].endswith("Refunds")
    yes, no, link = slack.buttons()
    assert (yes["style"], no["style"]) == ("primary", "danger")
    (run,) = desk.rows("SELECT uid FROM run WHERE flow_id IN (SELECT id FROM flow WHERE name = 'refund')")
    assert link["url"] == f"https://s.example/runs/{run[0]}"
    assert card["metadata"]["event_payload"]["key"].startswith(run[0])


def test_a_press_decides_and_the_card_says_who_and_when(desk: Place, slack: Slack) -> None:
    ask(desk)
    press(desk, slack, "UANA")
    assert states(desk) == [("approved", "ana@example.com")] and ends(desk) == ["refunded"]
    assert slack.methods() == ["chat.postMessage", "chat.update"]
    assert "ana@example.com, 2 marzo, 10:00 (Europe/Madrid)" in slack.words()
    assert [one.get("url", "")[:21] for one in slack.buttons()] == ["https://s.example/run"]
    assert slack.whispers == []
    (audit,) = desk.rows("SELECT by, details FROM audit WHERE action = 'approval.approved'")
    assert audit[0] == "ana@example.com" and '"via":"slack"' in audit[1].replace(" ", "")


def test_the_same_request_again_and_a_second_press_have_no_effect(desk: Place, slack: Slack) -> None:
    ask(desk)
    again = slack.press("UANA", desk.clock.now())
    other = slack.press("UBOSS", desk.clock.now(), yes=False, trigger="9.9.9")
    desk.send(*again)
    desk.drain()
    desk.send(*again)
    desk.drain()
    assert len(slack.methods()) == 2
    desk.send(*other)
    desk.drain()
    assert states(desk) == [("approved", "ana@example.com")] and ends(desk) == ["refunded"]
    (whisper,) = slack.whispers
    assert "ana@example.com" in whisper and slack.asked[-1][1]["replace_original"] is False


@pytest.mark.parametrize("user", ["UOUT", "UEVE", "UNEW"])
def test_who_is_nobody_here_is_refused_alone(desk: Place, slack: Slack, user: str) -> None:
    """No member of the shop, a guest of another company, an address nobody confirmed."""
    ask(desk, "owner")
    press(desk, slack, user)
    assert states(desk) == [("open", None)] and len(slack.buttons()) == 3
    assert len(slack.whispers) == 1 and slack.methods() == ["chat.postMessage"]


def test_who_may_not_is_refused_until_they_stand_for_who_may(desk: Place, slack: Slack) -> None:
    ask(desk, "owner")
    press(desk, slack, "UANA")
    assert states(desk) == [("open", None)] and len(slack.whispers) == 1
    with desk.database.transaction() as tx:
        tx.text(
            f"INSERT INTO deputy (shop_id, person, deputy, since_at, until_at) VALUES ({desk.shop}, 'boss@example.com',"
            f" 'ana@example.com', 0, 99999999999999999)"
        )
    press(desk, slack, "UANA", trigger="2.2.2")
    assert states(desk) == [("approved", "ana@example.com")]
    (audit,) = desk.rows("SELECT details FROM audit WHERE action = 'approval.approved'")
    assert "boss@example.com" in audit[0]


def test_an_entry_on_the_page_comes_before_the_chats_own_word(desk: Place, slack: Slack) -> None:
    given: dict[str, Any] = {"by": "boss@example.com", "database": desk.database}
    with pytest.raises(staffing.DeskUnfit, match="only an owner"):
        staffing.enter(desk.shop, "slack", "boss@example.com", "UOUT", role="operator", **given)
    with pytest.raises(staffing.DeskUnfit, match="no member"):
        staffing.enter(desk.shop, "slack", "nobody@example.com", "UOUT", role="owner", **given)
    with pytest.raises(staffing.DeskUnfit, match="member ID"):
        staffing.enter(desk.shop, "slack", "sue@example.com", "@sue", role="owner", **given)
    staffing.enter(desk.shop, "slack", "sue@example.com", "UOUT", role="owner", **given)
    ask(desk, "support")
    press(desk, slack, "UOUT", yes=False)
    assert states(desk) == [("refused", "sue@example.com")] and ends(desk) == ["kept"]
    assert slack.methods("users.info") == []
    staffing.enter(desk.shop, "slack", "sue@example.com", "", role="owner", **given)
    assert staffing.entries(desk.shop, database=desk.database) == []


@pytest.mark.parametrize("how", ["page", "late", "ended"])
def test_a_card_follows_its_question_whoever_closes_it(desk: Place, slack: Slack, how: str) -> None:
    ask(desk, "operator\n      timeout: 1h" if how == "late" else "operator")
    if how == "page":
        ((id_,),) = desk.rows("SELECT id FROM approval")
        services.decide_approval(id_, False, "boss@example.com", "too much", database=desk.database)
    elif how == "ended":
        ((uid,),) = desk.rows("SELECT uid FROM run WHERE flow_id IN (SELECT id FROM flow WHERE name = 'refund')")
        services.end_run(uid, "boss@example.com", database=desk.database)
    desk.after(hours=1)
    desk.drain()
    assert slack.methods() == ["chat.postMessage", "chat.update"] and len(slack.buttons()) == 1
    if how == "page":
        assert "boss@example.com" in slack.words() and "too much" in slack.words()
    press(desk, slack, "UANA", value="ask.a.1.y")
    assert len(slack.whispers) == 1 and states(desk)[0][0] in ("refused", "expired")


@pytest.mark.parametrize(
    ("lost", "asked"),
    [
        ("users.lookupByEmail", ["chat.postMessage", "chat.update"]),
        ("chat.postMessage", ["chat.postMessage", "chat.update"]),
        ("auth.test", ["chat.postMessage", "chat.update"]),
        ("users.info", ["chat.postMessage", "chat.update"]),
        ("chat.update", ["chat.postMessage", "chat.update", "chat.update"]),
    ],
)
def test_every_answer_may_get_lost_once(desk: Place, slack: Slack, lost: str, asked: list[str]) -> None:
    slack.lost.append(lost)
    ask(desk)
    desk.after(minutes=1)
    press(desk, slack, "UANA")
    desk.after(minutes=1)
    assert slack.lost == [] and slack.methods() == asked
    assert states(desk) == [("approved", "ana@example.com")] and ends(desk) == ["refunded"]
    assert len(slack.cards) == 1 and len(slack.buttons()) == 1
    assert desk.rows("SELECT status FROM desk_post") == [("settled",)]


def test_a_refusal_whose_answer_is_lost_is_not_said_twice(desk: Place, slack: Slack) -> None:
    ask(desk, "owner")
    slack.lost.append("response_url")
    press(desk, slack, "UANA")
    desk.after(minutes=2)
    assert len(slack.whispers) == 1


def test_where_the_channel_cannot_be_read_a_lost_card_is_posted_again_and_both_are_changed(
    desk: Place, slack: Slack
) -> None:
    slack.lost.append("chat.postMessage")
    slack.refused["conversations.history"] = "missing_scope"
    ask(desk)
    desk.after(minutes=1)
    assert len(slack.cards) == 2
    press(desk, slack, "UANA", card=0)
    assert states(desk) == [("approved", "ana@example.com")]
    assert [len(slack.buttons(number)) for number in (0, 1)] == [1, 1]


def test_several_are_asked_on_a_card_each_and_the_rest_says_it_is_settled(desk: Place, slack: Slack) -> None:
    ask(desk, "[support, operator, owner]\n      need: 2")
    assert len(slack.cards) == 3
    support, operator, owner = sorted(range(3), key=lambda card: slack.buttons(card)[0]["value"])
    press(desk, slack, "UANA", card=operator)
    assert states(desk) == [("open", None), ("approved", "ana@example.com"), ("open", None)]
    press(desk, slack, "UANA", card=support, trigger="3")
    assert len(slack.whispers) == 1 and len(slack.buttons(support)) == 3  # Support's card is not hers.
    press(desk, slack, "UBOSS", card=owner, trigger="4")
    assert [row[0] for row in states(desk)] == ["closed", "approved", "approved"] and ends(desk) == ["refunded"]
    assert [len(slack.buttons(number)) for number in range(3)] == [1, 1, 1]


def test_a_limit_asks_in_the_channel_and_operators_alone_answer(desk: Place, slack: Slack) -> None:
    desk.flow(
        "flow: calls\nname: Calls\ntrigger: {event: order.created}\nlimits: {effects_per_hour: 1}\nsteps:\n"
        "  - tests.call: {to: someone}\n"
    )
    desk.send(order("1"), order("2"))
    desk.drain()
    desk.after(seconds=30)
    assert desk.rows("SELECT status FROM limit_question") == [("open",)]
    assert "Calls" in slack.words() and len(slack.buttons()) == 3
    slack.members.append({**slack.members[0], "id": "USUE", "profile": {"email": "sue@example.com"}})
    press(desk, slack, "USUE")
    assert desk.rows("SELECT status FROM limit_question") == [("open",)] and len(slack.whispers) == 1
    press(desk, slack, "UANA", trigger="5")
    assert desk.rows("SELECT status, decided_by FROM limit_question") == [("raised", "ana@example.com")]
    assert "ana@example.com" in slack.words() and len(slack.buttons()) == 1
    desk.after(minutes=2)
    assert desk.rows("SELECT count(*) FROM effect WHERE action = 'tests.call' AND status = 'done'") == [(2,)]


def test_nothing_is_written_to_but_slack_itself(desk: Place, slack: Slack) -> None:
    ask(desk, "owner")
    (event,) = slack.press("UANA", desk.clock.now())
    event.data["reply"] = "https://evil.example/steal"  # type: ignore[index]
    desk.send(event)
    desk.drain()
    assert slack.asked[-1][0] == "chat.postEphemeral" and HOOK not in str(slack.asked)


def test_a_shop_without_a_desk_asks_by_mail_alone(place: Place) -> None:
    people(place)
    ask(place)
    assert [row[0] for row in place.effects()] == ["alerts.ask"]
