"""Prompts whose labels are not those of the answers are found, and nothing that ``generate`` writes is."""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from nerforge.generators.rows.row_prompts import LABEL_ORDERS, PromptVariation, PromptWriter
from nerforge.llamafactory_configs.doctor.checks.info_checks import read_folder
from nerforge.llamafactory_configs.doctor.checks.label_checks import UNLISTED, check_labels
from nerforge.llamafactory_configs.doctor.faults import FaultReport
from nerforge.llamafactory_configs.doctor.reading.data_sets import TrainingSets
from nerforge.templates.answers import FORMATS, load_format
from nerforge.templates.domain import Entity, Sample
from nerforge.templates.languages import LANGUAGES
from nerforge.templates.prompts import TURNS, render_prompt
from nerforge.templates.tasks import LABEL_WORDS, Task, called, load_task, task_names, task_of_labels

PLACES = ["青岛", "济南", "烟台", "威海", "潍坊", "临沂", "德州", "聊城"]
NAMES = ["王芳", "李伟", "张娜", "刘敏", "陈静", "杨磊", "黄强", "周洁"]
TASKS = [*map(load_task, task_names()), task_of_labels("corpus", ["wine", "grape", "a b"], nested=False)]
COLUMNS = {"prompt": "instruction", "query": "input", "response": "output"}


def found(folder: Path) -> dict[str, str]:
    """Give what is said about labels, by code."""
    report = FaultReport()
    check_labels(read_folder(folder, TrainingSets(("mine",)), report), report)
    return {finding.code: finding.message for finding in report.findings()}


