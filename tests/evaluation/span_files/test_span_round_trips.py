import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from nerforge.evaluation.metrics.criteria import CRITERIA
from nerforge.evaluation.scores.entity_scores import score_files
from nerforge.evaluation.scores.schema import Scores
from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.layouts import LAYOUTS, load_layout
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow
from nerforge.generators.datasets.entity_gold import encode_gold
from nerforge.templates.answers import load_format
from nerforge.templates.domain import Entity, Sample
from nerforge.templates.tasks import load_task
from tests.pair_layouts import PAIR_LAYOUTS

TASK = load_task("ccfbdci")
MEDICAL = load_task("cmeee")
SAMPLES = [
    Sample("g1", "王芳昨天从上海飞抵东京。", (Entity("PER", "王芳", 0, 2), Entity("GPE", "上海", 5, 7))),
    Sample("g2", "今天没有消息。"),
    Sample("g3", "😀北大的李雷", (Entity("ORG", "北大", 1, 3), Entity("PER", "李雷", 4, 6))),
    Sample("g4", "上海人在上海", (Entity("GPE", "上海", 4, 6),)),
]
NESTED = [
    Sample("m1", "双肺有湿啰音。", (Entity("sym", "双肺有湿啰音", 0, 6), Entity("bod", "双肺", 0, 2))),
    Sample("m2", "胸部X线片", (Entity("pro", "胸部X线片", 0, 5), Entity("bod", "胸部", 0, 2))),
]


def write_gold(folder: Path, samples: list[Sample]) -> Path:
    path = folder / "gold.jsonl"
    path.write_bytes(b"".join(encode_gold(samples)))
    return path


def raw(samples: list[Sample]) -> list[RawRow]:
    return [
        RawRow(
            n, s.text, tuple(RawEntity(e.label, e.text, e.start or 0, e.end or 0) for e in s.entities), None
        )
        for n, s in enumerate(samples, start=1)
    ]


def score(folder: Path, samples: list[Sample], pred: Path, **options: Any) -> Scores:
    task = MEDICAL if samples[0].id.startswith("m") else TASK
    return score_files(write_gold(folder, samples), pred, task, "json", n_bootstrap=0, **options)[0]


def f1s(scores: Scores) -> set[float]:
    assert scores.criteria.keys() == set(CRITERIA)
    return {criterion.micro.f1 for criterion in scores.criteria.values()}


