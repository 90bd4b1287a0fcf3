"""Data sets that frame the sentence, or call labels by code: asked, answered, read and checked alike."""

import json
from pathlib import Path
from typing import Any

import pytest

from nerforge.evaluation.chatting.chat_requests import read_asking
from nerforge.evaluation.predicting.requests import read_asked, read_requests
from nerforge.evaluation.prediction_files import read_outputs
from nerforge.evaluation.reading.scored_samples import read_answers
from nerforge.evaluation.reading.task_of_gold import find_task
from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.datasets.entity_gold import read_gold
from nerforge.generators.slots.generate import SlotOptions
from nerforge.llamafactory_configs.doctor.diagnosis import diagnose
from nerforge.templates.answers import FORMATS, load_format
from nerforge.templates.domain import Outcome
from nerforge.templates.tasks import load_task, task_names
from tests.slot_sets import place_slots

NAMES = [f"{family}{given}" for family in "王李张刘陈" for given in ("芳", "伟", "娜", "敏")]
BLOCKS = (
    "{% block system %}标注：{{ labels[0].answer }}{% endblock %}"
    "{% block user %}文本:{{ text }}{% endblock %}"
)
QUOTED = "请标注[{{ text }}]里的{{ labels | map(attribute='answer') | join('、') }}。"
SETS: dict[str, tuple[str | None, dict[str, Any]]] = {
    "plain": (None, {}),
    "blocks": (BLOCKS, {}),
    "quoted": (QUOTED, {}),
    "glued": ("标注{{ text }}完", {}),
    "prefix": (None, {"turn": "system", "prefix": "文本:"}),
    "codes": (None, {"labels": "code", "answer_format": "xml"}),
    "messages": (BLOCKS, {"rows_as": "messages", "labels": "code", "is_jsonl": True}),
    "sharegpt": (QUOTED, {"rows_as": "sharegpt"}),
}


def make(kind: str, out: Path, **more: Any) -> Path:
    source, options = SETS[kind]
    if source is not None:
        out.with_suffix(".jinja").write_text(source, encoding="utf-8")
        options = {**options, "prompt": str(out.with_suffix(".jinja"))}
    rows = [
        {
            "text": f"{{{{ {name} }}}}第{i}次\x07来<b>访。",
            "entities": [{"start_idx": 3, "end_idx": 5, "entity_text": name, "entity_label": "PER"}],
        }
        for i, name in enumerate(NAMES)
    ]
    corpus = out.with_suffix(".jsonl")
    corpus.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    generate_corpus("ccfbdci", corpus, DatasetOptions(out, test=0.4, **options, **more))
    return out


@pytest.mark.parametrize("kind", SETS)
def test_a_framed_set_is_asked_in_chat_as_in_its_rows(kind: str, tmp_path: Path) -> None:
    data = make(kind, tmp_path / "data")
    asking = read_asking(data)
    asked = list(read_asked(data, "test"))
    requests = list(read_requests(data, "test"))
    assert [asking.request(row.id, row.sentence) for row in asked] == requests
    assert all(row.sentence in request.prompt for row, request in zip(asked, requests, strict=True))
    assert asking.notes == ()


@pytest.mark.whole
@pytest.mark.parametrize("kind", SETS)
def test_predictions_of_llamafactory_find_their_sentences_in_every_frame(kind: str, tmp_path: Path) -> None:
    data = make(kind, tmp_path / "data")
    asked = [(row.id, row.sentence) for row in read_asked(data, "test")]
    rows = [
        {
            "prompt": f"system\n{request.system or ''}\nuser\n{request.prompt}\nassistant\n",
            "predict": request.id,
            "label": "",
        }
        for request in read_requests(data, "test")
    ]
    path = tmp_path / "generated_predictions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in reversed(rows[1:])), encoding="utf-8")
    outputs = read_outputs(path, asked).outputs
    assert outputs == {row_id: row_id for row_id, _ in asked[1:]}


@pytest.mark.whole
@pytest.mark.parametrize("kind", SETS)
def test_doctor_has_nothing_to_say_of_a_framed_set_but_its_control_characters(
    kind: str, tmp_path: Path
) -> None:
    found = diagnose([make(kind, tmp_path / "data")]).findings
    assert {finding.code for finding in found} <= {"D310"}


@pytest.mark.parametrize("kind", ["plain", "blocks", "quoted"])
def test_rows_and_gold_in_another_order_are_noticed(kind: str, tmp_path: Path) -> None:
    data = make(kind, tmp_path / "data")
    gold = data / "gold" / "test.jsonl"
    gold.write_text("\n".join(reversed(gold.read_text("utf-8").splitlines())), encoding="utf-8")
    with pytest.raises(UserError, match=r"is not the sentence of the row of ner_test\.json at this place"):
        list(read_requests(data, "test"))
    assert "D505" in {finding.code for finding in diagnose([data]).findings}


def test_a_set_of_before_with_the_sentence_in_a_column_is_asked_checked_and_chatted_with(
    tmp_path: Path,
) -> None:
    data = make("plain", tmp_path / "data")
    new = list(read_requests(data, "test"))
    manifest = json.loads((data / "manifest.json").read_text("utf-8"))
    before = manifest["prompt"].pop("frame")["before"]
    for key in ("labels", "rows_as"):
        del manifest[key]
    (data / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    for path in data.glob("ner*.json"):
        rows = json.loads(path.read_text("utf-8"))
        for row in rows:
            row["input"] = row["instruction"].removeprefix(before)
            row["instruction"] = before.removesuffix("\n")
        path.write_text(json.dumps(rows), encoding="utf-8")
    assert list(read_requests(data, "test")) == new
    asked = list(read_asked(data, "test"))
    assert [read_asking(data).request(row.id, row.sentence) for row in asked] == new
    assert {finding.code for finding in diagnose([data]).findings} == {"D310"}


@pytest.mark.parametrize("task_name", task_names())
def test_a_label_called_by_code_is_still_understood_by_its_word(task_name: str) -> None:
    task = load_task(task_name).coded()
    assert [label.answer for label in task.schema.labels] == list(task.schema.names)
    words = {label.name: label.answer for label in load_task(task_name).schema.labels}
    assert all(task.schema.named(word) == task.schema[name] for name, word in words.items())


@pytest.mark.whole
@pytest.mark.parametrize("answer_format", FORMATS)
def test_slots_are_answered_by_code_and_read_back_clean(answer_format: str, tmp_path: Path) -> None:
    out = tmp_path / "data"
    slots = SlotOptions(200, only={"city": ("枣庄",)})
    place_slots(slots, DatasetOptions(out, answer_format=answer_format, labels="code"))
    gold = out / "gold" / "test.jsonl"
    task, said = find_task(gold, None, None)
    assert (said, task.label_words) == (answer_format, "code")
    samples = read_gold(gold, task.schema)
    rows = json.loads((out / "ner_test.json").read_text("utf-8"))
    answers = {sample.id: row["output"] for sample, row in zip(samples, rows, strict=True)}
    for read in read_answers(samples, answers, load_format(said), task.schema):
        assert read.answer is not None
        assert read.answer.outcome in (Outcome.CLEAN, Outcome.EMPTY)
