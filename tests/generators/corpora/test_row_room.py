"""Texts are split so that their rows fit, only those that do not; what cannot be made to fit is counted."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from nerforge.foundation.errors import UsageError
from nerforge.generators.classification.label_generation import generate_classification
from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.corpora.row_room import RowRoom
from nerforge.generators.corpora.treatment import Treatment
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.datasets.entity_gold import read_gold
from nerforge.generators.rows.row_prompts import PromptVariation
from nerforge.generators.rows.token_estimates import TEMPLATE_TOKENS, estimate_tokens
from nerforge.templates.domain import Sample
from nerforge.templates.tasks import load_task

NAMES = ["王芳", "李伟", "张娜", "刘敏", "陈静", "杨磊", "黄强", "周洁"]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


def visit(n: int) -> dict[str, Any]:
    """Make a text of so many sentences with a name each."""
    text, entities = "", []
    for at in range(n):
        name = NAMES[at % len(NAMES)]
        start = len(text)
        entities.append(
            {"start_idx": start, "end_idx": start + 2, "entity_text": name, "entity_label": "PER"}
        )
        text += f"{name}第{at + 1}次来访，随后离开。"
    return {"text": text, "entities": entities}


def generate(tmp_path: Path, rows: list[Any], treatment: Treatment, **options: Any) -> dict[str, Any]:
    options = {"dev": 0.0, "test": 0.0} | options
    asking = options.pop("asking", None)
    out = DatasetOptions(tmp_path / "out", overwrite=True, **options)
    path = write(tmp_path / "corpus.jsonl", rows)
    return msgspec.to_builtins(generate_corpus("ccfbdci", path, out, treatment=treatment, asking=asking))


def train_texts(tmp_path: Path) -> list[str]:
    gold = read_gold(tmp_path / "out" / "gold" / "train.jsonl", load_task("ccfbdci").schema)
    return [sample.text for sample in gold]


def row_tokens(tmp_path: Path) -> list[int]:
    rows = json.loads((tmp_path / "out" / "ner.json").read_text("utf-8"))
    return [TEMPLATE_TOKENS + sum(map(estimate_tokens, row.values())) for row in rows]


def test_a_text_whose_row_is_too_long_is_split_until_each_row_fits(tmp_path: Path) -> None:
    manifest = generate(tmp_path, [visit(2), visit(12)], Treatment(max_tokens=300))
    assert max(row_tokens(tmp_path)) <= 300
    counts = manifest["source"]["long_texts"]
    assert (counts["texts"], counts["beyond_max_tokens"]) == (1, 0)
    assert manifest["splits"]["train"]["entities"] == {"PER": 14}
    assert manifest["settings"]["max_tokens"] == 300
    assert "".join(train_texts(tmp_path)) == visit(2)["text"] + visit(12)["text"]


def test_texts_whose_rows_fit_stay_whole_however_long(tmp_path: Path) -> None:
    long = {"text": "天气很好，" * 50 + "。", "entities": []}
    manifest = generate(tmp_path, [long], Treatment(max_tokens=600))
    assert manifest["splits"]["train"]["samples"] == 1
    assert manifest["source"]["long_texts"]["texts"] == 0


def test_a_row_that_cannot_be_made_to_fit_is_kept_and_counted(tmp_path: Path) -> None:
    name = "某" * 400
    entity = {"start_idx": 0, "end_idx": 400, "entity_text": name, "entity_label": "ORG"}
    manifest = generate(tmp_path, [{"text": name, "entities": [entity]}], Treatment(max_tokens=300))
    assert manifest["source"]["long_texts"]["beyond_max_tokens"] == 1
    assert manifest["splits"]["train"]["samples"] == 1


def test_data_sets_in_several_formats_are_split_alike(tmp_path: Path) -> None:
    texts = []
    for name in ("json", "xml"):
        generate(
            tmp_path, [visit(12)], Treatment(max_tokens=300), answer_format=name, formats=("json", "xml")
        )
        texts.append(train_texts(tmp_path))
    assert texts[0] == texts[1] and len(texts[0]) > 1


@pytest.mark.parametrize(
    ("treatment", "options", "message"),
    [
        (Treatment(max_tokens=100), {}, r"--max-tokens 100: the prompt alone has about \d+ tokens"),
        (
            Treatment(max_tokens=900),
            {"asking": PromptVariation(shots=1)},
            r"--max-tokens does not count examples",
        ),
    ],
)
def test_what_leaves_no_room_is_refused(
    treatment: Treatment, options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=message):
        generate(tmp_path, [visit(2), visit(3)], treatment, **options)


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(UsageError, match="--max-tokens 0: must be at least 1"):
        Treatment(max_tokens=0)


def test_a_text_with_one_label_is_clipped_to_what_its_prompt_leaves(tmp_path: Path) -> None:
    few, many = ["Sports", "Art"], [label.answer for label in load_task("fudan").schema.labels]
    rows = [{"text": "客队两球取胜。" * 60, "category": x, "output": "Sports"} for x in (few, many)]
    path = write(tmp_path / "news.jsonl", [*rows, {"text": "主队输了。", "output": "Sports"}])
    options = DatasetOptions(tmp_path / "out", dev=0, test=0)
    manifest = msgspec.to_builtins(
        generate_classification("fudan", path, options, treatment=Treatment(max_tokens=200))
    )
    tokens = row_tokens(tmp_path)
    assert max(tokens) <= 200 and sorted(tokens)[1] > 190
    assert manifest["source"]["notes"]["texts_clipped_to_tokens"] == 2


@pytest.mark.parametrize(
    "text", ["甲乙丙，丁戊。" * 90, "Fever, no NSAIDs 12 mg. " * 40, "甲" * 500 + " a\n" * 99]
)
def test_limits_that_are_passed_over_are_those_that_do_not_fit(text, monkeypatch):
    def pieces():
        room = RowRoom(Treatment(max_tokens=90), 40, lambda sample: ["无"])
        return [piece for _, piece in room.divide([("train", Sample("t", text))])], room.summary()

    found = pieces()
    monkeypatch.setattr(RowRoom, "_is_hopeless", lambda self, fewest, limit: False)
    assert pieces() == found
    assert len(found[0]) > 3