def dump(path: Path, rows: list[Any], *, as_array: bool = False) -> Path:
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text(f"[{','.join(lines)}]" if as_array else "\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.whole
@pytest.mark.parametrize("samples", [SAMPLES, NESTED], ids=["flat", "nested"])
@pytest.mark.parametrize("name", sorted(set(LAYOUTS) - set(PAIR_LAYOUTS)))
def test_gold_in_every_layout_of_a_corpus_is_right_in_every_criterion(
    name: str, samples: list[Sample], tmp_path: Path
) -> None:
    pred = tmp_path / ("p.parquet" if name == "datasets_folder" else "p")
    write = load_layout(name).write
    if write is None:
        pytest.skip("the layout is not written, or as a folder")
    try:
        pred.write_bytes(b"".join(write(raw(samples))))
    except UserError as err:
        assert samples is NESTED, err
        pytest.skip("the layout cannot say entities within one another")
    scores = score(tmp_path, samples, pred)
    assert f1s(scores) == {1.0}
    assert scores.sample_exact_match == 1.0
    n_empty = sum(not sample.entities for sample in samples)
    assert (scores.outcomes["clean"], scores.outcomes["empty"]) == (len(samples) - n_empty, n_empty)
    assert scores.problems == {}
    assert scores.settings.answer_format == "spans"
    described = scores.settings.predictions
    assert (described.kind, described.layout) == ("spans", name)


def objects(sample: Sample, *keys: str, shift: int = 0) -> list[dict[str, Any]]:
    label, text, start, end = keys
    return [
        {label: e.label, text: e.text, start: e.start, end: (e.end or 0) + shift, "score": 0.9}
        for e in sample.entities
    ]


def by_label(sample: Sample) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for e in sample.entities:
        found.setdefault(e.label, []).append(
            {"text": e.text, "start": e.start, "end": e.end, "probability": 1}
        )
    return found


def tags_of(sample: Sample) -> list[str]:
    tags = ["O"] * len(sample.text)
    for e in sample.entities:
        assert e.span
        tags[slice(*e.span)] = [f"B-{e.label}", *[f"I-{e.label}"] * (len(e.text) - 1)]
    return tags


def triples(sample: Sample) -> list[Any]:
    return [[e.start, e.end, e.label] for e in sample.entities]


ROWS: dict[str, Callable[[Sample], Any]] = {
    "gliner": lambda s: {"text": s.text, "entities": objects(s, "label", "text", "start", "end")},
    "by id": lambda s: {"id": s.id, "spans": objects(s, "label", "text", "start", "end")},
    "entities alone": lambda s: objects(s, "label", "text", "start", "end"),
    "pipeline": lambda s: {
        "sentence": s.text,
        "ner": [
            {"entity_group": e.label, "word": " ".join(e.text).lower(), "start": e.start, "end": e.end}
            for e in s.entities
        ],
    },
    "spacy json": lambda s: {
        "text": s.text,
        "ents": [{"start": e.start, "end": e.end, "label": e.label} for e in s.entities],
        "tokens": [{"id": 0, "start": 0, "end": len(s.text)}],
    },
    "spacy pair": lambda s: [s.text, {"entities": triples(s)}],
    "triples": lambda s: {"id": s.id, "predictions": triples(s)},
    "uie": lambda s: {"text": s.text, "result": [by_label(s)]},
    "uie alone": by_label,
    "uie beside": lambda s: {"text": s.text, **by_label(s)},
    "tags": lambda s: {"tokens": list(s.text), "predictions": tags_of(s), "ner_tags": ["O"] * len(s.text)},
    "inclusive": lambda s: {
        "text": s.text,
        "entities": objects(s, "type", "entity", "start_idx", "end_idx", shift=-1),
    },
    "unknown key": lambda s: {"text": s.text, "bert": objects(s, "label", "text", "start", "end")},
    "stanza": lambda s: {"text": s.text, "entities": objects(s, "type", "text", "start_char", "end_char")},
    "flair": lambda s: {
        "text": s.text,
        "entities": [
            {"text": e.text, "start_pos": e.start, "end_pos": e.end, "labels": [{"value": e.label}]}
            for e in s.entities
        ],
    },
    "answer names": lambda s: {
        "text": s.text,
        "entities": [
            {"start": e.start, "end": e.end, "label": TASK.schema[e.label].answer} for e in s.entities
        ],
    },
    "model beside gold": lambda s: {"text": s.text, "labels": [[0, 1, "LOC"]], "predictions": triples(s)},
}


@pytest.mark.whole
@pytest.mark.parametrize("as_array", [False, True], ids=["lines", "array"])
@pytest.mark.parametrize("name", ROWS)
def test_rows_as_scripts_write_them_are_read(name: str, as_array: bool, tmp_path: Path) -> None:
    pred = dump(tmp_path / "p.json", [ROWS[name](s) for s in SAMPLES], as_array=as_array)
    scores = score(tmp_path, SAMPLES, pred)
    assert f1s(scores) == {1.0}
    assert scores.outcomes["empty"] == 1
    assert scores.problems == {}


def test_offsets_in_utf16_units_are_found_out_and_said(tmp_path: Path) -> None:
    def units(text: str, at: int) -> int:
        return len(text[:at].encode("utf-16-le")) // 2

    rows = [
        {"text": s.text, "entities": [
            {"start": units(s.text, e.start or 0), "end": units(s.text, e.end or 0), "label": e.label,
             "text": e.text}
            for e in s.entities
        ]}
        for s in [SAMPLES[2]] * 3 + SAMPLES
    ]  # fmt: skip
    gold = [replace(s, id=f"u{n}") for n, s in enumerate([SAMPLES[2]] * 3 + SAMPLES)]
    scores = score(tmp_path, gold, dump(tmp_path / "p.jsonl", rows))
    assert f1s(scores) == {1.0}
    assert "UTF-16 units from 0, end exclusive" in scores.predictions.notes[0]
    assert scores.settings.predictions.offsets.unit == "utf16"


@st.composite
def samples_and_guesses(draw: st.DrawFn) -> tuple[list[Sample], list[tuple[Entity, ...]]]:
    samples, guesses = [], []
    for number in range(draw(st.integers(1, 5))):
        text = draw(st.text("甲乙丙a ", min_size=1, max_size=12).filter(str.strip))
        rows = []
        for _ in range(2):
            spans = draw(
                st.sets(
                    st.tuples(
                        st.integers(0, len(text) - 1), st.integers(1, 4), st.sampled_from(["dis", "bod"])
                    ),
                    max_size=4,
                )
            )
            cut = [(start, min(start + n, len(text)), label) for start, n, label in sorted(spans)]
            rows.append(
                tuple(
                    Entity(label, text[start:end], start, end)
                    for start, end, label in dict.fromkeys(cut)
                    if text[start:end].strip() == text[start:end]
                )
            )
        samples.append(Sample(f"m{number}", text, rows[0]))
        guesses.append(rows[1])
    return samples, guesses


@pytest.mark.whole
@settings(max_examples=30)
@given(samples_and_guesses(), st.randoms(use_true_random=False))
def test_spans_score_as_the_same_answers_do(
    tmp_path_factory: pytest.TempPathFactory,
    drawn: tuple[list[Sample], list[tuple[Entity, ...]]],
    rng: random.Random,
) -> None:
    samples, guesses = drawn
    folder = tmp_path_factory.mktemp("spans")
    said = load_format("occurrence")
    guessed = [replace(s, entities=found) for s, found in zip(samples, guesses, strict=True)]
    answers = [{"id": s.id, "output": said.encode(s, MEDICAL.schema)} for s in guessed]
    rows = [
        {"id": s.id, "text": s.text, "entities": objects(s, "label", "text", "start", "end")} for s in guessed
    ]
    rng.shuffle(rows)
    gold = write_gold(folder, samples)
    ours, _ = score_files(gold, dump(folder / "s.jsonl", rows), MEDICAL, "json", n_bootstrap=0)
    theirs, _ = score_files(gold, dump(folder / "a.jsonl", answers), MEDICAL, "occurrence", n_bootstrap=0)
    for key in ("criteria", "slices", "confusion", "boundary_errors", "sample_exact_match", "compatible"):
        assert getattr(ours, key) == getattr(theirs, key), key
