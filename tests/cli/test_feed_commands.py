"""`sereno feed`: a file is looked at, taken once, and what was held back is listed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SALES = "sale-id,date,sku,qty,price\nB-1,2026-11-20,MUG,2,9.50\nB-2,2026-11-20,MUG,two,9.50\n"


def test_a_tills_file(shop: Any, tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(SALES)
    assert "None; begin with" in shop("feed", "list").err
    assert shop("feed", "add", "Till", "--what", "orders", "--json").json == {"name": "till"}
    assert [one["name"] for one in shop("feed", "list", "--json").json] == ["till"]
    told = shop("feed", "look", "till", path, "--json").json
    assert (told["entries"], told["held"], told["first"][0]["text"]) == (1, 1, "19.00 EUR: 2 × MUG")
    assert "number.odd" in shop("feed", "look", "till", path).out
    (row,) = shop("feed", "take", "till", path, "--json").json
    assert (row["status"], row["new"], row["held"]) == ("done", 1, 1)
    (row,) = shop("feed", "take", "till", path, "--json").json
    assert row["status"] == "same"
    assert "number.odd" in shop("feed", "held", "till").out
    assert [one["name"] for one in shop("feed", "held", "till", "--json").json] == ["B-2"]


def test_what_is_wrong_is_said(shop: Any, tmp_path: Path) -> None:
    path = tmp_path / "words.csv"
    path.write_text("just words\n")
    assert shop("feed", "add", "Till").status == 0
    assert shop("feed", "look", "till", tmp_path / "none.csv").status == 2
    assert "no table" in shop("feed", "look", "till", path).err
    refused = shop("feed", "take", "till", path)
    assert refused.status == 1 and "not taken" in refused.err
    assert shop("feed", "take", "nothing", path).status == 2
    assert shop("feed", "add", "Far", "--url", "ftp://x").status == 2


def test_a_list_of_people_in_another_language(shop: Any, tmp_path: Path) -> None:
    path = tmp_path / "clientes.csv"
    rows = "ana@x.example;Begoña;03/04/1960;XL\nana@x.example;Begoña;03/04/1960;L\nbo@;João;;\n"
    path.write_bytes(f"Correo;Nombre;Cumpleaños;Talla\n{rows}".encode("cp1252"))
    shop("feed", "add", "Clientes", "--what", "customers")
    assert "time.ambiguous" in shop("feed", "look", "clientes", path).out
    told = shop("feed", "set", "clientes", "--day", "day", "--twice", "last", "--column", "Talla=custom", "--json").json
    assert (told["columns"], told["day"], told["twice"]) == ({"Talla": "custom"}, "day", "last")
    assert shop("feed", "set", "clientes", "--column", "Talla").status == 2
    told = shop("feed", "look", "clientes", path, "--json").json
    assert (told["entries"], told["held"]) == (1, 1)
    assert told["reasons"][1] == {"column": "Correo", "code": "email.odd", "records": 1, "values": ["bo@"]}
    (row,) = shop("feed", "take", "clientes", path, "--json").json
    report = shop("feed", "report", "clientes", row["id"]).out
    assert report.splitlines()[0] == "Correo,Nombre,Cumpleaños,Talla,Line,Why"
    assert "bo@,João,,,4,Correo: email.odd" in report
    assert shop("feed", "drop", "clientes", row["id"], "--json").json == {"dropped": 1}
    assert shop("feed", "held", "clientes", "--json").json == []
    assert shop("feed", "report", "clientes", 999_999).status == 2
