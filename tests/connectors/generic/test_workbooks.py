"""Spreadsheets' files: read as the table they are, and refused with the cell's name where they are something else."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import pytest

from sereno.connectors.generic import workbook
from sereno.connectors.generic.sheets import READER
from sereno.connectors.generic.workbook import as_text
from sereno.runtime.persons.workbook import workbook as written
from sereno.sdk.connector import Unmappable
from sereno.sdk.tables import Layout

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
STYLES = (
    f'<styleSheet {MAIN}><numFmts><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="0.00 &quot;days&quot;"/></numFmts>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="22"/>'
    "</cellXfs></styleSheet>"
)


def book(rows: str, *, before: str = "", after: str = "", old: bool = False, strings: str = "", **more: str) -> bytes:
    parts = {
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="r"><workbookPr date1904="{int(old)}"/><sheets>'
        '<sheet name="Hidden" state="hidden" r:id="r9"/><sheet name="People" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": f"{before}<worksheet {MAIN}><sheetData>{rows}</sheetData>{after}</worksheet>",
        "xl/styles.xml": STYLES,
        "xl/sharedStrings.xml": f"<sst {MAIN}>{strings}</sst>",
        **more,
    }
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return held.getvalue()


def cell(at: str, value: Any, kind: str = "inlineStr", style: int = 0) -> str:
    if kind == "inlineStr":
        return f'<c r="{at}" t="inlineStr"><is><t>{value}</t></is></c>'
    return f'<c r="{at}" t="{kind}" s="{style}"><v>{value}</v></c>'


HEAD = "<row>" + cell("A1", "Email") + cell("B1", "Birthday") + "</row>"


def read(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(as_text(body, 1000))))


def test_texts_numbers_dates_and_gaps() -> None:
    rows = HEAD + "<row>" + cell("A3", 0, "s") + cell("B3", 33_000, "n", 1) + "</row>"
    rows += cell("A4", "600111222", "n") + cell("B4", "12.100000000000001", "n", 3)
    rows += cell("A5", "1", "b") + cell("B5", "45000.5", "n", 4)
    strings = "<si><r><t>ana@</t></r><r><t>x.example</t></r><rPh><t>aloud</t></rPh></si>"
    assert read(book(rows, strings=strings)) == [
        ["Email", "Birthday"],
        ["ana@x.example", "1990-05-07"],
        ["600111222", "12.1"],
        ["yes", "2023-03-15T12:00:00"],
    ]


@pytest.mark.parametrize(
    ("old", "serial", "day"),
    [
        (False, "33000", "1990-05-07"),
        (True, "31538", "1990-05-07"),
        (False, "59", "1900-02-28"),
        (True, "0", "1904-01-01"),
    ],
)
def test_days_are_counted_from_1900_or_1904(old: bool, serial: str, day: str) -> None:
    rows = HEAD + cell("A2", "a@x.example") + cell("B2", serial, "n", 2)
    assert read(book(rows, old=old))[1][1] == day


def test_a_file_of_customers_is_read_as_a_csv_is() -> None:
    sheet = READER.read(book(HEAD + cell("A2", "Ana@X.example") + cell("B2", "33000", "n", 1)), Layout())
    assert sheet.what == "customers" and not sheet.held
    [event] = sheet.entries[0].item.body["events"]
    assert (event["data"]["email"], event["data"]["birthday"]) == ("ana@x.example", "1990-05-07")


ENTITY = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"\xd0\xcf\x11\xe0" + b"x" * 600, "old or locked"),
        (b"PK\x03\x04 and then nothing", "cannot be read"),
        (book(HEAD)[:-40], "cannot be read"),
        (book(HEAD + '<c r="B2"><f>HYPERLINK("http://x")</f><v>1</v></c>'), "Cell B2 is a formula"),
        (book(HEAD, after='<mergeCells><mergeCell ref="A1:B1"/></mergeCells>'), "The cells A1:B1 are merged"),
        (book(HEAD + cell("B2", "#REF!", "e")), "Cell B2 holds the error #REF!"),
        (book(HEAD + cell("B2", "7", "s")), "Cell B2 names a text"),
        (book(HEAD + cell("B2", "-5", "n", 1)), "Cell B2 holds a date that is none"),
        (book(HEAD + cell("B2", "many", "n")), "Cell B2 holds no number"),
        (book(HEAD + cell("B2", "1E+300", "n")), "too large"),
        (book(HEAD + cell("A1002", "x")), "more than 1000 rows"),
        (book(HEAD + cell("ZZ2", "x")), "too wide at cell ZZ2"),
        (book(""), "The first sheet is empty"),
        (book(cell("A1", "Email") + cell("C1", "Phone") + cell("B2", "x")), "Row 1 names the columns and has a gap"),
        (book(HEAD, before=ENTITY), "declares entities"),
        (book("<row><c"), "damaged"),
        (book(HEAD, **{"xl/workbook.xml": f"<workbook {MAIN}/>"}), "no sheet that is shown"),
    ],
)
def test_what_is_no_plain_table_is_refused_with_what_to_do(body: bytes, said: str) -> None:
    with pytest.raises(Unmappable) as refused:
        as_text(body, 1000)
    assert said in str(refused.value)


def test_what_unpacks_to_far_more_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = book(HEAD + "<row>" + " " * 4_000_000 + "</row>")
    assert len(bomb) < 20_000
    monkeypatch.setattr(workbook, "MOST_BYTES", 500_000)
    with pytest.raises(Unmappable, match="far more than a table"):
        as_text(bomb, 1000)
    monkeypatch.setattr(workbook, "MOST_BYTES", 1_500_000)
    with pytest.raises(Unmappable, match="far more than a table"):
        as_text(bomb, 1000)


def test_what_is_written_is_read_back_and_no_formula() -> None:
    rows = [["email", "name"], ["a@x.example", '=HYPERLINK("http://x")'], ["b@x.example", "<b>&\x00 +1"]]
    body = b"".join(written(iter(rows), "Customers/2026"))
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet and sheet.count('t="inlineStr"') == 6
    assert read(body) == [["email", "name"], ["a@x.example", '=HYPERLINK("http://x")'], ["b@x.example", "<b>& +1"]]
