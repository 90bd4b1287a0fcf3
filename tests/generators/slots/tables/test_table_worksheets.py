"""Slot tables in XLSX files: what of a workbook is read, its own faults, and files made to do harm."""

import time
import zipfile
from datetime import date

import pytest
from openpyxl import Workbook, load_workbook

from nerforge.foundation.errors import UserError
from nerforge.generators.slots.tables import table_worksheets
from nerforge.generators.slots.tables.table_files import read_sheets
from nerforge.generators.slots.tables.tables import Column, Row, read_table

COLUMNS = (Column("city", strip="市$"), Column("company", ("供电公司",)), Column("substation"))
HEAD = ["city", "company", "substation"]
QILIN = ["菏泽", "巨野县供电公司", "麒麟供电所"]
LONGGU = ["菏泽", "巨野县供电公司", "龙堌供电所"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "t.xlsx"


def write(path, *rows, merge=(), **sheets):
    book = Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for cells in merge:
        sheet.merge_cells(cells)
    for name, others in sheets.items():
        sheet = book.create_sheet(name)
        for row in others:
            sheet.append(row)
    book.save(path)


def faults(path, **options):
    with pytest.raises(UserError) as caught:
        read_table(path, COLUMNS, **options)
    return str(caught.value).replace(f"{path}", path.name).splitlines()


def repacked(path, **parts):
    """Replace parts of a workbook, named by their last word without suffix, by way of a function."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            change = parts.get(name.rpartition("/")[2].partition(".")[0], bytes)
            archive.writestr(name, change(content))


def test_a_worksheet_is_read_as_a_csv_file_is(path):
    write(
        path,
        HEAD,
        ["菏泽市 ", "　巨野县供电公司", "麒麟供电所"],
        [],
        [None, "", " "],
        [*LONGGU, None, "remark"],
    )
    assert read_table(path, COLUMNS) == [
        Row(2, tuple(QILIN), ((), (), ())),
        Row(5, tuple(LONGGU), ((), (), ())),
    ]


def test_aliases_and_other_heads_are_known_in_a_worksheet(path):
    write(
        path,
        ["id", "City", "供电公司", "substation", "供电公司别名"],
        [7, *QILIN, "巨野公司"],
        [None, *LONGGU],
    )
    assert [row.aliases[1] for row in read_table(path, COLUMNS)] == [("巨野公司",)] * 2


def test_numbers_are_read_as_they_are_shown(path):
    write(path, HEAD, ["菏泽", 95598, 12.0], ["菏泽", 95598, 1.5])
    assert [row.values[1:] for row in read_table(path, COLUMNS)] == [("95598", "12"), ("95598", "1.5")]


def test_the_faults_of_rows_are_told_for_a_worksheet_too(path):
    write(path, HEAD, QILIN, ["", *LONGGU[1:]], QILIN, ["菏泽", "巨野县供电公司", "麒麟 供电\u200b所"])
    assert [fault.partition(";")[0] for fault in faults(path)] == [
        "t.xlsx:3: city is empty above company '巨野县供电公司'",
        "t.xlsx:4: is the same as row 2",
        "t.xlsx:5: substation '麒麟 供电所' holds U+200B (ZERO WIDTH SPACE)",
        "t.xlsx:5: substation '麒麟 供电所' looks like '麒麟供电所' in row 2",
    ]


def test_merged_cells_are_named_and_do_not_count_for_empty(path):
    write(path, HEAD, QILIN, [None, None, "龙堌供电所"], [None, "", ""], merge=["A2:A4", "B2:B3"])
    advice = "expected a value in every cell; unmerge them and fill each row"
    assert faults(path) == [
        f"t.xlsx:2: holds the merged cells A2:A4; {advice}",
        f"t.xlsx:2: holds the merged cells B2:B3; {advice}",
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(
            "=A1", "a formula; expected a text; copy the column and paste it as values", id="formula"
        ),
        pytest.param("#N/A", "the error #N/A; expected a text; mend what it was computed from", id="error"),
        pytest.param(
            date(2024, 3, 5),
            "the datetime 2024-03-05 00:00:00; expected a text; format the cell as text",
            id="date",
        ),
        pytest.param(True, "the bool True; expected a text; format the cell as text", id="truth value"),
    ],
)
def test_a_cell_without_a_text_is_a_fault(path, value, expected):
    write(path, HEAD, QILIN, ["菏泽", "巨野县供电公司", value])
    assert faults(path) == [f"t.xlsx:3: substation holds {expected}"]


def test_columns_that_are_no_level_may_hold_anything(path):
    write(
        path,
        [*HEAD, "n", "day"],
        [*QILIN, "=1+1", date(2024, 3, 5)],
        [*LONGGU, "#N/A", "\u200b"],
        merge=["D2:E2"],
    )
    assert len(read_table(path, COLUMNS)) == 2


def test_the_only_worksheet_with_all_columns_is_taken(path):
    write(path, ["notes"], ["of last year"], Table=[HEAD, QILIN], More=[["city"], ["菏泽"]])
    assert [row.values for row in read_table(path, COLUMNS)] == [tuple(QILIN)]


@pytest.mark.parametrize(
    ("first", "second", "n_complete"),
    [
        pytest.param([HEAD, QILIN], [HEAD, LONGGU], 2, id="two tables"),
        pytest.param([["city"], ["菏泽"]], [["company"], ["巨野县供电公司"]], 0, id="no table"),
    ],
)
def test_several_worksheets_are_a_fault_if_none_stands_out(path, first, second, n_complete):
    write(path, *first, Empty=[], More=second)
    assert faults(path)[0] == (
        f"t.xlsx: has cells in 2 worksheets (Sheet, More), {n_complete} of them with all columns; "
        "expected the table in one; delete the others or put them into files"
    )


def test_a_workbook_without_cells_is_empty(path):
    write(path)
    assert faults(path) == [
        "t.xlsx: is empty; expected a head with the columns city, company, substation; put the table in"
    ]


NOT_WHOLE = "is no whole XLSX file"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"city,company\n", id="text"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, id="old or locked"),
        pytest.param(b"PK\x03\x04", id="cut off"),
    ],
)
def test_a_file_that_is_no_workbook_is_the_users_error(path, content):
    path.write_bytes(content)
    (fault,) = faults(path)
    assert fault.startswith(f"t.xlsx: {NOT_WHOLE} (BadZipFile: ") and fault.endswith("save it anew as .xlsx")


def test_a_missing_workbook_is_the_users_error(path):
    with pytest.raises(UserError, match=r"t\.xlsx: cannot be read: No such file"):
        read_table(path, COLUMNS)


@pytest.mark.parametrize("part", ["workbook", "sheet1", "styles", "[Content_Types]"])
def test_a_workbook_with_a_damaged_part_is_the_users_error(path, part):
    write(path, HEAD, QILIN)
    repacked(path, **{part: lambda content: content[: len(content) // 2]})
    with pytest.raises(UserError, match=NOT_WHOLE):
        read_table(path, COLUMNS)


def test_any_zip_file_is_not_taken_for_a_workbook(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(UserError, match=NOT_WHOLE):
        read_table(path, COLUMNS)


def test_a_file_that_unpacks_to_too_much_is_not_unpacked(path, monkeypatch):
    write(path, HEAD, QILIN)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image.png", bytes(2_000_000))
    monkeypatch.setattr("nerforge.generators.slots.tables.table_files.MAX_BYTES", 1_000_000)
    with pytest.raises(
        UserError, match=r"t\.xlsx: unpacks to 2,\d{3},\d{3} bytes; expected at most 1,000,000; "
    ):
        read_sheets(path)


def test_other_packing_than_deflate_is_refused(path):
    write(path, HEAD, QILIN)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("xl/media/image.png", bytes(1000))
    with pytest.raises(
        UserError, match=r"is packed otherwise than Excel does; expected deflate; save it anew"
    ):
        read_sheets(path)


@pytest.mark.parametrize("part", ["sheet1", "workbook", "styles"])
def test_entities_are_refused_before_they_grow(path, part):
    write(path, HEAD, QILIN)
    entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "x" * 10}">' for i in range(12))
    bomb = f"<!-- {' ' * 5000} --><!DOCTYPE x [{entities}]><x>&e11;</x>".encode()
    repacked(path, **{part: lambda _: bomb})
    start = time.perf_counter()
    with pytest.raises(UserError, match=r"t\.xlsx: holds an XML document type; expected none"):
        read_sheets(path)
    assert time.perf_counter() - start < 5


def test_a_stated_size_that_is_wrong_does_not_matter(path):
    write(path, HEAD, QILIN)
    repacked(path, sheet1=lambda content: content.replace(b'ref="A1:C2"', b'ref="A1:XFD1048576"'))
    assert len(read_table(path, COLUMNS)) == 1
    repacked(path, sheet1=lambda content: content.replace(b'ref="A1:XFD1048576"', b'ref="A1"'))
    assert len(read_table(path, COLUMNS)) == 1


@pytest.mark.whole
def test_a_row_far_away_does_not_make_a_giant_table(path):
    write(path, HEAD, QILIN)
    far = b'<row r="99999999999"><c r="A99999999999"><v>1</v></c></row></sheetData>'
    repacked(path, sheet1=lambda content: content.replace(b"</sheetData>", far))
    with pytest.raises(
        UserError, match=r"t\.xlsx:1048577: worksheet Sheet reaches over more than 1,048,576 rows"
    ):
        read_sheets(path)


@pytest.mark.whole
def test_columns_far_away_do_not_make_a_giant_table(path, monkeypatch):
    write(path, HEAD, *[["", "", "", *[""] * 900, "x"]] * 20)
    monkeypatch.setattr(table_worksheets, "MAX_CELLS", 10_000)
    with pytest.raises(
        UserError, match=r"t\.xlsx:13: worksheet Sheet reaches .* or 10,000 cells; expected a table"
    ):
        read_sheets(path)


def test_merged_cells_that_overlap_without_end_are_refused(path, monkeypatch):
    write(path, HEAD, QILIN, LONGGU)
    merged = b"</sheetData><mergeCells>" + b'<mergeCell ref="A1:C99"/>' * 20 + b"</mergeCells>"
    repacked(path, sheet1=lambda content: content.replace(b"</sheetData>", merged))
    monkeypatch.setattr(table_worksheets, "MAX_CELLS", 100)
    with pytest.raises(UserError, match=r"t\.xlsx:1: merged cells overlap \(A1:C99\); expected none"):
        read_sheets(path)


def test_what_openpyxl_warns_of_is_not_passed_on(path, recwarn):
    write(path, HEAD, QILIN)
    extension = b'</sheetData><extLst><ext uri="{CCE6A557-97BC-4B89-ADB6-D9C93CAAB3DF}"/></extLst>'
    repacked(path, sheet1=lambda content: content.replace(b"</sheetData>", extension))
    with pytest.warns(UserWarning, match="extension is not supported"):
        list(load_workbook(path, read_only=True).active.iter_rows())
    recwarn.clear()
    assert len(read_table(path, COLUMNS)) == 1
    assert not recwarn
