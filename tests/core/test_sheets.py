"""Tables as files: what is written is read, and nothing that is written runs."""

import csv
from datetime import date as Date, datetime
import io
import re
import zipfile

from hypothesis import given, strategies as st
from openpyxl import Workbook, load_workbook
import pytest

from custom_components.syncid.core.errors import SheetUnreadable
from custom_components.syncid.core.sheets import (
    Sheet,
    encoding_of,
    harmless,
    read_rows,
    write_csv,
    write_xlsx,
)

EVIL = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "|calc",
    "%0A=1",
    "＝1+1",
    " =1+1",
    '=HYPERLINK("http://example.com")',
    "=cmd|' /C calc'!A0",
]


@pytest.mark.parametrize("text", EVIL)
def test_no_formula(text: str) -> None:
    """What a spreadsheet would run is text."""
    (_, row) = csv.reader(
        io.StringIO(
            write_csv(Sheet("s", ["h"], [[text]])).decode("utf-8-sig"), newline=""
        )
    )
    assert row[0].startswith("'")
    assert row[0].replace("'", "") == text.replace("'", "")
    book = load_workbook(io.BytesIO(write_xlsx([Sheet("s", ["h"], [[text]])])))
    cell = book.worksheets[0].cell(2, 1)
    assert cell.data_type == "s"


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize(
    "note",
    [
        "ill{}=cmd|'/C calc'!A0",
        "ill{} =1+1",
        'ill{}"=1+1"',
        "ill{}{}@SUM(1)",
        "ill\n=1+1",
        "ill\r\n-1+1",
    ],
)
def test_no_formula_behind_another_sign(delimiter: str, note: str) -> None:
    """Half of Europe's spreadsheets divide by another sign, and it is text for them too."""
    note = note.format(delimiter, delimiter)
    data = write_csv(Sheet("Days", ["date", "why"], [["2026-11-03", note]]))
    text = data.decode("utf-8-sig")
    rows = [*csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]
    # And by a reader that heeds no quotes at all.
    rows += [line.split(delimiter) for line in text.splitlines()]
    cells = [cell.strip().strip('"').strip() for row in rows for cell in row]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@")]
    assert read_rows(data)[1] == ["2026-11-03", note]


@pytest.mark.parametrize("text", ["a; b", "8-12; 13-17", "tea;cake", "x\ny"])
def test_signs_that_divide_as_they_are(text: str) -> None:
    """What begins no formula is not touched."""
    assert harmless(text) == text


@pytest.mark.parametrize("value", [-5, -1.5, 0, None, "Amina", "a=b", "½", "·"])
def test_harmless_as_it_is(value: str | float | None) -> None:
    """Numbers of ours may be negative, and names are names."""
    assert harmless(value) == value


def test_heads_too() -> None:
    """A heading may come from a translation, or from somebody's group."""
    data = write_csv(Sheet("s", ["=1"], []))
    assert data.decode("utf-8-sig") == "'=1\r\n"


texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"),
    max_size=20,
).map(str.strip)


@given(st.lists(st.lists(texts, min_size=3, max_size=3), max_size=5))
def test_csv_and_back(rows: list[list[str]]) -> None:
    """What is written is read again, for whoever edits an export and imports it."""
    rows = [row for row in rows if any(row)]
    expected = [["a", "b", "c"], *([_plain(cell) for cell in row] for row in rows)]
    assert read_rows(write_csv(Sheet("s", ["a", "b", "c"], rows))) == expected


def _plain(text: str) -> str:
    # One apostrophe before a sign is taken for the guard.
    text = text[1:] if text[:1] == "'" and harmless(text[1:]) != text[1:] else text
    return re.sub(r";'(?=[|%]|(?:\s|\")*[=+\-@＝＋－＠])", ";", text)


@given(st.lists(st.lists(texts, min_size=3, max_size=3), max_size=3))
def test_xlsx_and_back(rows: list[list[str]]) -> None:
    """So does a workbook."""
    rows = [row for row in rows if any(row)]
    data = write_xlsx([Sheet("s", ["a", "b", "c"], rows)])
    assert read_rows(data) == [["a", "b", "c"], *rows]


def test_csv_is_for_excel() -> None:
    """A byte order mark, or names with accents are broken; dates as they sort."""
    sheet = Sheet(
        "s",
        ["day", "at"],
        [[Date(2026, 3, 1), datetime(2026, 3, 1, 8, 17)], ["é", None]],
    )
    data = write_csv(sheet)
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.decode("utf-8-sig") == (
        "day,at\r\n2026-03-01,2026-03-01 08:17:00\r\né,\r\n"
    )


def test_control_characters() -> None:
    """What no XML can hold is left out, not an error at the end of a month."""
    data = write_xlsx([Sheet("s", ["a"], [["x\x00\x0by"]])])
    assert read_rows(data) == [["a"], ["xy"]]
    assert read_rows(write_csv(Sheet("s", ["a"], [["x\x00y"]]))) == [["a"], ["xy"]]


