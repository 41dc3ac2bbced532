"""The shop's people as a spreadsheet's file (XLSX), written to the disk a row at a time.

Invariant: every cell is a text by its kind, so that no spreadsheet takes one for a formula, whatever it begins with.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from tempfile import TemporaryFile
from xml.sax.saxutils import escape, quoteattr

MOST_ROWS = 1_048_576
"""Of one sheet, as spreadsheets have it; what is more goes onto the next."""
LONGEST_CELL = 32_767
CHUNK = 2**16
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
CONTENT_TYPE = f"{_KIND}.sheet"


def workbook(rows: Iterator[Sequence[str]], title: str) -> Iterator[bytes]:
    """The file in pieces. The first row is repeated on every sheet."""
    with TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            count = _sheets(archive, rows)
            _frame(archive, title, count)
        file.seek(0)
        while piece := file.read(CHUNK):
            yield piece


def _sheets(archive: zipfile.ZipFile, rows: Iterator[Sequence[str]]) -> int:
    head = next(rows)
    count = 0
    row: Sequence[str] | None = head
    while row is not None:
        count += 1
        with archive.open(f"xl/worksheets/sheet{count}.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            sheet.write(_row(1, head))
            for number in range(2, MOST_ROWS + 1):
                row = next(rows, None)
                if row is None:
                    break
                sheet.write(_row(number, row))
            else:
                row = head
            sheet.write(b"</sheetData></worksheet>")
    return count


def _row(number: int, values: Sequence[str]) -> bytes:
    cells = "".join(
        f'<c r="{_letters(place)}{number}" t="inlineStr"><is><t xml:space="preserve">{_text(value)}</t></is></c>'
        for place, value in enumerate(values, 1)
        if value
    )
    return f'<row r="{number}">{cells}</row>'.encode()


def _text(value: str) -> str:
    return escape(_UNWRITABLE.sub("", value)[:LONGEST_CELL])


def _letters(place: int) -> str:
    found = ""
    while place:
        place, rest = divmod(place - 1, 26)
        found = chr(65 + rest) + found
    return found


def _frame(archive: zipfile.ZipFile, title: str, count: int) -> None:
    """What makes sheets a workbook."""
    numbers = range(1, count + 1)
    name = re.sub(r"[\[\]:*?/\\']", " ", title)[:25] or "1"
    sheets = "".join(
        f'<sheet name={quoteattr(name if n == 1 else f"{name} {n}")} sheetId="{n}" r:id="rId{n}"/>' for n in numbers
    )
    archive.writestr(
        "xl/workbook.xml",
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>',
    )
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    archive.writestr(
        "xl/_rels/workbook.xml.rels",
        f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{related}</Relationships>',
    )
    archive.writestr(
        "_rels/.rels",
        f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    )
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_KIND}.worksheet+xml"/>' for n in numbers
    )
    archive.writestr(
        "[Content_Types].xml",
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>{parts}</Types>',
    )