def write_rows(folder: Path, rows: list[dict[str, Any]]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "mine.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    columns = COLUMNS | ({"system": "system"} if "system" in rows[0] else {})
    info = {"mine": {"file_name": "mine.json", "columns": columns}}
    (folder / "dataset_info.json").write_text(json.dumps(info), encoding="ascii")
    return folder


def samples(task: Task) -> Iterator[Sample]:
    """Make a sentence with each label and the next one, and one without entities."""
    names = task.schema.names
    for at, (first, second) in enumerate(zip(names, (*names[1:], names[0]), strict=True)):
        text = f"{NAMES[at % 8]}昨天到{PLACES[at % 8]}，第{at}次。"
        entities = (Entity(first, text[:2], 0, 2), Entity(second, text[5:7], 5, 7))
        yield Sample(str(at), text, entities)
    yield Sample("none", "天气很好。")


@pytest.mark.whole
@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("prompt", ["full", "short"])
@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_nothing_is_found_in_rows_as_they_are_generated(
    task: Task, prompt: str, language: str, turn: str, tmp_path: Path
) -> None:
    for answer_format, order, words in product(FORMATS, LABEL_ORDERS, LABEL_WORDS):
        spoken = called(task.spoken(language), words)
        coder = load_format(answer_format)
        asked = render_prompt(spoken, answer_format, prompt, turn)
        if order == "shuffled" and prompt == "short":
            continue
        asker = PromptWriter(asked, asking=PromptVariation(order))
        rows = [asker.row(x.id, x.text, coder.encode(x, spoken.schema)) for x in samples(spoken)]
        assert found(write_rows(tmp_path / "data", rows)) == {}, (answer_format, order, words)


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("prompt", ["full", "short"])
def test_nothing_is_found_in_classification(prompt: str, turn: str, tmp_path: Path) -> None:
    task = load_task("fudan")
    asker = PromptWriter(render_prompt(task, "label", prompt, turn))
    labels = task.schema.labels
    offered = [None if at % 3 else labels[at % 7 : at % 7 + 3] for at in range(120)]
    rows = [
        asker.row(str(at), f"第{at}条消息。", (some or labels)[at % 3].answer, some)
        for at, some in enumerate(offered)
    ]
    assert found(write_rows(tmp_path / "data", rows)) == {}


PROMPT = "请提取句子里的{listed}，如 {example}。"
JSON = '{{"entity_text": "{text}", "entity_label": "{label}"}}'


def foreign(folder: Path, prompt: str, answer: str, labels: tuple[str, str], how: str = "input") -> Path:
    """Write rows as people have them, without a manifest and without gold."""
    rows = []
    for name, place in product(NAMES, PLACES):
        pairs = zip((name, place), labels, strict=True)
        text, output = f"{name}昨天到{place}。", "\n".join(answer.format(text=x, label=y) for x, y in pairs)
        rows.append(
            {
                "input": {"instruction": prompt, "input": text, "output": output},
                "one turn": {"instruction": f"{prompt}\n文本：{text}", "input": "", "output": output},
                "system": {"system": prompt, "instruction": text, "input": "", "output": output},
            }[how]
        )
    return write_rows(folder, rows)


def example(label: str) -> str:
    return JSON.format(text="南京", label=label)


@pytest.mark.whole
@pytest.mark.parametrize("how", ["input", "one turn", "system"])
@pytest.mark.parametrize(
    ("listed", "shown", "labels", "expected"),
    [
        pytest.param("人名、城市", "城市", ("人名", "城市"), {}, id="right"),
        pytest.param("人名、城市", "实体类型", ("人名", "城市"), {}, id="a placeholder"),
        pytest.param("人名、城市、日期", "日期", ("人名", "城市"), {}, id="a listed label that is not used"),
        pytest.param("命名实体", "城市", ("人名", "城市"), {}, id="lists none"),
        pytest.param("PER|LOC 两类实体", "PER|LOC", ("PER", "LOC"), {}, id="several in one example"),
        pytest.param(
            "persons and cities", "city", ("person", "city"), {"D411": "city"}, id="irregular plural"
        ),
        pytest.param("人名", "人名", ("人名", "城市"), {"D411": "城市"}, id="one is not listed"),
        pytest.param("人名、城市", "地理实体", ("人名", "城市"), {"D413": "地理实体"}, id="another example"),
        pytest.param("人名、地点、组织", "地点", ("PER", "LOC"), {"D412": "人名 for PER"}, id="codes"),
        pytest.param("PER、LOC", "LOC", ("人名", "地点"), {"D412": "LOC for 地点"}, id="words"),
    ],
)
def test_a_prompt_without_the_labels_of_the_answers_is_found(
    listed: str,
    shown: str,
    labels: tuple[str, str],
    expected: dict[str, str],
    how: str,
    tmp_path: Path,
) -> None:
    prompt = PROMPT.format(listed=listed, example=example(shown))
    said = found(foreign(tmp_path / "data", prompt, JSON, labels, how))
    assert said.keys() == expected.keys(), said
    assert all(part in said[code] for code, part in expected.items())


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        pytest.param("<{label}>{text}</{label}>", "<地名>南京</地名>", id="xml"),
        pytest.param("[{text}|{label}]", "[南京|地名]", id="bracket"),
        pytest.param('{{"{label}": ["{text}"]}}', '{"地名": ["南京"]}', id="grouped"),
    ],
)
def test_labels_are_read_in_every_way_of_writing_them(answer: str, shown: str, tmp_path: Path) -> None:
    prompt = PROMPT.format(listed="人名", example=shown)
    said = found(foreign(tmp_path / "data", prompt, answer, ("人名", "城市")))
    assert said.keys() == {"D411", "D413"}
    assert "城市" in said["D411"] and "地名" in said["D413"]


def test_marks_of_the_sentence_are_no_labels(tmp_path: Path) -> None:
    prompt = PROMPT.format(listed="人名、城市", example="<城市>南京</城市>")
    folder = foreign(tmp_path / "data", prompt, "<{label}>{text}</{label}>", ("人名", "城市"))
    rows = json.loads((folder / "mine.json").read_text("utf-8"))
    for row in rows:
        row.update(input=f"H<sub>2</sub>O，{row['input']}", output=f"H<sub>2</sub>O，{row['output']}")
    assert found(write_rows(folder, rows)) == {}


def test_a_class_that_the_prompt_does_not_offer_is_found(tmp_path: Path) -> None:
    folder = foreign(tmp_path / "data", "从体育、经济里选一个类别。", "{label}", ("体育", "经济"))
    rows = json.loads((folder / "mine.json").read_text("utf-8"))
    for number, row in enumerate(rows):
        row["output"] = ("体育", "经济", "军事")[number % 3]
    assert found(write_rows(folder, rows)) == {"D411": f"{UNLISTED.message} (21 rows): 军事"}
