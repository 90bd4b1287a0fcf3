"""Chats and pairs in the shapes of many programs: what is gold is read, and what a model said is not."""

import json
from pathlib import Path
from typing import Any

import pytest

from nerforge.foundation.errors import UsageError
from nerforge.generators.corpora.corpus import Corpus

TEXTS = ("林晓在宁波。", "雨停了。", "周凯去了宁波。")
ANSWERS = (
    '[{"entity_text": "林晓", "entity_label": "人物"}, {"entity_text": "宁波", "entity_label": "地点"}]',
    "[]",
    '[{"entity_text": "周凯", "entity_label": "人物"}, {"entity_text": "宁波", "entity_label": "地点"}]',
)
FOUND = [
    ("林晓在宁波。", [("人物", "林晓", 0), ("地点", "宁波", 3)]),
    ("雨停了。", []),
    ("周凯去了宁波。", [("人物", "周凯", 0), ("地点", "宁波", 4)]),
]
SYSTEM = "标出人物和地点。"
PAIRS = list(zip(TEXTS, ANSWERS, strict=True))


def roles(text: str, answer: str) -> list[dict[str, str]]:
    said = (("system", SYSTEM), ("user", text), ("assistant", answer))
    return [{"role": role, "content": words} for role, words in said]


SHAPES: dict[str, list[dict[str, Any]]] = {
    "OpenAI fine-tuning": [{"messages": roles(*pair)} for pair in PAIRS],
    "ShareGPT": [
        {"conversations": [{"from": "human", "value": q}, {"from": "gpt", "value": a}], "system": SYSTEM}
        for q, a in PAIRS
    ],
    "ms-swift messages": [{"messages": roles(*pair), "channel": "ner"} for pair in PAIRS],
    "ms-swift query and response": [
        {"system": SYSTEM, "query": q, "response": a, "history": []} for q, a in PAIRS
    ],
    "ms-swift alpaca": [{"system": SYSTEM, "instruction": q, "input": "", "output": a} for q, a in PAIRS],
    "Firefly": [{"conversation": [{"human": q, "assistant": a}], "category": "ner"} for q, a in PAIRS],
    "XTuner": [{"conversation": [{"system": SYSTEM, "input": q, "output": a}]} for q, a in PAIRS],
    "all in one conversation": [
        {"messages": [turn for pair in PAIRS for turn in roles(*pair) if turn["role"] != "system"]}
    ],
}


def written(folder: Path, rows: list[dict[str, Any]], *, as_array: bool = False) -> Path:
    path = folder / "data.json"
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text(f"[{', '.join(lines)}]" if as_array else "\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("as_array", [False, True], ids=["lines", "array"])
@pytest.mark.parametrize("name", SHAPES)
def test_answers_that_list_entities_are_read(tmp_path: Path, name: str, as_array: bool) -> None:
    corpus = Corpus(written(tmp_path, SHAPES[name], as_array=as_array))
    assert corpus.layout_name in ("conversations", "pairs", "alpaca")
    samples = [sample for sample, _ in corpus.samples(corpus.report())]
    told = [(x.text, [(e.label, e.text, e.start) for e in x.entities]) for x in samples if x]
    assert told == FOUND


def test_empty_reasoning_before_an_answer_is_counted(tmp_path: Path) -> None:
    rows = [{"messages": roles(q, f"<think>\n\n</think>\n\n{a}")} for q, a in PAIRS]
    corpus = Corpus(written(tmp_path, rows))
    report = corpus.report()
    assert [len(sample.entities) for sample, _ in corpus.samples(report) if sample] == [2, 0, 2]
    assert report.notes["answer_thinking"] == 3


def test_turns_of_history_are_counted(tmp_path: Path) -> None:
    rows = [{"query": q, "response": a, "history": [["你好", "你好"]]} for q, a in PAIRS]
    corpus = Corpus(written(tmp_path, rows))
    report = corpus.report()
    assert len(list(corpus.samples(report))) == 3
    assert report.notes["turns_of_history"] == 3


def test_the_system_turn_of_pairs_is_their_own_prompt(tmp_path: Path) -> None:
    corpus = Corpus(written(tmp_path, SHAPES["ms-swift query and response"]))
    assert corpus.answers.instructions == {(SYSTEM, True): 3}


PREDICTIONS: dict[str, dict[str, Any]] = {
    "LLaMA-Factory": {"prompt": TEXTS[0], "predict": ANSWERS[0], "label": ANSWERS[0]},
    "vLLM of LLaMA-Factory": {"prompt": TEXTS[0], "predict": ANSWERS[0]},
    "OpenAI batch": {
        "custom_id": "1",
        "response": {"body": {"choices": [{"message": {"role": "assistant", "content": ANSWERS[0]}}]}},
    },
    "OpenAI batch requests": {"custom_id": "1", "body": {"messages": roles(TEXTS[0], "")[:2]}},
    "OpenAI chat log": {"messages": roles(TEXTS[0], "")[:2], "choices": [{"message": {"content": "[]"}}]},
    "ms-swift": {"response": ANSWERS[0], "labels": ANSWERS[0], "messages": roles(TEXTS[0], ANSWERS[0])},
    "ms-swift 2": {"query": TEXTS[0], "response": ANSWERS[0], "label": ANSWERS[0], "history": []},
    "log of probabilities": {"query": TEXTS[0], "response": ANSWERS[0], "logprobs": None},
    "OpenCompass": {"0": {"origin_prompt": TEXTS[0], "prediction": ANSWERS[0], "gold": ANSWERS[0]}},
    "harness": {"doc_id": 0, "target": ANSWERS[0], "resps": [[ANSWERS[0]]], "doc": {"text": TEXTS[0]}},
    "own script": {"text": TEXTS[0], "prediction": ANSWERS[0]},
    "with a reference": {"question": TEXTS[0], "output": ANSWERS[0], "reference": ANSWERS[1]},
}


@pytest.mark.parametrize("answer", ANSWERS[:2], ids=["entities", "none"])
@pytest.mark.parametrize("name", PREDICTIONS)
def test_gold_is_never_made_of_predictions(tmp_path: Path, name: str, answer: str) -> None:
    said = (
        "requests of OpenAI's batches" if name == "OpenAI batch requests" else "a file of predictions; score"
    )
    row = json.loads(
        json.dumps(PREDICTIONS[name]).replace(json.dumps(ANSWERS[0])[1:-1], json.dumps(answer)[1:-1])
    )
    for as_array in (False, True):
        with pytest.raises(UsageError, match=f"data.json: is {said}"):
            Corpus(written(tmp_path, [row] * 2, as_array=as_array))
