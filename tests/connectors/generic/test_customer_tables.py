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


OLD = "Correo electrónico;Nombre;Apellidos;Fecha de nacimiento;País;Idioma;Acepta publicidad;Fecha de consentimiento;"
OLD += "Origen del consentimiento;Talla;Teléfono\r\n"


def old(*rows: str, encoding: str = "utf-8", **layout: Any) -> Sheet:
    return READER.read((OLD + "\r\n".join(rows)).encode(encoding), Layout(zone="Europe/Madrid", **layout))


def record(row: str, encoding: str = "utf-8", **layout: Any) -> dict[str, Any]:
    (found,) = [one["data"] for one in events(old(row, encoding=encoding, **layout)) if "granted" not in one["data"]]
    return found


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("1956-04-07", "1956-04-07"),  # As a spreadsheet's dates come, before there were instants.
        ("1956-04-07T00:00:00", "1956-04-07"),
        ("13/04/1956", "1956-04-13"),
        ("12-ene-75", "1975-01-12"),
        ("3 de março de 1960", "1960-03-03"),
        ("9 iulie 1988", "1988-07-09"),
        ("March 3, 1981", "1981-03-03"),
        ("24.12.", "--12-24"),
    ],
)
def test_birthdays_are_read_as_lists_write_them(written: str, day: str) -> None:
    assert record(f"ana@x.example;;;{written};;;;;;;")["birthday"] == day


@pytest.mark.parametrize("written", ["1900-01-01", "0000-00-00", "31.12.2999"])
def test_nobody_is_born_tomorrow_or_lives_for_ever(written: str) -> None:
    (held,) = old(f"ana@x.example;;;{written};;;;;;;").held
    assert [(fault.column, fault.code) for fault in held.faults] == [("Fecha de nacimiento", "day.odd")]


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("Ana Ruiz <Ana@X.example>", "ana@x.example"),
        ("mailto:ana@x.example", "ana@x.example"),
        ("ana @ x.example", "ana@x.example"),
        ("ana@x", ""),
        ("ana@x,example", ""),
        ("ana@x.example; bo@x.example", ""),
        ("ana@", ""),
    ],
)
def test_an_address_is_one_that_mail_can_go_to(written: str, address: str) -> None:
    sheet = old(f'"{written}";Ana;;;;;;;;;')
    assert [one["data"]["email"] for one in events(sheet)] == ([address] if address else [])
    assert [fault.code for one in sheet.held for fault in one.faults][:1] == ([] if address else ["email.odd"])


def test_countries_languages_and_what_stands_for_nothing() -> None:
    found = record("ana@x.example;Ana;n/a;-;España;portugués;;;;;664 219 038")
    assert found["default_address"] == {"country": "ES"}
    assert (found["locale"], found["name"], found["phone"]) == ("pt", "Ana", "664 219 038")
    assert record("ana@x.example;Ana;;;Romania;es_ES;;;;;")["locale"] == "es-ES"
    (held,) = old("ana@x.example;Ana;;;Xanadu;Xanadic;;;;;no tiene").held
    assert {fault.code for fault in held.faults} == {"country.odd", "language.odd", "phone.odd"}


def test_a_column_of_any_name_is_kept_as_an_attribute() -> None:
    assert "custom" not in record("ana@x.example;Ana;;;;;;;;XL;")
    assert record("ana@x.example;Ana;;;;;;;;XL;", columns={"Talla": "custom"})["custom"] == {"Talla": "XL"}


def test_two_exports_in_one_file_are_read_each_in_its_letters() -> None:
    body = (OLD + "ana@x.example;Begoña;;;;;;;;;\r\n").encode() + "bo@x.example;João;;;;;;;;;\r\n".encode("cp1252")
    names = [one["data"]["first_name"] for one in events(READER.read(body, Layout()))]
    assert names == ["Begoña", "João"]
    assert record("ana@x.example;Şerban;;;;;;;;;", "cp1250", letters="windows-1250")["first_name"] == "Şerban"
    assert record("ana@x.example;Begoña;;;;;;;;;", "utf-16-le")["first_name"] == "Begoña"


def test_letters_spoilt_on_their_way_are_put_right_or_held_back() -> None:
    spoilt = "JosÃ© NÃºÃ±ez"
    assert record(f"ana@x.example;{spoilt};;;;;;;;;")["first_name"] == "José Núñez"
    assert record("ana@x.example;São João;;;;;;;;;")["first_name"] == "São João", "and nothing else is touched"
    (held,) = old("ana@x.example;Jos\ufffd;;;;;;;;;").held
    assert [(fault.column, fault.code) for fault in held.faults] == [("Nombre", "text.lost")]


def test_of_rows_of_one_person_the_later_counts_where_the_source_says_so() -> None:
    rows = (
        "ana@x.example;Ana;;;;;sí;2026-01-02;web;S;",
        "ANA@x.example;;Ruiz;;;;no;2026-03-02;caja;;600 111 222",
    )
    assert [fault.code for one in old(*rows).held for fault in one.faults] == ["row.twice"]
    customer, yes, no = events(old(*rows, twice="last", columns={"Talla": "custom"}))
    assert (customer["data"]["name"], customer["data"]["phone"]) == ("Ana Ruiz", "600 111 222")
    assert customer["data"]["custom"] == {"Talla": "S"}
    assert [(one["data"]["granted"], one["data"]["source"]) for one in (yes, no)] == [(True, "web"), (False, "caja")]
    assert yes["data"]["changed_at"] < no["data"]["changed_at"], "each word with its own proof"


def test_whom_nobody_asked_has_said_nothing() -> None:
    assert len(events(old("ana@x.example;Ana;;;;;NEVER_SUBSCRIBED;;;;"))) == 1


def test_a_list_without_addresses_says_which_column_it_lacks() -> None:
    sheet = READER.read(b"Nombre;Talla\nAna;XL\nBo;S\n", Layout(what="customers"))
    assert (sheet.lacks, sheet.entries, sheet.held) == (["email"], [], [])
