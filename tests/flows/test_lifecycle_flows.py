"""Welcome, silence, birthday and farewell: every branch, and every way they end."""

from __future__ import annotations

from typing import Any

import pytest

from flows.replaying import event, reasons, replay, sent, whats

WELCOME = ["welcome-thanks", "welcome-code", "welcome-guide", "welcome-reviews", "welcome-invitation"]
SILENCE = ["inactive-question", "inactive-incentive", "inactive-news", "inactive-survey", "inactive-last-offer"]
PERSON: dict[str, Any] = {"id": "7", "email": "ana@example.com", "first_name": "Ana", "accepts_email": True}


def customer(after: str = "0m", type: str = "customer.created", **changes: Any) -> dict[str, Any]:
    return event(type, "customer:7", after, **{**PERSON, **changes})


def consent(after: str, granted: bool = True, channel: str = "email", **changes: Any) -> dict[str, Any]:
    data = {"customer_id": "7", "email": "ana@example.com", "channel": channel, "granted": granted}
    return event("consent.changed", "customer:7", after, **{**data, **changes})


def order(after: str, **changes: Any) -> dict[str, Any]:
    found = event("order.created", "order:1", after, id="1", customer_id="7", email="ana@example.com", total="20.00")
    found["data"] |= {"placed_at": found["occurred_at"], **changes}
    return found


def cart(after: str) -> dict[str, Any]:
    return event("cart.updated", "cart:c1", after, id="c1", customer_id="7", email="ana@example.com", item_count=1)


def gone(after: str) -> dict[str, Any]:
    return customer(after, "customer.deleted", deleted_at="2026-11-02T11:00:00Z")


def messages(found: Any) -> list[str]:
    return [what for what in whats(found) if what != "None"]


def statuses(found: Any, flow: str) -> list[str]:
    return [run["status"] for run in found["runs"] if run["flow"] == flow]


# Welcome


def test_five_messages_of_welcome_at_their_times() -> None:
    found = replay("welcome", [customer()])
    assert messages(found) == WELCOME
    times = [when for when, what in sent(found) if what in WELCOME]
    assert times == ["1h", "1d 1h", "4d 1h", "7d 1h", "11d 1h"]
    (code,) = [effect for effect in found["effects"] if effect["action"] == "pricing.issue_code"]
    assert code["config"]["percent"] == "10" and statuses(found, "welcome") == ["finished"]


@pytest.mark.parametrize(
    ("ordered", "number"), [("10m", 0), ("2h", 1), ("30h", 2), ("100h", 3), ("180h", 4), ("270h", 5)]
)
def test_the_first_order_ends_the_welcome(ordered: str, number: int) -> None:
    found = replay("welcome", [customer(), order(ordered)])
    assert messages(found) == WELCOME[:number]
    assert statuses(found, "welcome") == (["finished"] if number == 5 else ["exited"])


@pytest.mark.parametrize(
    "ending", [consent("2h", granted=False), customer("2h", "customer.deleted", deleted_at="2026-11-02T11:00:00Z")]
)
def test_other_ends_of_the_welcome(ending: dict[str, Any]) -> None:
    found = replay("welcome", [customer(), ending])
    assert messages(found) == WELCOME[:1] and statuses(found, "welcome") == ["exited"]


def test_a_no_on_another_channel_ends_nothing() -> None:
    assert messages(replay("welcome", [customer(), consent("2h", granted=False, channel="sms")])) == WELCOME


def test_who_agrees_later_is_welcomed_then_and_once() -> None:
    found = replay("welcome", [customer(accepts_email=False), consent("5h"), consent("200h", False), consent("300h")])
    assert sent(found)[0] == ("6h", "welcome-thanks")
    assert messages(found) == WELCOME[:4]
    assert "once" in reasons(found, "welcome")


def test_a_bare_address_is_welcomed_too_and_its_account_is_no_second_person() -> None:
    bare = consent("0m", customer_id=None)
    bare["subject"] = "customer:email:ana@example.com"
    assert messages(replay("welcome", [bare, customer("1h")])) == WELCOME


@pytest.mark.parametrize(
    "before",
    [
        [customer(accepts_email=None)],
        [customer(order_count=3)],
        [customer(email=None)],
        [order("0m"), customer("5m")],
        [customer(accepts_email=None), consent("5m", channel="sms")],
    ],
)
def test_who_is_not_welcomed(before: list[dict[str, Any]]) -> None:
    found = replay("welcome", before)
    assert messages(found) == []
    assert set(reasons(found, "welcome")) <= {"when_false", "key_missing"} and reasons(found, "welcome")


# Silence


def bought(after: str = "0m", **changes: Any) -> list[dict[str, Any]]:
    return [customer(after), order(after, **changes)]


