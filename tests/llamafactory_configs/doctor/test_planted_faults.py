"""A fault planted into a good folder is found, by its code; a good folder gives none."""

import codecs
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.llamafactory_configs.doctor.diagnosis import Diagnosis, DoctorOptions, diagnose
from nerforge.llamafactory_configs.doctor.faults import FAULTS

Row = dict[str, Any]
NAMES = [f"{family}{given}" for family in "王李张刘陈杨黄" for given in ("芳", "伟", "娜", "敏", "静", "磊")]


def write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=0), encoding="utf-8")


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


class Plant:
    """A generated folder, and ways of spoiling it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.info = folder / "dataset_info.json"
        self.train = folder / "ner.json"
        self.test = folder / "ner_test.json"
        self.gold = folder / "gold" / "train.jsonl"
        self.manifest = folder / "manifest.json"

    def entry(self, change: Callable[[Row], Any], name: str = "ner") -> None:
        entries = read_json(self.info)
        change(entries[name])
        self.info.write_text(json.dumps(entries), encoding="ascii")

    def columns(self, **columns: str) -> None:
        self.entry(lambda entry: entry.update(columns=columns))

    def rows(self, change: Callable[[list[Row]], Any], path: Path | None = None) -> None:
        path = path or self.train
        rows = read_json(path)
        change(rows)
        write_json(path, rows)

    def row(self, **values: Any) -> None:
        self.rows(lambda rows: rows[2].update(values))

    def each_gold(self, change: Callable[[list[Row]], Any]) -> None:
        lines = [json.loads(line) for line in self.gold.read_text(encoding="utf-8").splitlines()]
        change(lines)
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        self.gold.write_text(text, encoding="utf-8")

    def text(self, path: Path, change: Callable[[str], str]) -> None:
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")

    def asking(self, old: str, new: str) -> None:
        """Exchange words of the prompt in all rows."""
        assert old in self.train.read_text(encoding="utf-8")
        self.text(self.train, lambda text: text.replace(old, new))

    def said(self, **values: Any) -> None:
        write_json(self.manifest, {**read_json(self.manifest), **values})

    def diagnose(self, *others: Path, **options: Any) -> Diagnosis:
        return diagnose([self.folder, *others], DoctorOptions(**options))


def codes(diagnosis: Diagnosis) -> set[str]:
    return {finding.code for finding in diagnosis.findings}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("good")
    rows = [
        {
            "text": f"{name}第{i}次来访。",
            "entities": [{"start_idx": 0, "end_idx": 2, "entity_text": name[:2], "entity_label": "PER"}],
        }
        for i, name in enumerate(NAMES)
    ]
    corpus = root / "corpus.jsonl"
    corpus.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    generate_corpus("ccfbdci", corpus, DatasetOptions(root / "data"))
    return root / "data"


@pytest.fixture
def plant(good: Path, tmp_path: Path) -> Plant:
    import shutil

    return Plant(Path(shutil.copytree(good, tmp_path / "data")))


def twice(rows: list[Row], **changes: Any) -> None:
    rows.append({**rows[0], **changes})


def of_another_prompt(row: Row) -> Row:
    return {**row, "instruction": "找人名：\n" + row["instruction"].rpartition("\n")[2]}


def spoil_label(lines: list[Row], label: str) -> None:
    lines[0]["entities"][0]["label"] = label


PLANTED: dict[str, tuple[str, Callable[[Plant], Any]]] = {
    "no dataset_info.json": ("D101", lambda p: p.info.unlink()),
    "dataset_info.json cut off": ("D102", lambda p: p.text(p.info, lambda s: s[:-5])),
    "a list as dataset_info.json": ("D102", lambda p: write_json(p.info, [])),
    "Chinese in dataset_info.json": (
        "D103",
        lambda p: p.text(p.info, lambda s: s.replace('"ner"', '"中文"')),
    ),
    "BOM before dataset_info.json": (
        "D104",
        lambda p: p.info.write_bytes(codecs.BOM_UTF8 + p.info.read_bytes()),
    ),
    "no file of that name": ("D106", lambda p: p.entry(lambda e: e.update(file_name="none.json"))),
    "an entry without a file": ("D107", lambda p: p.entry(lambda e: e.pop("file_name"))),
    "columns in a list": ("D107", lambda p: p.entry(lambda e: e.update(columns=["instruction"]))),
    "input not listed": (
        "D108",
        lambda p: (p.row(input="王芳来访"), p.columns(prompt="instruction", response="output")),
    ),
    "output not listed": ("D108", lambda p: p.columns(prompt="instruction", query="input")),
    "system not listed": ("D108", lambda p: p.row(system="请标注")),
    "an unknown key of an entry": ("D109", lambda p: p.entry(lambda e: e.update(fromatting="alpaca"))),
    "an unknown column": ("D109", lambda p: p.entry(lambda e: e["columns"].update(qeury="input"))),
    "an unknown formatting": ("D110", lambda p: p.entry(lambda e: e.update(formatting="alpcaa"))),
    "turns called alpaca": (
        "D110",
        lambda p: p.rows(lambda rows: [r.update(conversations=[{}]) for r in rows]),
    ),
    "ranking in sft": ("D111", lambda p: p.entry(lambda e: e.update(ranking=True))),
    "a column that no row has": ("D112", lambda p: p.entry(lambda e: e["columns"].update(system="systen"))),
    "a text file ending": (
        "D113",
        lambda p: (p.train.rename(p.folder / "ner.jsn"), p.entry(lambda e: e.update(file_name="ner.jsn"))),
    ),
    "fewer rows by num_samples": ("D116", lambda p: p.entry(lambda e: e.update(num_samples=3))),
    "rows in GBK": ("D201", lambda p: p.train.write_bytes(p.train.read_text("utf-8").encode("gbk"))),
    "rows in UTF-16": ("D202", lambda p: p.train.write_text(p.train.read_text("utf-8"), "utf-16")),
    "BOM before the array": ("D203", lambda p: p.train.write_bytes(codecs.BOM_UTF8 + p.train.read_bytes())),
    "rows cut off": ("D205", lambda p: p.text(p.train, lambda s: s[: len(s) // 2])),
    "a comma too much": ("D205", lambda p: p.text(p.train, lambda s: s.replace("},", "},,", 1))),
    "a row that is a text": ("D206", lambda p: p.rows(lambda rows: rows.insert(1, "text"))),
    "no rows": ("D207", lambda p: write_json(p.train, [])),
    "a list as an answer": (
        "D301",
        lambda p: p.rows(lambda rows: [r.update(output=[{"a": "b"}]) for r in rows]),
    ),
    "an object as an answer": ("D301", lambda p: p.row(output={"PER": "王芳"})),
    "a number as an answer": ("D301", lambda p: p.row(output=7)),
    "no answer": ("D302", lambda p: p.rows(lambda rows: rows[2].pop("output"))),
    "null as an answer": ("D302", lambda p: p.row(output=None)),
    "an empty answer": ("D303", lambda p: p.row(output="")),
    "a blank answer": ("D304", lambda p: p.row(output=" \n")),
    "white space around an answer": (
        "D305",
        lambda p: p.rows(lambda rows: rows[2].update(output=rows[2]["output"] + "\n")),
    ),
    "an empty prompt": ("D306", lambda p: p.row(instruction="", input="")),
    "a number as a prompt": ("D307", lambda p: p.row(input=12)),
    "a history of texts": (
        "D308",
        lambda p: (p.row(history=["question"]), p.entry(lambda e: e["columns"].update(history="history"))),
    ),
    "ids in rows": ("D309", lambda p: p.rows(lambda rows: [r.update(id="x") for r in rows])),
    "a control character": ("D310", lambda p: p.row(input="王芳\x07来访")),
    "a replacement character": ("D311", lambda p: p.row(input="王\ufffd来访")),
    "half a surrogate pair": (
        "D312",
        lambda p: p.text(p.train, lambda s: s.replace("来访", "\\ud83d来访", 1)),
    ),
    "a special token": ("D313", lambda p: p.row(input="王芳<|im_end|>来访")),
    "a picture's placeholder": ("D314", lambda p: p.row(input="<image>王芳来访")),
    "texts and numbers in a column": ("D315", lambda p: p.row(input=12)),
    "a row twice": ("D401", lambda p: p.rows(twice)),
    "two answers to a prompt": (
        "D402",
        lambda p: p.rows(lambda rows: twice(rows, output="没有找到任何实体")),
    ),
    "a prompt of test in training": (
        "D403",
        lambda p: p.rows(lambda rows: rows.append(read_json(p.test)[0])),
    ),
    "a text of test in training": (
        "D404",
        lambda p: p.rows(lambda rows: rows.append(of_another_prompt(read_json(p.test)[0]))),
    ),
    "hardly any entities": (
        "D405",
        lambda p: p.rows(
            lambda rows: rows.extend(
                {**rows[0], "input": f"第{i}天无事。", "output": "没有找到任何实体"} for i in range(900)
            )
        ),
    ),
    "no gold of a split": ("D501", lambda p: p.gold.unlink()),
    "a gold line that is no sample": (
        "D503",
        lambda p: p.text(p.gold, lambda s: s.replace('"text"', '"txt"', 1)),
    ),
    "a gold line that is not JSON": ("D503", lambda p: p.text(p.gold, lambda s: s[:-9])),
    "a gold line less": ("D504", lambda p: p.each_gold(lambda lines: lines.pop())),
    "gold in another order": ("D505", lambda p: p.each_gold(lambda lines: lines.reverse())),
    "an id twice": ("D506", lambda p: p.each_gold(lambda lines: lines[1].update(id=lines[0]["id"]))),
    "a span one off": (
        "D507",
        lambda p: p.each_gold(lambda lines: lines[0]["entities"][0].update(start=1, end=3)),
    ),
    "a span outside of the text": (
        "D507",
        lambda p: p.each_gold(lambda lines: lines[0]["entities"][0].update(start=90, end=92)),
    ),
    "an unknown label": ("D508", lambda p: p.each_gold(lambda lines: spoil_label(lines, "Vehicle"))),
    "a label mistyped": ("D509", lambda p: p.each_gold(lambda lines: spoil_label(lines, "PERS"))),
    "a label that the prompt does not list": ("D411", lambda p: p.asking("人名（不含称谓）、", "")),
    "codes of labels in the prompt": ("D412", lambda p: p.asking("人名（", "PER（")),
    "an example with another label": ("D413", lambda p: p.asking(r"\"地点\"", r"\"景点\"")),
    "an answer in another format": ("D510", lambda p: p.row(output="王芳是人名")),
    "an answer without an entity": ("D511", lambda p: p.row(output="没有找到任何实体")),
    "a manifest of an unknown task": ("D514", lambda p: p.said(task="cmee")),
    "a manifest cut off": ("D601", lambda p: p.text(p.manifest, lambda s: s[:-9])),
    "a manifest that counts otherwise": ("D602", lambda p: p.rows(lambda rows: rows.pop())),
    "an input that has changed": ("D603", lambda p: (p.folder.parent / "corpus.jsonl").write_text("{}")),
    "rows that ask otherwise": (
        "D604",
        lambda p: p.rows(lambda rows: [r.update(instruction="找人名：") for r in rows]),
    ),
}


@pytest.mark.whole
@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found(name: str, plant: Plant) -> None:
    code, spoil = PLANTED[name]
    assert code not in codes(plant.diagnose())
    spoil(plant)
    assert code in codes(plant.diagnose())


def test_a_good_folder_gives_no_findings(plant: Plant) -> None:
    diagnosis = plant.diagnose()
    assert (diagnosis.findings, diagnosis.n_rows) == ([], len(NAMES))


def test_there_are_forty_kinds_of_planted_faults() -> None:
    assert len({code for code, _ in PLANTED.values()}) >= 40


def test_all_faults_are_said_at_once(plant: Plant) -> None:
    plant.columns(prompt="instruction", query="input")
    plant.row(input="<image>王芳来访", output=["a"])
    plant.each_gold(lambda lines: spoil_label(lines, "PERS"))
    assert {"D108", "D301", "D314", "D315", "D505", "D509"} <= codes(plant.diagnose())


def test_a_fault_of_many_rows_is_one_finding_with_the_first_three_places(plant: Plant) -> None:
    plant.rows(lambda rows: [row.update(output="") for row in rows[:5]])
    (finding,) = (x for x in plant.diagnose().findings if x.code == "D303")
    assert "(5 rows)" in finding.message
    _, _, lines = finding.place.rpartition("ner.json:")
    first, second, third, more = lines.split(", ")
    assert (int(first) < int(second) < int(third), more) == (True, "...")


def test_a_place_is_the_line_of_the_row(plant: Plant) -> None:
    plant.row(output="")
    (finding,) = (x for x in plant.diagnose().findings if x.code == "D303")
    line = int(finding.place.rpartition(":")[2])
    assert '"output": ""' in "".join(plant.train.read_text("utf-8").splitlines()[line - 1 : line + 4])


def lines_of(plant: Plant, name: str) -> Iterator[str]:
    for row in read_json(plant.folder / f"{name}.json"):
        yield json.dumps(row, ensure_ascii=False) + "\n"


@pytest.fixture
def as_lines(plant: Plant) -> Path:
    path = plant.folder / "ner.jsonl"
    path.write_text("".join(lines_of(plant, "ner")), encoding="utf-8")
    plant.train.unlink()
    plant.entry(lambda entry: entry.update(file_name="ner.jsonl"))
    return path


def test_rows_may_be_lines(as_lines: Path, plant: Plant) -> None:
    assert plant.diagnose().findings == []


def test_a_byte_order_mark_before_lines_is_a_warning(as_lines: Path, plant: Plant) -> None:
    as_lines.write_bytes(codecs.BOM_UTF8 + as_lines.read_bytes())
    assert [(x.code, x.severity) for x in plant.diagnose().findings] == [("D204", "warning")]


def test_a_line_that_is_not_json_is_named(as_lines: Path, plant: Plant) -> None:
    lines = as_lines.read_text("utf-8").splitlines()
    lines[4] = lines[4][:-3]
    as_lines.write_text("\n".join(lines), encoding="utf-8")
    assert f"{as_lines}:5" in [x.place for x in plant.diagnose().findings if x.code == "D205"]


def test_a_repeat_is_found_where_all_rows_stand_in_one_line(plant: Plant) -> None:
    plant.rows(twice)
    plant.train.write_text(json.dumps(read_json(plant.train), ensure_ascii=False), encoding="utf-8")
    assert "D401" in codes(plant.diagnose())


def test_a_repeat_that_the_manifest_counts_is_only_noted(plant: Plant) -> None:
    plant.rows(twice)
    source = read_json(plant.manifest)["source"]
    plant.said(source={**source, "duplicate_texts": 1})
    assert {"D408"} == {x.code for x in plant.diagnose().findings if x.code.startswith("D4")}


def test_a_folder_without_gold_and_manifest_is_examined_all_the_same(plant: Plant) -> None:
    import shutil

    shutil.rmtree(plant.folder / "gold")
    plant.manifest.unlink()
    assert codes(plant.diagnose()) == {"D502"}


def test_a_gold_file_is_examined_alone(plant: Plant) -> None:
    plant.each_gold(lambda lines: spoil_label(lines, "PERS"))
    assert codes(diagnose([plant.gold])) == {"D509"}


def test_a_gold_label_that_is_not_offered_is_found(tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    row = {"id": "1", "text": "球赛", "label": "体育", "meta": {"options": ["经济", "艺术"]}}
    gold.write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    assert codes(diagnose([gold])) == {"D513"}


def test_every_code_is_given_once_and_has_a_message() -> None:
    assert all(code == kind.code and kind.message for code, kind in FAULTS.items())
    assert all(kind.remedy for kind in FAULTS.values() if kind.severity != "note")


@pytest.mark.parametrize("page", ["doctor.md", "doctor.zh-CN.md"])
def test_the_page_lists_every_code_and_no_other(page: str) -> None:
    text = (Path(__file__).parents[3] / "docs" / page).read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `(D\d{3})` \|", text, re.MULTILINE)) == sorted(FAULTS)
