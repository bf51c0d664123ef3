"""Tables as files: CSV that no spreadsheet runs, and XLSX. Bytes in, bytes out.

openpyxl is the one library that reads and writes XLSX without compiled parts, so that
it installs wherever Home Assistant runs.
"""

from collections.abc import Iterable, Iterator, Sequence
import csv
from dataclasses import dataclass
from datetime import date as Date, datetime, time as Time
import io
import re
from typing import Literal
import zipfile

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from .errors import SheetUnreadable

type Cell = str | int | float | Date | datetime | Time | None
type Format = Literal["csv", "xlsx"]
type Encoding = Literal["utf-8", "utf-16", "windows-1252"]

# What a spreadsheet takes for the beginning of a formula, also in full width.
_FORMULA = "=+-@\t\r\n|%＝＋－＠"
# Where a cell begins for a spreadsheet that divides by another sign than the comma: then
# it heeds no quotes either.
_INSIDE = r"(?=[|%]|(?:[^\S\t\r\n]|\")*[=+\-@＝＋－＠])"
_TO_GUARD = re.compile(rf"(?<=[;\t\r\n]){_INSIDE}")
_GUARDED = re.compile(rf"(?<=[;\t\r\n])'{_INSIDE}")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
_DELIMITERS = (",", ";", "\t")
_QUOTED = re.compile(r'"[^"]*"')
# A workbook is a ZIP file: a small one may hold more than fits into memory.
_MOST_BYTES = 100_000_000
_MOST_ROWS = 100_000
_MOST_COLUMNS = 200
_MOST_TEXT = 32_767


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table with a head."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def harmless(cell: Cell) -> Cell:
    """Return a cell that no spreadsheet runs when it opens a CSV file.

    Text that begins as a formula does gets an apostrophe before it; so does what follows
    on a semicolon, a tab or a new line, which may begin a cell too. Numbers are ours, and
    stay.
    """
    if not isinstance(cell, str):
        return cell
    text = _TO_GUARD.sub("'", _CONTROLS.sub("", cell))
    if text and (text[0] in _FORMULA or text.lstrip()[:1] in tuple(_FORMULA[:4])):
        return f"'{text}"
    return text


