"""Files in the shapes of public reports: each with what a careful person reads in it."""

import json
import re
import shlex
import shutil
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner, Result

from nerforge.cli import main

CASES = Path(__file__).parents[3].parent / "shared" / "cases" / "files"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the cases of the shared folder are not here")


Row = tuple[str | None, list[tuple[str, str, int]]]
"""The text (None where its words may be joined in several ways), and label, value and start of entities."""
P, Q = ("人", "赵敏", 0), ("地", "青岛", 3)
WORK = "赵敏在青岛工作。"
RAIN: Row = ("今天下雨。", [])


class Case(NamedTuple):
    """What comes of a file: samples, and what is counted; or a refusal."""

    rows: list[Row]
    """In the order of train, dev and test, and of the file in each."""
    counted: tuple[str, ...] = ()
    """Kinds of which one or more must be counted: notes, faults, or how entities were placed."""
    layout: str | None = None


def one(*entities: tuple[str, str, int], text: str = WORK) -> list[Row]:
    return [(text, list(entities))]


READ: dict[str, Case] = {
    "02-doccano-data-label": Case([(WORK, [P, Q]), RAIN], layout="doccano"),
    "03-doccano-json-array": Case([(WORK, [P, Q]), RAIN], layout="doccano"),
    "04b-doccano-text-says-inclusive": Case([(WORK, [P, Q]), ("李雷走了。", [("人", "李雷", 0)])]),
    "07-labelstudio-no-text-in-value": Case(one(P)),
    "08-labelstudio-extra-fields": Case([(WORK, [P]), RAIN], ("other_result",)),
    "09-labelstudio-csv": Case(one(P, Q)),
    "11-brat-folder": Case([("赵敏在青岛\n工作。", [P, Q])], ("discontinuous_entity",), "brat"),
    "12-cmeee-official-json-array": Case(
        [
            (
                "房室结消融和起搏器植入治疗反复发作的心律失常。",
                [("pro", "房室结消融", 0), ("pro", "起搏器植入", 6), ("dis", "心律失常", 18)],
            ),
            ("(五)其他", []),
        ]
    ),
    "13-weibo-position-digits": Case(
        [
            ("科技卫庄大人果", [("PER.NAM", "卫庄", 2), ("PER.NOM", "大人", 4)]),
            ("我在北京", [("GPE.NAM", "北京", 2)]),
        ],
        ("position_digits",),
    ),
    "14-fewnerd-io": Case(
        [
            (
                "The Harbor House in Lima.",
                [("building-other", "Harbor House", 4), ("location-GPE", "Lima", 20)],
            ),
            ("He left.", []),
        ]
    ),
    "15-prodigy-jsonl": Case(one(("PERSON", "赵敏", 0), ("GPE", "青岛", 3)), layout="prodigy"),
    "16-spacy-train-json": Case([(WORK, [P, Q]), RAIN]),
    "18-hf-jsonl-tokens-tags": Case([("赵敏在青岛", [("PER", "赵敏", 0), ("LOC", "青岛", 3)])]),
    "19-w2ner-json": Case([("赵敏在青岛", [("PER", "赵敏", 0), ("LOC", "青岛", 3)])], layout="w2ner"),
    "21-iepile": Case(one(("地理位置", "青岛", 3)), layout="iepile"),
    "22-universalner-sharegpt": Case([("Ana lives in Porto.", [("person", "Ana", 0)])]),
    "23-bosonner": Case(
        [("赵敏在青岛工作。\n今天下雨。", [("person_name", "赵敏", 0), ("location", "青岛", 3)])],
        layout="bosonner",
    ),
    "25-uie-prompt-json": Case(one(P, Q), layout="uie"),
    "26-ner-suffix-tags": Case([("赵敏在青岛", [("per", "赵敏", 0), ("loc", "青岛", 3)])]),
    "26b-colon-tags": Case([("赵敏在青岛", [("PER", "赵敏", 0), ("LOC", "青岛", 3)])]),
    "27-conll-spaces-in-tokens": Case([("Name Last Name left", [("PER", "Name Last Name", 0)])]),
    "28-conll-4col-single-space-crlf-bom": Case(
        [
            ("EU rejects German call", [("ORG", "EU", 0), ("MISC", "German", 11)]),
            ("Ana Silva Rui", [("PER", "Ana Silva", 0), ("PER", "Rui", 10)]),
        ]
    ),
    "30-wnut-tabs-blank-with-tab": Case(
        [("Ana in Porto", [("person", "Ana", 0), ("location", "Porto", 7)]), (None, [])]
    ),
    "31-msra-bio-space-token": Case(
        [
            ("北京 天安门", [("LOC", "北京", 0), ("LOC", "天安门", 3)]),
            ("北京　站", [("LOC", "北京", 0)]),
        ]
    ),
    "34-bmes-resume": Case(
        [("赵小敏，中国国籍", [("NAME", "赵小敏", 0), ("CONT", "中国国籍", 4)]), ("李", [("NAME", "李", 0)])]
    ),
    "35-nested-conll-multi-columns": Case(
        [("Universität Lissabon ist", [("ORG", "Universität Lissabon", 0), ("LOC", "Lissabon", 12)])]
    ),
    "35b-leading-index-col": Case(
        [("EU rejects German", [("ORG", "EU", 0), ("MISC", "German", 11)]), ("Ana left", [("PER", "Ana", 0)])]
    ),
    "36-start-end-label-text-jsonl": Case(one(P, Q)),
    "36c-text-ner-triples": Case(one(P, Q)),
    "37-vietnamese-russian-korean": Case(
        [
            ("Ông Nguyễn Văn Thạch ở Đà Nẵng", [("PER", "Nguyễn Văn Thạch", 4), ("LOC", "Đà Nẵng", 23)]),
            ("Анна живёт в Туле", [("PER", "Анна", 0), ("LOC", "Туле", 13)]),
            ("김민수는 부산에 산다", [("PER", "김민수는", 0), ("LOC", "부산에", 5)]),
        ]
    ),
    "39-labelstudio-only-predictions-and-cancelled": Case(
        one(Q, text="他住在青岛"), ("task_without_annotation",)
    ),
    "40b-labelstudio-jsonmin-url-field": Case(one(P)),
    "41-cluener-array-and-test": Case(
        [
            (
                "赵敏在青岛鼎新公司任经理",
                [("name", "赵敏", 0), ("company", "青岛鼎新公司", 3), ("position", "经理", 10)],
            )
        ],
        layout="cluener",
    ),
    "42-span-jsonl-as-array": Case(one(P)),
    "43-doccano-whitespace-entity": Case(
        [("赵敏 在青岛 工作。", [P, ("地", "青岛", 4)])], ("blanks_trimmed", "blank_entity")
    ),
    "44-duplicate-ids-nested-overlap": Case([(WORK, [P]), (WORK, [P, Q])]),
    "45-conll-blank-lines-missing": Case(
        [("赵敏来。", [("PER", "赵敏", 0)])] * 400, ("sentences_without_blank_line",)
    ),
    "46-wikineural-layout-datasets-jsonl": Case([("赵敏", [("PER", "赵敏", 0)])]),
    "80-parquet-spans-start-end": Case(one(P)),
    "80d-folder-jsonl": Case([(WORK, [P]), RAIN, ("李雷走了。", [("人", "李雷", 0)])]),
    "80e-three-conll-files": Case(
        [
            ("赵敏来", [("PER", "赵敏", 0)]),
            ("李雷走", [("PER", "李雷", 0)]),
            ("王五笑", [("PER", "王五", 0)]),
        ]
    ),
    "81-span-end-beyond": Case([("李雷走了。", [("人", "李雷", 0)])], ("lost",)),
    "83-label-name-chars": Case(one(("人|物", "赵敏", 0), ("地<点>", "青岛", 3))),
    "86-text-has-tags": Case([("见<b>赵敏</b>与[注|1]", [("人", ">赵", 3)])]),
    "87-tag-first": Case([("what five star hotels", [("Rating", "five star", 5)])]),
    "88-conll-commas": Case([("赵敏在", [("PER", "赵敏", 0)])]),
    "89-bio-inline-pairs": Case([("赵敏在青岛", [("PER", "赵敏", 0), ("LOC", "青岛", 3)])]),
    "92-labelstudio-min-single-object": Case(one(P)),
    "93-labelstudio-html-text": Case(
        [("赵敏 在青岛工作。", [P, ("地", "青岛", 4)])], ("blanks_trimmed",)
    ),
    "95-labelstudio-double-space": Case(
        [
            ("Ort: Porto,  Brasil.", [("LOC", "Porto,  Brasil", 5)]),
            *[(f"Porto {n}", [("LOC", "Porto", 0)]) for n in range(2, 6)],
        ]
    ),
    "96-labelstudio-newline-collapsed": Case(
        [("青岛\n公司成立。", [("组", "青岛\n公司", 0)]), *[(WORK, [P])] * 4]
    ),
}  # fmt: skip

