"""What is told of a file that no layout recognises, and whether the command that is told works."""

import json
import pickle
import re
import shlex
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nerforge.cli import main
from nerforge.foundation.errors import UsageError
from nerforge.generators.corpora.layouts import recognise

TEXT = "王芳在济南上班。"


def refusal(path: Path) -> str:
    with pytest.raises(UsageError) as caught:
        recognise(path)
    said = str(caught.value)
    assert len(said.splitlines()) <= 6
    assert all(line.isprintable() for line in said.splitlines())
    return said


def write(path: Path, rows: list[Any], *, as_array: bool = False) -> Path:
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text(f"[{','.join(lines)}]" if as_array else "\n".join(lines), encoding="utf-8")
    return path


UNKNOWN: dict[str, list[Any]] = {
    "objects": [
        {"zin": TEXT, "stukken": [{"soort": "人", "van": 0, "tot": 2}, {"soort": "地", "van": 3, "tot": 5}]}
    ],
    "triples": [{"meta": {"doc": {"zin": TEXT}}, "stukken": [["人", 0, 2], ["地", 3, 5]]}],
    "values beside": [{"zin": TEXT, "stukken": [{"k": "人", "a": 0, "z": 2, "woord": "王芳"}]}],
    "inclusive": [{"zin": TEXT, "stukken": [{"k": "地", "a": 3, "z": 4, "woord": "济南"}]}],
    "within objects": [{"zin": TEXT, "stukken": [{"k": "人", "plek": {"a": 0, "z": 2}}]}],
    "rows under a key": [{"boek": {"delen": [{"zin": TEXT, "stukken": [{"k": "人", "a": 0, "z": 2}]}]}}],
    "no places": [{"zin": TEXT, "stukken": [{"k": "人", "woord": "王芳"}]}],
    "tokens": [{"w": ["Ann", "came"], "stukken": [{"k": "人", "a": 0, "z": 1}]}],
    "a row of megabytes": [{"zin": TEXT * 200_000, "stukken": [{"k": "人", "a": 0, "z": 2}]}],
}


@pytest.mark.parametrize("rows", UNKNOWN.values(), ids=UNKNOWN)
def test_the_command_that_is_told_reads_the_file(
    rows: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = refusal(write(tmp_path / "it's mine.jsonl", rows))
    assert "keys: " in said
    found = re.search(r"^try: (.*)$", said, re.MULTILINE)
    assert found is not None, said
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, [*shlex.split(found[1])[1:], "--dev", "0", "--test", "0"])
    assert done.exit_code == 0, done.output
    gold = json.loads(
        (tmp_path / "data_corpus" / "gold" / "train.jsonl").read_text(encoding="utf-8").split("\n")[0]
    )
    assert gold["entities"][0]["text"] in ("王芳", "济南", "Ann")


def test_the_nearest_layout_is_named_with_the_keys_that_differ(tmp_path: Path) -> None:
    row = {"text": TEXT, "entities": [{"start_idx": 0, "end_idx": 2, "sort": "人", "word_of_it": "王芳"}]}
    said = refusal(write(tmp_path / "a.json", [row]))
    assert "nearest layout: cblue, which has entities[].entity, entities[].type;" in said
    assert "the file has entities[].sort, entities[].word_of_it instead" in said


def test_columns_between_unknown_signs_get_a_command(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("1|王|B-PER\n1|芳|I-PER\n", encoding="utf-8")
    assert "--layout conll --token-column 1 --tag-column 3" in refusal(path) or "--token-column 2" in refusal(
        path
    )


def test_a_folder_names_a_file_that_is_read(tmp_path: Path) -> None:
    write(tmp_path / "mine.jsonl", [{"text": TEXT, "label": [[0, 2, "人"]]}])
    said = refusal(tmp_path)
    assert "it holds mine.jsonl" in said and f"--input {tmp_path / 'mine.jsonl'}" in said


def contents(kind: str) -> bytes:
    row = json.dumps({"text": TEXT, "label": [[0, 2, "人"]]}, ensure_ascii=False) + "\n"
    return {
        "utf16": row.encode("utf-16"),
        "utf16le": row.encode("utf-16-le"),
        "utf16be": row.encode("utf-16-be"),
        "gbk": row.encode("gb18030"),
        "latin": '{"text": "Müller", "label": []}\n'.encode("latin-1"),
        "pdf": b"%PDF-1.7\n",
        "pickle": pickle.dumps([1, 2]),
        "xml": b'<?xml version="1.0"?><doc/>',
        "html": b"<!DOCTYPE html><html></html>",
        "lfs": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
        "gzip": b"\x1f\x8b\x08\x00",
        "excel": b"\xd0\xcf\x11\xe0\xa1\xb1",
        "binary": b"\x01\x02\x00\x00\x00abc",
        "python": "{'text': '王芳', 'entities': []}\n".encode(),
        "broken": b'{"text": "a", "entities": [}\n',
        "prose": "今天\x1b[31m下雨。\n".encode(),
    }[kind]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("utf16", "is not in UTF-8, but in UTF-16 as it seems; convert it: iconv -f UTF-16 -t UTF-8 "),
        ("utf16le", "is not in UTF-8, but in UTF-16LE as it seems; convert it: iconv -f UTF-16LE"),
        ("utf16be", "is not in UTF-8, but in UTF-16BE as it seems; convert it: iconv -f UTF-16BE"),
        ("gbk", "is not in UTF-8, but in GB18030 as it seems; convert it: iconv -f GB18030"),
        ("latin", "is not in UTF-8, but in CP1252 as it seems; convert it: iconv -f CP1252"),
        ("pdf", "is a PDF; export"),
        ("pickle", "is a Python pickle; pickles are not opened"),
        ("xml", "is XML; export"),
        ("html", "is an HTML page; download the file itself"),
        ("lfs", "is a pointer of Git LFS; fetch the file itself"),
        ("gzip", "is a gzip archive; unpack it: gunzip -k"),
        ("excel", "is an old Excel or Word file; save it as CSV"),
        ("binary", "is a binary file"),
        ("python", "Python's notation; write rows with json.dumps"),
        ("broken", ":1: not JSON"),
        ("prose", r"first line: 今天\x1b[31m下雨。"),
    ],
)
def test_what_a_file_is_is_told(kind: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_bytes(contents(kind))
    assert told in refusal(path)


def test_a_workbook_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    assert "is a ZIP archive or an Excel workbook; unpack it, or save the sheet as CSV" in refusal(path)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            {"id": "a", "output": "人：王芳"},
            "is a file of predictions; score it against gold",
        ),
        ({"prompt": TEXT, "predict": "人：王芳", "label": ""}, "is a file of predictions"),
        ({"ner": {"file_name": "ner.json"}}, "is the dataset_info.json of LLaMA-Factory; give"),
        (
            {"answer_format": "json", "splits": {}, "task": "corpus"},
            "is the manifest of a data set",
        ),
        ({"criteria": {}, "n_gold": 3, "n_samples": 2}, "is a file of scores"),
    ],
    ids=["predictions", "generated predictions", "dataset info", "manifest", "scores"],
)
def test_files_given_by_mistake_are_told(row: Any, told: str, tmp_path: Path) -> None:
    assert told in refusal(write(tmp_path / "a.jsonl", [row]))