def write_csv(sheet: Sheet, *below: Sheet) -> bytes:
    """Return a table as CSV; with a byte order mark, or Excel takes it for Latin-1.

    Other tables stand below it, after an empty line each.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    rows = [sheet.head, *sheet.rows]
    for one in below:
        rows += [(), one.head, *one.rows]
    for row in rows:
        writer.writerow([_plain(harmless(cell)) for cell in row])
    return (_BOM + file.getvalue()).encode()


def _plain(cell: Cell) -> Cell:
    return cell.isoformat(" ") if isinstance(cell, datetime) else cell


def write_xlsx(sheets: Iterable[Sheet]) -> bytes:
    """Return tables as one workbook. Text is text, whatever it begins with."""
    book = Workbook(write_only=True)
    bold = Font(bold=True)
    for sheet in sheets:
        page = book.create_sheet(_title(sheet.title, book.sheetnames))
        page.freeze_panes = "A2"
        head = []
        for name in sheet.head:
            cell = _text(page, name)
            cell.font = bold
            head.append(cell)
        page.append(head)
        for row in sheet.rows:
            page.append(
                [
                    # Only what might be taken for something else costs a cell.
                    _text(page, cell)
                    if isinstance(cell, str) and not cell.isalnum()
                    else cell
                    for cell in row
                ]
            )
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _text(page: object, text: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(page, _CONTROLS.sub("", text)[:_MOST_TEXT])
    # openpyxl would make a formula or an error of it.
    cell.data_type = "s"
    return cell


def _title(title: str, taken: Sequence[str]) -> str:
    plain = re.sub(r"[\[\]:*?/\\]", " ", title).strip("' ")[:28] or "Sheet"
    return plain if plain not in taken else f"{plain} {len(taken) + 1}"


# --- reading ------------------------------------------------------------------------------


def read_rows(data: bytes, format_: Format | None = None) -> list[list[str]]:
    """Return the rows of a CSV file or of a workbook's first sheet, as text.

    Empty rows stay, as empty lists, so that a row has the number that people see.
    """
    rows = _read_xlsx(data) if _is_xlsx(data, format_) else _read_csv(data)
    done: list[list[str]] = []
    for number, row in enumerate(rows, 1):
        if number > _MOST_ROWS:
            raise SheetUnreadable("rows", _MOST_ROWS)
        if len(row) > _MOST_COLUMNS and any(row[_MOST_COLUMNS:]):
            raise SheetUnreadable("columns", _MOST_COLUMNS)
        done.append(row if any(row) else [])
    while done and not done[-1]:
        done.pop()
    return done


def encoding_of(data: bytes, format_: Format | None = None) -> Encoding | None:
    """Return how a CSV file is written, as it is read; None of a workbook."""
    if _is_xlsx(data, format_):
        return None
    return _decoded(data)[1]


def _is_xlsx(data: bytes, format_: Format | None) -> bool:
    return format_ == "xlsx" or (format_ is None and data[:4] == b"PK\x03\x04")


def _decoded(data: bytes) -> tuple[str, Encoding]:
    """Return a text, and how it was written.

    What is no UTF-8 is what Excel writes for "CSV" without more: nothing in it says so,
    but such text is UTF-8 by no accident.
    """
    encodings: tuple[tuple[str, Encoding], ...] = (
        ("utf-8-sig", "utf-8"),
        ("cp1252", "windows-1252"),
    )
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = (("utf-16", "utf-16"),)
    wrong_at = 0
    for codec, name in encodings:
        try:
            return data.decode(codec), name
        except UnicodeDecodeError as error:
            wrong_at = error.start
    raise SheetUnreadable("encoding", data[:wrong_at].count(b"\n") + 1)


def _read_csv(data: bytes) -> Iterator[list[str]]:
    text, _ = _decoded(data)
    if "\0" in text:
        raise SheetUnreadable("format")
    # What is in quotes divides nothing: "Name, first";"ID".
    head = _QUOTED.sub("", text.partition("\n")[0])
    delimiter = max(_DELIMITERS, key=head.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in lines:
            yield [_unguarded(cell.strip()) for cell in row]
    except csv.Error:
        raise SheetUnreadable("quotes", lines.line_num) from None


def _unguarded(text: str) -> str:
    """Return text as it was before `harmless`, so that an export can be read again."""
    if text[:1] == "'" and text[1:2] in tuple(_FORMULA):
        text = text[1:]
    return _GUARDED.sub("", text)


def _read_xlsx(data: bytes) -> Iterator[list[str]]:
    try:
        _check_size(data)
        book = load_workbook(
            io.BytesIO(data), read_only=True, data_only=True, keep_links=False
        )
        try:
            page = book.worksheets[0]
            # Many programs write wrong dimensions, which would cut rows off.
            page.reset_dimensions()
            for row in page.iter_rows(max_row=_MOST_ROWS + 1, values_only=True):
                yield [_as_text(cell) for cell in row]
        finally:
            book.close()
    except SheetUnreadable:
        raise
    # What was changed on its way breaks wherever it likes: in the archive, in what is
    # packed in it, in the XML, in a cell; the library promises no error of its own.
    except Exception as error:
        raise SheetUnreadable("format") from error


def _check_size(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        if sum(one.file_size for one in packed.infolist()) > _MOST_BYTES:
            raise SheetUnreadable("size", _MOST_BYTES)


def _as_text(cell: object) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return str(cell).lower()
        case float() if cell.is_integer():
            # Excel has one kind of number: an id that was typed is 1001.0.
            return str(int(cell))
        case datetime() if cell.time() == Time():
            return cell.date().isoformat()
        case datetime() | Date():
            return cell.isoformat()
    return str(cell).strip()
