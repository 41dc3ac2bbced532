"""Tables of customers: read whole, held back row by row with the column, and never a yes without its proof."""

from __future__ import annotations

from typing import Any

import pytest

from sereno.connectors.generic.sheets import READER
from sereno.sdk.tables import Layout, Sheet

HEAD = "Email,First name,Last name,Phone,Birthday,Tags,Newsletter,Consent date,Consent source\n"


def read(*rows: str, head: str = HEAD, **layout: Any) -> Sheet:
    return READER.read((head + "\n".join(rows)).encode(), Layout(**layout))


def events(sheet: Sheet) -> list[dict[str, Any]]:
    return [event for entry in sheet.entries for event in entry.item.body["events"]]


def test_a_row_is_a_customer_and_what_they_allow() -> None:
    sheet = read("Ana@X.example,Ana,Ruiz,+34600111222,1990-04-30,vip; b2b,yes,2026-01-02T10:00:00Z,form at the till")
    assert sheet.what == "customers"
    customer, consent = events(sheet)
    assert (customer["type"], customer["subject"]) == ("customer.updated", "customer:email:ana@x.example")
    assert customer["data"] == {
        "id": "email:ana@x.example",
        "email": "ana@x.example",
        "name": "Ana Ruiz",
        "first_name": "Ana",
        "last_name": "Ruiz",
        "phone": "+34600111222",
        "birthday": "1990-04-30",
        "tags": ["vip", "b2b"],
    }
    assert consent["type"] == "consent.changed"
    assert consent["data"]["granted"] is True
    assert consent["data"]["source"] == "form at the till"
    assert consent["data"]["changed_at"].startswith("2026-01-02T10:00:00")


@pytest.mark.parametrize(
    ("row", "faults"),
    [
        ("ana@x.example,,,,,,yes,,", [("Newsletter", "consent.no_proof"), ("Newsletter", "consent.no_date")]),
        ("ana@x.example,,,,,,yes,2026-01-02T10:00:00Z,", [("Newsletter", "consent.no_proof")]),
        ("ana@x.example,,,,,,perhaps,,", [("Newsletter", "yes.odd")]),
        ("no address,,,,,,,,", [("Email", "email.odd"), ("", "row.nameless")]),
        ("ana@x.example,,,,31/02,,,,", [("Birthday", "day.odd")]),
        ("ana@x.example,,,,03/04,,,,", [("Birthday", "time.ambiguous")]),
        ("ana@x.example,,,,03/04/1990,,,,", [("Birthday", "time.ambiguous")]),
    ],
)
def test_what_is_odd_is_held_back_with_its_column(row: str, faults: list[tuple[str, str]]) -> None:
    sheet = read("bo@x.example,,,,,,,,", row)
    assert len(sheet.entries) == 1
    (held,) = sheet.held
    assert held.line == 3
    assert [(fault.column, fault.code) for fault in held.faults] == faults


def test_a_no_needs_no_proof_and_birthdays_no_year() -> None:
    sheet = read("ana@x.example,,,,--02-29,,no,,", "bo@x.example,,,,24.12.,,0,,", day="day")
    assert [one["data"].get("birthday") for one in events(sheet)[::2]] == ["--02-29", "--12-24"]
    assert [one["data"]["granted"] for one in events(sheet)[1::2]] == [False, False]


def test_two_rows_of_one_address_agree_or_are_held_back() -> None:
    same = read("ana@x.example,Ana,,,,,,,", "ANA@x.example,Eva,,,,,,,")
    assert not same.entries
    assert [fault.code for fault in same.held[0].faults] == ["row.twice"]


def test_columns_are_said_by_hand_where_their_names_are_not_known() -> None:
    sheet = read("ana@x.example;Ana", head="Correo;Nombre\n", columns={"Correo": "email", "Nombre": "first_name"})
    assert sheet.what == "customers"
    assert events(sheet)[0]["data"]["first_name"] == "Ana"