def scored(after: str, next_on: str | None) -> dict[str, Any]:
    score = {"group": "loyal", "risk": 0.4, "next_on": next_on, "scored_at": "2026-11-03T03:00:00Z"}
    return event("customer.scored", "customer:7", after, id="7", score=score)


def test_five_messages_after_sixty_days_of_silence() -> None:
    found = replay("win-back", bought(), until="300d")
    assert messages(found) == SILENCE
    times = [when for when, what in sent(found) if what in SILENCE]
    # Looked at on the thirtieth day, at ten in the shop's morning.
    assert times == ["60d", "65d", "72d", "79d", "86d"]
    codes = [effect["config"] for effect in found["effects"] if effect["action"] == "pricing.issue_code"]
    assert [(one["percent"], one["expires"]) for one in codes] == [("10", "14d"), ("15", "3d")]
    assert statuses(found, "win-back") == ["finished"]


@pytest.mark.parametrize(
    ("next_on", "first"), [("2026-12-20", "55d 1h"), ("2027-03-01", "126d 1h"), ("2026-11-12", "30d"), (None, "60d")]
)
def test_how_long_is_usual_is_their_own(next_on: str | None, first: str) -> None:
    found = replay("win-back", [*bought(), scored("1d", next_on)], until="140d")
    assert [when for when, what in sent(found) if what == SILENCE[0]] == [first]


@pytest.mark.parametrize(
    ("ordered", "number"), [("40d", 0), ("61d", 1), ("66d", 2), ("73d", 3), ("80d", 4), ("90d", 5)]
)
def test_any_order_ends_the_winning_back(ordered: str, number: int) -> None:
    found = replay("win-back", [*bought(), order(ordered, id="2")], until="110d" if number else "69d")
    assert messages(found) == SILENCE[:number]
    assert statuses(found, "win-back")[0] == "exited"


def test_who_shows_up_is_let_be_and_looked_at_anew() -> None:
    found = replay("win-back", [*bought(), cart("50d")], until="112d")
    assert statuses(found, "win-back") == ["stopped", "waiting"]
    assert [when for when, what in sent(found) if what == SILENCE[0]] == ["110d"]


def click(after: str, is_machine: bool = False, message: str = "news") -> dict[str, Any]:
    found = event("message.clicked", "customer:7", after, customer_id="7", email="ana@example.com", message=message)
    found["data"] |= {"is_machine": is_machine, "done_at": found["occurred_at"]}
    return found


@pytest.mark.parametrize(("is_machine", "number"), [(False, 0), (True, 1)])
def test_a_click_by_a_program_is_no_sign_of_life(is_machine: bool, number: int) -> None:
    assert len(messages(replay("win-back", [*bought(), click("50d", is_machine)], until="62d"))) == number


def test_nobody_is_asked_again_for_half_a_year() -> None:
    # After the last offer only a cart is seen, and again silence.
    found = replay("win-back", [*bought(), cart("90d")], until="230d")
    assert messages(found) == SILENCE
    again = replay("win-back", [*bought(), cart("240d")], until="303d")
    assert messages(again) == [*SILENCE, SILENCE[0]]


@pytest.mark.parametrize("people", [[customer()], [customer(accepts_email=False), order("0m")]])
def test_who_never_bought_or_never_agreed_is_not_won_back(people: list[dict[str, Any]]) -> None:
    assert messages(replay("win-back", people, until="120d")) == []


@pytest.mark.parametrize("ending", [consent("61d", granted=False), gone("61d")])
def test_other_ends_of_the_winning_back(ending: dict[str, Any]) -> None:
    found = replay("win-back", [*bought(), ending], until="120d")
    assert messages(found) == SILENCE[:1] and statuses(found, "win-back")[0] == "exited"


# Birthday


def born(day: str, **changes: Any) -> dict[str, Any]:
    return customer(birthday=day, **changes)


@pytest.mark.parametrize("day", ["1990-11-12", "--11-12"])
def test_wishes_on_the_day_and_a_reminder(day: str) -> None:
    found = replay("birthday", [born(day)], until="40d")
    assert [one for one in sent(found) if one[1] != "None"] == [
        ("6d 23h", "birthday-soon"),
        ("9d 23h", "birthday-wishes"),
        ("16d 23h", "birthday-reminder"),
    ]
    assert statuses(found, "birthday") == ["finished"]


@pytest.mark.parametrize(
    ("ordered", "expected"),
    [
        ("8d", ["birthday-soon", "birthday-wishes", "birthday-reminder"]),
        ("11d", ["birthday-soon", "birthday-wishes", "birthday-thanks"]),
        ("20d", ["birthday-soon", "birthday-wishes", "birthday-reminder", "birthday-thanks"]),
        ("35d", ["birthday-soon", "birthday-wishes", "birthday-reminder"]),
    ],
)
def test_thanks_only_to_who_bought_after_the_wishes(ordered: str, expected: list[str]) -> None:
    found = replay("birthday", [born("--11-12"), order(ordered)], until="60d")
    assert messages(found) == expected


