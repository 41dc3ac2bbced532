"""A spreadsheet's file (XLSX) as the table its first sheet is. Standard library only; pure.

Invariant: whatever the file claims of itself, no more is read of it than the limits below; and what cannot be told for
sure (a formula, merged cells, an error in a cell) is refused with the cell's name, never guessed.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from posixpath import join, normpath
from xml.parsers import expat
from zlib import error as ZlibError  # noqa: N812

from sereno.sdk.connector import Unmappable

MAGIC = b"PK\x03\x04"
OLD = b"\xd0\xcf\x11\xe0"
"""How files of Excel 97 begin, and those that ask for a password."""
MOST_PARTS, MOST_BYTES, MOST_CELLS = 2000, 96 * 2**20, 4_000_000
MOST_COLUMNS, LONGEST_CELL = 300, 32_767
CHUNK = 2**16
_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
"""Formats of numbers that are dates wherever Excel speaks."""
_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_QUOTED = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.')
_SPACE = re.compile(r"[\r\n\t]+")

Attributes = dict[str, str]


def is_workbook(body: bytes) -> bool:
    return body.startswith((MAGIC, OLD))


def as_text(body: bytes, most_rows: int) -> str:
    """The first sheet as CSV, a line for each row. Raises Unmappable with what is wrong and what to do."""
    if body.startswith(OLD):
        raise Unmappable("This is an old or locked Excel file: save it as .xlsx without a password, or as CSV.")
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return _Workbook(archive, most_rows).text()
    except (zipfile.BadZipFile, ZlibError, EOFError, NotImplementedError, RuntimeError, KeyError) as error:
        raise Unmappable("This spreadsheet cannot be read: save it anew as .xlsx, or as CSV.") from error
    except (expat.ExpatError, UnicodeDecodeError) as error:
        raise Unmappable("This spreadsheet is damaged: save it anew as .xlsx, or as CSV.") from error


class _Workbook:
    def __init__(self, archive: zipfile.ZipFile, most_rows: int) -> None:
        self._archive, self._most_rows = archive, most_rows
        self._left = MOST_BYTES
        parts = archive.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > 4 * MOST_BYTES:
            raise Unmappable("This spreadsheet unpacks to far more than a table: save its first sheet as CSV.")
        if "xl/workbook.xml" not in archive.namelist():
            raise Unmappable("This is no spreadsheet: bring a .xlsx or a CSV.")

    def text(self) -> str:
        place, is_1904 = self._first_sheet()
        strings = self._strings() if "xl/sharedStrings.xml" in self._archive.namelist() else []
        dates = self._date_styles() if "xl/styles.xml" in self._archive.namelist() else frozenset[int]()
        sheet = _Sheet(strings, dates, is_1904, self._most_rows)
        self._parse(place, sheet.start, sheet.end, sheet.said)
        return sheet.text()

    def _first_sheet(self) -> tuple[str, bool]:
        """Where it lies, and whether days are counted from 1904 on."""
        ids: list[str] = []
        old: list[bool] = []

        def start(name: str, given: Attributes) -> None:
            if name == "sheet" and given.get("state", "visible") == "visible":
                ids.append(next((value for key, value in given.items() if key.rpartition(":")[2] == "id"), ""))
            if name == "workbookPr":
                old.append(given.get("date1904", "").lower() in ("1", "true"))

        self._parse("xl/workbook.xml", start)
        targets: dict[str, str] = {}

        def relation(name: str, given: Attributes) -> None:
            if name == "Relationship" and given.get("TargetMode") != "External":
                targets[given.get("Id", "")] = given.get("Target", "")

        self._parse("xl/_rels/workbook.xml.rels", relation)
        target = targets.get(ids[0], "") if ids else ""
        if not target:
            raise Unmappable("This spreadsheet has no sheet that is shown.")
        return normpath(target.lstrip("/") if target.startswith("/") else join("xl", target)), any(old)

    def _strings(self) -> list[str]:
        found: list[str] = []
        pieces: list[str] = []
        inside: list[str] = []

        def start(name: str, given: Attributes) -> None:
            inside.append(name)
            if name == "si":
                pieces.clear()

        def end(name: str) -> None:
            inside.pop()
            if name == "si":
                found.append("".join(pieces)[:LONGEST_CELL])

        def said(text: str) -> None:
            # How a name is read aloud (`rPh`) stands beside it.
            if inside and inside[-1] == "t" and "rPh" not in inside:
                pieces.append(text)

        self._parse("xl/sharedStrings.xml", start, end, said)
        return found

    def _date_styles(self) -> frozenset[int]:
        """Numbers of the styles that show a number as a date."""
        own: dict[str, bool] = {}
        styles: list[bool] = []
        inside: list[str] = []

        def start(name: str, given: Attributes) -> None:
            inside.append(name)
            if name == "numFmt":
                code = _QUOTED.sub("", given.get("formatCode", "")).lower()
                own[given.get("numFmtId", "")] = bool(re.search(r"[dmyhs]", code)) and "general" not in code
            elif name == "xf" and "cellXfs" in inside:
                number = given.get("numFmtId", "0")
                styles.append(own.get(number, number.isdecimal() and int(number) in _DATES))

        self._parse("xl/styles.xml", start, lambda name: inside.pop())
        return frozenset(number for number, is_date in enumerate(styles) if is_date)

    def _parse(
        self,
        part: str,
        start: Callable[[str, Attributes], object],
        end: Callable[[str], object] | None = None,
        said: Callable[[str], object] | None = None,
    ) -> None:
        """Read a part piece by piece, no more than is left to read. Names come without their namespace."""
        parser = expat.ParserCreate()
        parser.buffer_text = True

        def refuse(*_what: object) -> None:
            raise Unmappable("This spreadsheet declares entities, which no spreadsheet program does: save it anew.")

        parser.StartDoctypeDeclHandler = refuse
        parser.EntityDeclHandler = refuse
        parser.StartElementHandler = lambda name, given: start(name.rpartition(":")[2], given)
        parser.EndElementHandler = (lambda name: end(name.rpartition(":")[2])) if end is not None else None
        parser.CharacterDataHandler = said
        with self._archive.open(part) as file:
            while piece := file.read(CHUNK):
                self._left -= len(piece)
                if self._left < 0:
                    raise Unmappable("This spreadsheet unpacks to far more than a table: save its first sheet as CSV.")
                parser.Parse(piece, False)
        parser.Parse(b"", True)


class _Sheet:
    """Takes a sheet's cells as they are read."""

    def __init__(self, strings: list[str], dates: frozenset[int], is_1904: bool, most_rows: int) -> None:
        self._strings, self._dates, self._is_1904, self._most_rows = strings, dates, is_1904, most_rows
        self._rows: dict[int, dict[int, str]] = {}
        self._cells = 0
        self._at, self._kind, self._style = "", "n", 0
        self._value: list[str] = []
        self._inside: list[str] = []

    def start(self, name: str, given: Attributes) -> None:
        self._inside.append(name)
        match name:
            case "c":
                self._at, self._kind = given.get("r", ""), given.get("t", "n")
                style = given.get("s", "0")
                self._style = int(style) if style.isdecimal() and len(style) < 7 else 0
                self._value = []
            case "f":
                raise Unmappable(f"Cell {self._at} is a formula: copy the column and paste it as values.")
            case "mergeCell":
                where = given.get("ref", "")[:40]
                raise Unmappable(f"The cells {where} are merged: a table has a cell for each value, so split them.")

    def said(self, text: str) -> None:
        if self._inside and self._inside[-1] in ("v", "t") and "rPh" not in self._inside:
            self._value.append(text)

    def end(self, name: str) -> None:
        self._inside.pop()
        if name == "c" and self._value:
            self._keep("".join(self._value))

    def _keep(self, value: str) -> None:
        found = _CELL.fullmatch(self._at)
        if found is None:
            raise Unmappable("This spreadsheet does not say where its cells are: save it anew as .xlsx, or as CSV.")
        column, row = _number_of(found[1]), int(found[2])
        self._cells += 1
        if row > self._most_rows + 1:
            raise Unmappable(f"The table has more than {self._most_rows} rows: part it.")
        if column > MOST_COLUMNS or self._cells > MOST_CELLS:
            raise Unmappable(f"The table is too wide at cell {self._at}: bring {MOST_COLUMNS} columns at most.")
        self._rows.setdefault(row, {})[column] = _SPACE.sub(" ", self._read(value)).strip()[:LONGEST_CELL]

    def _read(self, value: str) -> str:
        match self._kind:
            case "s":
                if not value.isdecimal() or len(value) > 9 or int(value) >= len(self._strings):
                    raise Unmappable(f"Cell {self._at} names a text that is not there: save the file anew.")
                return self._strings[int(value)]
            case "e":
                raise Unmappable(f"Cell {self._at} holds the error {value[:20]}: mend it, or leave the cell empty.")
            case "b":
                return "yes" if value.strip() == "1" else "no"
            case "n":
                return self._number(value)
            case _:
                return value

    def _number(self, value: str) -> str:
        try:
            number = Decimal(value.strip())
        except InvalidOperation:
            raise Unmappable(f"Cell {self._at} holds no number, though it says so: save the file anew.") from None
        if not number.is_finite() or abs(number) >= Decimal(10) ** 18:
            raise Unmappable(f"Cell {self._at} holds a number too large to be one: write it as text.")
        if self._style in self._dates:
            return self._date(number)
        # What Excel keeps in binary: 12.1 stands there as 12.1 or 12.100000000000001.
        return format(round(number, 10).normalize() if number % 1 else number.quantize(Decimal(1)), "f")

    def _date(self, number: Decimal) -> str:
        """Of a number of days. In the system of 1900 there is a 29 February that never was."""
        days = number + (Decimal(0) if self._is_1904 or number >= 60 else Decimal(1))
        if not 0 <= days < 2_958_466:
            raise Unmappable(f"Cell {self._at} holds a date that is none: {number}.")
        first = datetime(1904, 1, 1) if self._is_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - a wall clock's
        moment = first + timedelta(seconds=round(days * 86_400))
        if not number % 1:
            return moment.strftime("%Y-%m-%d")
        return moment.strftime("%H:%M:%S" if number < 1 else "%Y-%m-%dT%H:%M:%S")

    def text(self) -> str:
        rows = {row: cells for row, cells in self._rows.items() if any(cells.values())}
        if not rows:
            raise Unmappable("The first sheet is empty: the table must stand in it.")
        head = min(rows)
        width = max(max(cells) for cells in rows.values())
        if not all(rows[head].get(column) for column in range(1, max(rows[head]) + 1)):
            raise Unmappable(f"Row {head} names the columns and has a gap: give every column a heading.")
        written = io.StringIO()
        writer = csv.writer(written, lineterminator="\n")
        for row in sorted(rows):
            writer.writerow([rows[row].get(column, "") for column in range(1, width + 1)])
        return written.getvalue()


def _number_of(letters: str) -> int:
    found = 0
    for letter in letters:
        found = found * 26 + ord(letter) - 64
    return found