REFUSED = {
    "01-doccano-annotations-label-id": ("in.jsonl:1", "labels' names"),
    "33-token-empty-o-lines": ("m.txt:3", "'0'"),
    "38-labelstudio-hypertext": ("task 1", "hypertextlabels"),
    "48-gbk": ("g.txt", "GB18030"),
    "84-label-O-and-empty": ("in.jsonl:1", "label ''"),
    "91-uner-multi-blank-docstart-only": ("no row has an entity",),
}
DIAGNOSED = {
    "70-doctor-sharegpt-wrong-tags": ("error", "human", "gpt", "user"),
    "73-doctor-dict-output": ("error D301",),
    "75-doctor-jsonl-in-json": ("0 errors",),
}
SCORED = (
    "60-", "60b-", "61b-", "61c-", "62-", "64-", "65b-", "66-", "66b-", "66d-", "66e-", "67-", "68-",
)  # fmt: skip
"""Predictions, which the tests of ``score`` read."""
OF_EVERY_FORMAT = "83c-xml-label-doctor"


def run(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Result:
    shutil.copytree(CASES / name, folder, dirs_exist_ok=True)
    monkeypatch.chdir(folder)
    command = json.loads(Path("case.json").read_text(encoding="utf-8"))["command"]
    # What a shell does with the output is no part of the case.
    words = shlex.split(re.split(r"[|;>]", command)[0])
    assert words[0] == "nerforge"
    return CliRunner().invoke(main, words[1:])


def rows_of(folder: Path) -> list[Row]:
    lines = [
        json.loads(line)
        for split in ("train", "dev", "test")
        if (path := folder / "gold" / f"{split}.jsonl").exists()
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    for line in lines:
        for entity in line["entities"]:
            assert line["text"][entity["start"] : entity["end"]] == entity["text"]
    return [(x["text"], [(e["label"], e["text"], e["start"]) for e in x["entities"]]) for x in lines]


def counts_of(folder: Path) -> tuple[str | None, Counter[str]]:
    source: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["source"]
    kinds = ("notes", "dropped_rows", "faulty_entities", "kept")
    return source.get("layout"), Counter({k: n for kind in kinds for k, n in source.get(kind, {}).items()})


@pytest.mark.parametrize("name", READ)
def test_a_reported_file_is_read_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    result = run(name, tmp_path, monkeypatch)
    assert result.exit_code == 0, result.output
    case = READ[name]
    found = rows_of(Path("out"))
    assert [entities for _, entities in found] == [entities for _, entities in case.rows]
    assert [found[n][0] for n, row in enumerate(case.rows) if row[0]] == [r[0] for r in case.rows if r[0]]
    layout, counted = counts_of(Path("out"))
    assert {kind for kind in case.counted if not counted[kind]} == set()
    assert case.layout in (None, layout)


@pytest.mark.parametrize("name", REFUSED)
def test_a_reported_file_is_refused_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    result = run(name, tmp_path, monkeypatch)
    assert result.exit_code in (1, 2)
    assert isinstance(result.exception, SystemExit)
    assert [part for part in REFUSED[name] if part not in result.output] == []
    assert not Path("out").exists()


@pytest.mark.parametrize("name", DIAGNOSED)
def test_a_reported_data_set_is_diagnosed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    result = run(name, tmp_path, monkeypatch)
    assert [part for part in DIAGNOSED[name] if part not in result.output] == [], result.output
    assert result.exit_code == ("0 errors" not in result.output)


def test_labels_with_signs_of_a_format_are_read_back_in_every_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run(OF_EVERY_FORMAT, tmp_path, monkeypatch)
    assert result.exit_code == 0, result.output
    for name in ("xml", "bracket", "json", "grouped"):
        gold = Path("out", name, "gold", "train.jsonl")
        ids = [json.loads(line)["id"] for line in gold.read_text(encoding="utf-8").splitlines()]
        answers = json.loads(Path("out", name, "ner.json").read_text(encoding="utf-8"))
        rows = [{"id": i, "output": x["output"]} for i, x in zip(ids, answers, strict=True)]
        Path("p.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        scored = CliRunner().invoke(
            main, ["score", "--gold", str(gold), "--pred", "p.jsonl", "--bootstrap", "0", "--json"]
        )
        scores = json.loads(scored.stdout)
        assert scores["criteria"]["strict"]["micro"]["f1"] == 1
        assert scores["outcomes"]["clean"] == len(rows) and not scores["problems"]


def test_every_case_has_its_right_value() -> None:
    names = {path.name for path in CASES.iterdir()}
    elsewhere = {name for name in names if name.startswith(SCORED)}
    assert names == READ.keys() | REFUSED.keys() | DIAGNOSED.keys() | {OF_EVERY_FORMAT} | elsewhere
