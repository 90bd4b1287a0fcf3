"""Both data readers of the installed LLaMA-Factory, v0 and v1, make the same turns of every row we write."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from nerforge.generators.classification.label_generation import generate_classification
from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.datasets.sentence_places import sentence_places
from nerforge.generators.rows.row_prompts import PromptVariation
from nerforge.generators.rows.row_shapes import ROW_SHAPES
from nerforge.generators.slots.generate import SlotOptions
from tests.slot_sets import place_slots

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("ignore")]

FRAMES: dict[str, dict[str, Any]] = {
    "user": {},
    "system": {"turn": "system"},
    "prefix": {"turn": "system", "prefix": "文本:"},
    "codes": {"labels": "code"},
}
V1_CONVERTERS = {"alpaca": "alpaca", "sharegpt": "sharegpt"}
"""What v1 has for our shapes; it reads no messages whose content is a plain text."""


def corpus(path: Path, label: str) -> Path:
    entity = {"start_idx": 0, "end_idx": 2, "entity_text": "王芳", "entity_label": label}
    rows = [{"text": f"王芳第{i}次\n来{{{{ 访 }}}}。", "entities": [entity]} for i in range(12)]
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


def make_set(task: str, root: Path, options: DatasetOptions) -> None:
    if task == "power":
        place_slots(SlotOptions(40), options)
    elif task == "fudan":
        path = root / "news.jsonl"
        lines = [{"text": f"第{i}场", "category": ["Sports", "Art"], "output": "Sports"} for i in range(12)]
        path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        generate_classification(task, path, options)
    else:
        label = {"ccfbdci": "PER", "cmeee": "dis"}[task]
        generate_corpus(task, corpus(root / "corpus.jsonl", label), options, asking=PromptVariation(shots=2))


def entry_of(data: Path) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads((data / "dataset_info.json").read_text("ascii"))["ner"]
    return entry


def written(data: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((data / "ner.json").read_text("utf-8"))
    return rows


def turns_of_v0(data: Path) -> list[tuple[str, str, str]]:
    from llamafactory.data.converter import get_dataset_converter
    from llamafactory.data.parser import get_dataset_list

    (attributes,) = get_dataset_list(["ner"], str(data))
    convert = get_dataset_converter(attributes.formatting, attributes, None)
    read = map(convert, written(data))
    return [(x["_system"] or "", x["_prompt"][0]["content"], x["_response"][0]["content"]) for x in read]


def turns_of_v1(data: Path, shape: str, tmp_path: Path) -> list[tuple[str, str, str]]:
    """Read through v1's own engine, with the YAML that the docs give."""
    from llamafactory.v1.core.data_engine import DataEngine

    info = {"ner": {"path": str(data / "ner.json"), "source": "local", "converter": V1_CONVERTERS[shape]}}
    (tmp_path / "v1.yaml").write_text(yaml.safe_dump(info), encoding="utf-8")
    engine = DataEngine(str(tmp_path / "v1.yaml"))
    turns = []
    for i in range(len(engine)):
        said = {m["role"]: "".join(part["value"] for part in m["content"]) for m in engine[i]["messages"]}
        turns.append((said.get("system", ""), said["user"], said["assistant"]))
    return turns


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("task", ["power", "ccfbdci", "cmeee", "fudan"])
def test_both_versions_make_the_same_turns_of_every_shape(
    task: str, frame: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    made = {}
    for shape in ROW_SHAPES:
        data = tmp_path / shape
        make_set(task, tmp_path, DatasetOptions(data, rows_as=shape, dev=0, test=0, **FRAMES[frame]))
        made[shape] = turns_of_v0(data)
        if shape in V1_CONVERTERS and frame in ("user", "prefix"):
            assert turns_of_v1(data, shape, tmp_path) == made[shape]
    assert made["messages"] == made["sharegpt"] == made["alpaca"]
    texts = [json.loads(x)["text"] for x in (data / "gold" / "train.jsonl").read_text("utf-8").splitlines()]
    places = sentence_places(tmp_path / "alpaca")
    assert all(
        places.asks_about(user, text) for (_, user, _), text in zip(made["alpaca"], texts, strict=True)
    )
    assert all(bool(system) is (frame in ("system", "prefix")) for system, _, _ in made["alpaca"])


def test_v1_has_no_newline_between_instruction_and_input(tmp_path: Path) -> None:
    from llamafactory.v1.plugins.data_plugins.converter import DataConverterPlugin

    converted = DataConverterPlugin("alpaca")({"instruction": "标注：", "input": "王芳", "output": "无"})
    (user,) = (m for m in converted["messages"] if m["role"] == "user")
    assert user["content"] == [{"type": "text", "value": "标注：王芳"}]


@pytest.mark.parametrize("shape", ["messages", "sharegpt"])
def test_turns_are_told_to_v0_by_tags_and_columns(shape: str, tmp_path: Path) -> None:
    make_set("power", tmp_path, DatasetOptions(tmp_path / "data", rows_as=shape, is_jsonl=True))
    entry = json.loads((tmp_path / "data" / "dataset_info.json").read_text("ascii"))["ner"]
    lines = (tmp_path / "data" / entry["file_name"]).read_text("utf-8").splitlines()
    (column,) = entry["columns"].values()
    assert entry["formatting"] == "sharegpt"
    for line in lines:
        ((key, turns),) = json.loads(line).items()
        assert key == column
        assert {tuple(turn) for turn in turns} == {(entry["tags"]["role_tag"], entry["tags"]["content_tag"])}