def test_a_leap_day_is_kept_on_the_28th_and_every_year_has_one() -> None:
    found = replay("birthday", [born("--02-29")], until="880d")
    wishes = [effect["at"] for effect in found["effects"] if effect["config"].get("template") == "birthday-wishes"]
    assert [at[:10] for at in wishes] == ["2027-02-28", "2028-02-29", "2029-02-28"]


def test_across_the_new_year() -> None:
    found = replay("birthday", [born("1988-01-02")], until="80d")
    days = [effect["at"][:10] for effect in found["effects"] if str(effect["config"].get("template")).startswith("b")]
    assert days == ["2026-12-30", "2027-01-02", "2027-01-09"]


def test_a_corrected_date_is_no_second_birthday() -> None:
    moved = customer("20d", "customer.updated", birthday="--12-12")
    found = replay("birthday", [born("--11-12"), moved], until="60d")
    assert messages(found).count("birthday-wishes") == 1
    assert "too_soon" in reasons(found, "birthday")


@pytest.mark.parametrize("person", [born("--11-12", accepts_email=None), born("not a day"), customer(birthday=None)])
def test_no_birthday_without_a_date_or_without_a_yes(person: dict[str, Any]) -> None:
    assert messages(replay("birthday", [person], until="40d")) == []


@pytest.mark.parametrize("ending", [consent("8d", granted=False), gone("8d")])
def test_ends_of_the_birthday(ending: dict[str, Any]) -> None:
    found = replay("birthday", [born("--11-12"), ending], until="40d")
    assert messages(found) == ["birthday-soon"] and statuses(found, "birthday") == ["exited"]


# Farewell

ASKED, LAST, GOODBYE = "farewell-question", "farewell-last-chance", "farewell-goodbye"


def silent() -> list[dict[str, Any]]:
    found = customer()
    found["data"]["created_at"] = found["occurred_at"]
    return [found]


def renewed(after: str) -> dict[str, Any]:
    return event(
        "consent.renewed", "customer:7", after, customer_id="7", email="ana@example.com", channel="email", granted=True
    )


def ended(found: Any) -> list[str]:
    return [effect["config"]["reason"] for effect in found["effects"] if effect["action"] == "customers.end_marketing"]


def test_silence_is_taken_off() -> None:
    found = replay("farewell", silent(), until="300d")
    assert [one for one in sent(found) if one[1] != "None"] == [
        ("179d 23h", ASKED),
        ("189d 23h", LAST),
        ("196d 23h", GOODBYE),
    ]
    (reason,) = ended(found)
    assert reason == "Sin señales desde 2026-11-02; se le preguntó el 2027-05-01 y otra vez, sin respuesta."
    assert statuses(found, "farewell") == ["finished"]


@pytest.mark.parametrize(("answered", "expected"), [("183d", [ASKED]), ("193d", [ASKED, LAST])])
def test_a_yes_is_thanked_for_and_stays(answered: str, expected: list[str]) -> None:
    found = replay("farewell", [*silent(), renewed(answered)], until="300d")
    assert messages(found) == [*expected, "farewell-thanks"]
    assert ended(found) == [] and statuses(found, "farewell") == ["stopped"]


@pytest.mark.parametrize(
    ("sign", "asked"),
    [(cart("183d"), [ASKED]), (click("183d"), [ASKED]), (cart("193d"), [ASKED, LAST]), (click("193d"), [ASKED, LAST])],
)
def test_a_sign_of_life_stays_without_thanks(sign: dict[str, Any], asked: list[str]) -> None:
    found = replay("farewell", [*silent(), sign], until="300d")
    assert messages(found) == asked and ended(found) == []


@pytest.mark.parametrize("no_sign", [click("183d", is_machine=True), click("183d", message=ASKED)])
def test_what_is_no_answer(no_sign: dict[str, Any]) -> None:
    assert len(ended(replay("farewell", [*silent(), no_sign], until="300d"))) == 1


@pytest.mark.parametrize("ending", [order("183d"), consent("183d", granted=False), gone("183d")])
def test_an_order_a_no_and_a_deletion_end_the_farewell(ending: dict[str, Any]) -> None:
    found = replay("farewell", [*silent(), ending], until="250d")
    assert messages(found) == [ASKED] and ended(found) == []
    assert statuses(found, "farewell") == ["exited"]


def test_whoever_was_seen_is_not_silent() -> None:
    assert messages(replay("farewell", [*silent(), cart("100d")], until="279d")) == []
    assert messages(replay("farewell", [*silent(), cart("100d")], until="281d")) == [ASKED]


def test_who_never_agreed_is_not_asked() -> None:
    assert messages(replay("farewell", [customer(accepts_email=None)], until="300d")) == []
