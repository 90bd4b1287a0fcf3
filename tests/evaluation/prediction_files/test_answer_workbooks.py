import zipfile
from pathlib import Path
from typing import Any

import pytest

from nerforge.evaluation.prediction_files import PredictionOptions, read_outputs
from nerforge.evaluation.prediction_files.containers import workbooks
from nerforge.evaluation.span_files import recognise_spans
from nerforge.foundation.errors import UserError

PAIRS = [["菏泽市投诉个数", "<City>菏泽</City>"], ["投诉", "无"], ["巨野县意见", "一\n二"]]
GOLD = [(f"g{place}", text) for place, (text, _) in enumerate(PAIRS)]
EXPECTED = {f"g{place}": answer for place, (_, answer) in enumerate(PAIRS)}


def save(path: Path, *sheets: list[list[Any]]) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets, start=1):
        sheet = book.create_sheet(f"表{number}")
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def read(path: Path, **options: Any) -> Any:
    return read_outputs(path, GOLD, PredictionOptions(**options))


TABLES: dict[str, list[list[Any]]] = {
    "no-head": PAIRS,
    "head": [["query", "answer"], *PAIRS],
    "chinese-head": [["问题", "模型输出"], *PAIRS],
    "model-as-head": [["query", "qwen3-4b"], *PAIRS],
    "more-columns": [
        ["id", "text", "label", "predict"],
        *([i, q, "gold", a] for i, (q, a) in enumerate(PAIRS)),
    ],
    "blank-rows": [[], ["query", "answer"], [], *PAIRS, [None, " "]],
}


@pytest.mark.whole
@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("suffix", [".xlsx", ".bin"])
def test_a_workbook_is_read_as_a_table(name: str, suffix: str, tmp_path: Path) -> None:
    path = save(tmp_path / f"p{suffix}", TABLES[name])
    found = read(path)
    assert (found.outputs, found.layout, found.notes) == (EXPECTED, "pairs", [])
    assert recognise_spans(path).layout is None


def test_columns_of_a_workbook_are_named_by_number(tmp_path: Path) -> None:
    path = save(tmp_path / "p.xlsx", [["x", q, a] for q, a in PAIRS])
    with pytest.raises(
        UserError, match=r"p\.xlsx: row 1: no known layout .* --query-field 1 --answer-field 3$"
    ):
        read(path)
    assert read(path, query_field="2", answer_field="3").outputs == EXPECTED


def test_the_first_worksheet_with_cells_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    assert read(save(tmp_path / "one.xlsx", [], PAIRS)).notes == []
    found = read(save(tmp_path / "p.xlsx", PAIRS, [["note"]], [["a", "b"]]))
    assert (found.outputs, found.notes) == (EXPECTED, ["the worksheet '表1' is read, and not '表2', '表3'"])


def test_formulas_are_not_evaluated_and_errors_are_blank(tmp_path: Path) -> None:
    found = read(
        save(tmp_path / "p.xlsx", [["query", "answer"], PAIRS[0], ["投诉", "=1+1"], ["巨野县意见", "#N/A"]])
    )
    assert (set(found.outputs), found.counts["failed"]) == ({"g0"}, 2)
    assert found.notes[0] == "a cell holds an error instead of a value, and counts as blank (in row 4)"


def test_numbers_in_cells_are_texts(tmp_path: Path) -> None:
    assert read(save(tmp_path / "p.xlsx", [["query", "answer"], ["投诉", 3.0]])).outputs == {"g1": "3"}


def test_a_row_beyond_the_first_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "p.xlsx", [["query", "answer"], ["投诉", "无", "x"]])
    with pytest.raises(UserError, match=r"p\.xlsx:2: has 3 cells, the first row has 2; leave no cell beyond"):
        read(path)


def test_workbooks_that_are_dangerous_damaged_or_empty_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match="no worksheet holds a cell"):
        read(save(tmp_path / "empty.xlsx", []))
    with zipfile.ZipFile(tmp_path / "bad.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(UserError, match="is no whole XLSX file"):
        read(tmp_path / "bad.xlsx")
    with zipfile.ZipFile(tmp_path / "entities.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", '<!DOCTYPE a [<!ENTITY b "c">]><workbook>&b;</workbook>')
    with pytest.raises(UserError, match="holds an XML document type"):
        read(tmp_path / "entities.xlsx")
    monkeypatch.setattr(workbooks, "MAX_BYTES", 1000)
    with pytest.raises(UserError, match="expected at most 1,000; copy the table alone"):
        read(save(tmp_path / "large.xlsx", PAIRS))


def test_another_archive_is_refused_as_such(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        archive.writestr("answers.jsonl", "{}")
    with pytest.raises(UserError, match="a zip archive"):
        read(tmp_path / "p.zip")