def test_names_of_sheets() -> None:
    """Excel refuses some names, long ones, and two of a kind."""
    names = ["2026/03", "2026:03", "x" * 40, "", "2026/03"]
    data = write_xlsx([Sheet(name, ["a"], []) for name in names])
    found = load_workbook(io.BytesIO(data)).sheetnames
    assert len(set(found)) == len(names)
    assert all(0 < len(name) <= 31 for name in found)


def workbook(*rows: list[object]) -> bytes:
    """Return a workbook that somebody else made."""
    book = Workbook()
    page = book.active
    assert page is not None
    for row in rows:
        page.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_cells_of_excel() -> None:
    """Excel's numbers are ids, its midnights are dates."""
    data = workbook(
        ["id", "day", "at", "half", "yes", "x"],
        [1001.0, Date(2026, 3, 1), datetime(2026, 3, 1, 8), 0.5, True, " x "],
        [],
        ["last"],
        [None],
    )
    assert read_rows(data) == [
        ["id", "day", "at", "half", "yes", "x"],
        ["1001", "2026-03-01", "2026-03-01T08:00:00", "0.5", "true", "x"],
        [],
        ["last"],
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("cp1252", "windows-1252"),
    ],
)
def test_dialects(delimiter: str, encoding: str, told: str) -> None:
    """Whatever a spreadsheet calls CSV; and what it was taken for."""
    text = f'name{delimiter}id\r\n"Núñez{delimiter} José"{delimiter}7\r\n\r\n'
    data = text.encode(encoding)
    assert read_rows(data) == [
        ["name", "id"],
        [f"Núñez{delimiter} José", "7"],
    ]
    assert encoding_of(data) == told


def test_delimiter_of_a_quoted_head() -> None:
    """What is within quotes is no delimiter, however often it is there."""
    assert read_rows(b'"name, first, last";id\r\nBob;7') == [
        ["name, first, last", "id"],
        ["Bob", "7"],
    ]


def test_workbooks_have_no_encoding() -> None:
    """That is a matter of text files."""
    assert encoding_of(write_xlsx([Sheet("s", ["a"], [])])) is None


def bomb() -> bytes:
    """Return a small file that would be a large one."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * 100_000_001)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "reason", "value"),
    [
        (b"name\nJos\x81", "encoding", 2),
        (b"\xff\xfen\0a", "encoding", 1),
        (b"na\0me\n", "format", ""),
        (b'name\n"never closed', "quotes", 2),
        (b"PK\x03\x04 no archive", "format", ""),
        (bomb(), "size", 100_000_000),
        (b"a\n" * 100_001, "rows", 100_000),
        (("a," * 300 + "b").encode(), "columns", 200),
    ],
    ids=[
        "encoding",
        "half a letter",
        "binary",
        "quotes",
        "archive",
        "bomb",
        "rows",
        "columns",
    ],
)
def test_unreadable(data: bytes, reason: str, value: object) -> None:
    """A file that is no table is refused by name, with the line where there is one."""
    with pytest.raises(SheetUnreadable) as refused:
        read_rows(data)
    assert (refused.value.reason, refused.value.value) == (reason, value)


@given(st.binary(max_size=200), st.sampled_from([None, "csv", "xlsx"]))
def test_any_bytes(data: bytes, format_: str | None) -> None:
    """Anything is a table, or is refused."""
    try:
        rows = read_rows(data, format_)  # type: ignore[arg-type]
    except SheetUnreadable:
        return
    assert all(isinstance(cell, str) for row in rows for cell in row)


# Made once: a workbook holds the time when it was made, and its length varies with it.
WORKBOOK = workbook(["name", "id"], ["Amina", 7])


def test_broken_in_what_is_packed() -> None:
    """A page whose packed bytes were changed is refused, or read."""
    with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as packed:
        page = packed.getinfo("xl/worksheets/sheet1.xml")
    start = page.header_offset + 30 + len(page.filename)
    refused = 0
    for at in range(start, start + page.compress_size):
        broken = bytearray(WORKBOOK)
        broken[at] ^= 0xFF
        try:
            read_rows(bytes(broken), "xlsx")
        except SheetUnreadable:
            refused += 1
    assert refused


@given(st.data())
def test_broken_workbook(data: st.DataObject) -> None:
    """A workbook that was cut or changed on its way is refused, or read."""
    whole = bytearray(WORKBOOK)
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(
            st.integers(1, 255)
        )
    cut = data.draw(st.integers(0, len(whole)))
    try:
        rows = read_rows(bytes(whole[:cut]), "xlsx")
    except SheetUnreadable:
        return
    assert all(isinstance(cell, str) for row in rows for cell in row)
