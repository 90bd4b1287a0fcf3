import json
from pathlib import Path
from typing import Any

import pytest

from nerforge.evaluation.prediction_files import PredictionOptions
from nerforge.evaluation.scores.entity_scores import score_files
from nerforge.evaluation.scores.schema import Scores
from nerforge.evaluation.span_files import recognise_spans
from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.datasets.entity_gold import encode_gold
from nerforge.templates.domain import Entity, Sample
from nerforge.templates.tasks import load_task

TASK = load_task("ccfbdci")
POWER = load_task("power")
TEXT = "张伟从上海到上海大学"
GOLD = Sample(
    "g1", TEXT, (Entity("PER", "张伟", 0, 2), Entity("GPE", "上海", 3, 5), Entity("ORG", "上海大学", 6, 10))
)
OTHER = Sample("g2", "李雷在家", (Entity("PER", "李雷", 0, 2),))
NONE = Sample("g3", "今天下雨")


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def score(folder: Path, rows: Any, samples: tuple[Sample, ...] = (GOLD,), **options: Any) -> Scores:
    gold = folder / "gold.jsonl"
    gold.write_bytes(b"".join(encode_gold(samples)))
    pred = folder / "p"
    if isinstance(rows, str):
        pred.write_text(rows, encoding="utf-8")
    else:
        write(pred, rows)
    task = options.pop("task", TASK)
    return score_files(gold, pred, task, "json", n_bootstrap=0, **options)[0]


def span(label: str, start: int | None, end: int | None, text: str | None = None) -> dict[str, Any]:
    return {"label": label, "start": start, "end": end, **({} if text is None else {"text": text})}


def row(*spans: dict[str, Any]) -> dict[str, Any]:
    return {"text": TEXT, "entities": list(spans)}


RIGHT = (span("PER", 0, 2, "张伟"), span("GPE", 3, 5, "上海"), span("ORG", 6, 10, "上海大学"))


@pytest.mark.parametrize(
    ("stated", "kind", "right", "predicted", "outcome"),
    [
        (span("LOC", 3, 5, "上海"), {}, 3, 4, "clean"),
        (span("学校", 6, 10, "上海大学"), {"unknown_label": 1}, 3, 4, "repaired"),
        (span("人名", 0, 2, "张伟"), {"repeated": 1}, 3, 3, "repaired"),
        (span("PER", 2, 4, "张伟"), {"offsets_moved": 1, "repeated": 1}, 3, 3, "repaired"),
        (span("LOC", 4, 6, "上海"), {"offsets_disagree": 1}, 3, 4, "clean"),
        (span("LOC", 4, 6, "北京"), {"not_in_text": 1}, 3, 4, "clean"),
        (span("LOC", 40, 60, "北京"), {"not_in_text": 1, "offsets_outside": 1}, 3, 4, "clean"),
        (span("LOC", 40, 60), {"offsets_outside": 1}, 3, 4, "clean"),
        (span("LOC", 8, 11), {"offsets_outside": 1}, 3, 4, "clean"),
        (span("LOC", None, None, "北京"), {"not_in_text": 1}, 3, 4, "clean"),
        (span("person name", 0, 2, "张伟"), {"label_variant": 1, "repeated": 1}, 3, 3, "repaired"),
    ],
    ids=[
        "wrong label", "unknown label", "repeated", "moved", "disagree", "not in text", "outside with text",
        "outside", "beyond the end", "no place", "synonym",
    ],
)  # fmt: skip
def test_each_fault_is_a_problem_of_its_kind_and_costs_precision(
    stated: dict[str, Any], kind: dict[str, int], right: int, predicted: int, outcome: str, tmp_path: Path
) -> None:
    scores = score(tmp_path, [row(*RIGHT, stated)])
    strict = scores.criteria["strict"].micro
    assert (strict.tp, strict.n_predicted) == (right, predicted)
    assert scores.problems == dict(sorted(kind.items()))
    assert scores.outcomes[outcome] == 1


def test_an_unknown_label_counts_as_a_wrong_prediction_under_its_own_name(tmp_path: Path) -> None:
    scores = score(tmp_path, [row(span("学\x1b[31m校", 6, 10))])
    assert scores.criteria["strict"].micro.n_predicted == 1
    assert scores.criteria["strict"].per_label[r"学\x1b[31m校"].n_predicted == 1
    assert scores.criteria["exact"].micro.tp == 1


def test_no_row_is_missing_an_empty_row_is_empty_and_null_is_no_prediction(tmp_path: Path) -> None:
    rows = [
        {"id": "g3", "text": NONE.text, "entities": []},
        {"id": "g2", "text": OTHER.text, "entities": None},
    ]
    scores = score(tmp_path, rows, (GOLD, OTHER, NONE))
    assert scores.outcomes == {
        "clean": 0, "repaired": 0, "salvaged": 0, "empty": 1, "unparsable": 0, "missing": 2,
    }  # fmt: skip
    assert (scores.predictions.counts.missing, scores.predictions.counts.failed) == (2, 1)
    assert "2 of 3 samples have no prediction" in " ".join(scores.predictions.notes)
    assert scores.sample_exact_match == 1 / 3


def test_inferred_and_normalised_entities_of_the_gold_layout_are_kept(tmp_path: Path) -> None:
    query = Sample(
        "q",
        "菏泽市投诉个数",
        (Entity("Province", "山东省"), Entity("City", "菏泽", 0, 3), Entity("Indicator", "投诉", 3, 5)),
    )
    rows = [json.loads(line) for line in encode_gold([query])]
    scores = score(tmp_path, rows, (query,), task=POWER)
    assert {c.micro.f1 for c in scores.criteria.values()} == {1.0}
    assert scores.groundings == {"exact": 1, "inferred": 1, "normalised": 1}
    tags = "菏 B-City\n泽 I-City\n市 I-City\n投 B-Indicator\n诉 I-Indicator\n个 O\n数 O\n"
    spans = score(tmp_path, tags, (query,), task=POWER)
    assert spans.criteria["strict"].micro.tp == 2
    assert "normal form" in spans.predictions.notes[-1]


def test_an_inferred_value_is_not_looked_for_in_the_gold_layout_alone(tmp_path: Path) -> None:
    stated = [span("PER", None, None, "张伟")]
    kept = score(tmp_path, [{"id": "g1", "text": TEXT, "entities": stated}])
    assert (kept.criteria["strict"].micro.tp, kept.criteria["text"].micro.tp) == (0, 1)
    found = score(tmp_path, [{"text": TEXT, "entities": stated}])
    assert found.criteria["strict"].micro.tp == 1


@pytest.mark.parametrize(
    "text",
    [
        "张 B-PER\n伟 I-PER\n从 O\n上 O\n海 O\n到 O\n上 O\n海 O\n",
        "张伟 B-PER\n从 O\n上海 B-GPE\n到 O\n上海 B-ORG\n大学 I-ORG\n",
        "张 B-PER\n伟 E-PER\n从 O\n上 B-GPE\n海 E-GPE\n到 O\n上 B-ORG\n海 M-ORG\n大 M-ORG\n学 E-ORG\n",
    ],
    ids=["truncated", "words", "bmes"],
)
def test_conll_is_aligned_by_characters_however_it_was_tokenised(text: str, tmp_path: Path) -> None:
    scores = score(tmp_path, text)
    if "大" in text:
        assert scores.criteria["strict"].micro.f1 == 1.0
        assert scores.problems == {}
    else:
        assert scores.problems == {"cut_off": 1}
        assert scores.predictions.counts.cut_prompts == 1
        assert (scores.outcomes["salvaged"], scores.sample_exact_match) == (1, 0.0)


def test_spaces_case_and_width_that_a_tokenizer_changed_do_not_move_a_span(tmp_path: Path) -> None:
    gold = Sample(
        "g1",
        "在 New York 的ＡＢＣ公司",
        (Entity("GPE", "New York", 2, 10), Entity("ORG", "ＡＢＣ公司", 12, 17)),
    )
    tags = "在 O\nnew B-GPE\nyork I-GPE\n的 O\na B-ORG\nb I-ORG\nc I-ORG\n公 I-ORG\n司 I-ORG\n"
    scores = score(tmp_path, tags, (gold,))
    assert scores.criteria["strict"].micro.f1 == 1.0


def test_rows_of_no_gold_sample_and_repeated_rows_are_told(tmp_path: Path) -> None:
    rows = [row(*RIGHT), row(*RIGHT), {"text": "别的句子", "entities": []}]
    scores = score(tmp_path, rows, (GOLD, OTHER))
    notes = " ".join(scores.predictions.notes)
    assert "1 of 3 rows of no gold sample, the first is row 3, '别的句子'" in notes
    assert "1 row repeated: each counts once" in notes
    counts = scores.predictions.counts
    assert (counts.unmatched, counts.repeated, counts.missing) == (1, 1, 1)


def test_a_sentence_that_another_begins_with_is_not_taken_for_a_truncated_one(tmp_path: Path) -> None:
    rows = [{"text": TEXT[:8], "entities": []}, row(*RIGHT)]
    scores = score(tmp_path, rows)
    assert scores.sample_exact_match == 1.0
    assert scores.predictions.counts.unmatched == 1


def test_of_a_gold_and_a_predicted_tag_a_line_the_last_is_read_and_said(tmp_path: Path) -> None:
    scores = score(tmp_path, "李 B-PER O\n雷 I-PER O\n在 O B-LOC\n家 O I-LOC\n", (OTHER,))
    assert (scores.n_predicted, scores.criteria["strict"].micro.tp) == (1, 0)
    assert scores.predictions.notes[0].startswith("lines have several columns of tags: the last one")


def test_conll_may_begin_with_a_bracket(tmp_path: Path) -> None:
    gold = Sample("g1", "[张伟]", (Entity("PER", "张伟", 1, 3),))
    scores = score(tmp_path, "[ O\n张 B-PER\n伟 I-PER\n] O\n", (gold,))
    assert scores.criteria["strict"].micro.f1 == 1.0


def test_two_rows_that_differ_on_a_sample_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="rows 1 and 2 predict different entities for sample 'g1'"):
        score(tmp_path, [row(*RIGHT), row()])


def test_equal_sentences_take_their_rows_in_order_or_by_id(tmp_path: Path) -> None:
    twins = (GOLD, Sample("g9", TEXT, (Entity("PER", "张伟", 0, 2),)))
    in_order = score(tmp_path, [row(*RIGHT), row(RIGHT[0])], twins)
    assert in_order.sample_exact_match == 1.0
    assert "2 rows with the sentence of several gold samples" in " ".join(in_order.predictions.notes)
    rows = [{"id": "g9", **row(RIGHT[0])}, {"id": "g1", **row(*RIGHT)}]
    assert score(tmp_path, rows, twins).sample_exact_match == 1.0


def test_ids_that_are_not_those_of_gold_give_way_to_the_sentences(tmp_path: Path) -> None:
    samples = (Sample("1", OTHER.text, OTHER.entities), Sample("2", TEXT, GOLD.entities))
    rows = [{"id": 1, **row(*RIGHT)}, {"id": 2, "text": OTHER.text, "entities": [span("PER", 0, 2)]}]
    assert score(tmp_path, rows, samples).sample_exact_match == 1.0


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"text": "别的", "entities": []}], "none of its 1 rows belongs to gold"),
        ([[], [span("PER", 0, 2)], []], "3 rows for 1 gold samples"),
        ([[span("PER", 0, 2, "韩梅梅")], []], "only 0 of 1 entities stand in their gold sentence"),
        ([row(span("PER", 0, 2)), {"text": "x", "ents": []}], "no field with entities; found text, ents"),
        ([row(span("PER", 0, 2), {"start": 1, "end": 2})], "an entity has no label; found fields start, end"),
        ([row({"label": "PER", "start": 0.5, "end": 2})], "start and end are 0.5 and 2"),
        ([row({"entity": "B-PER", "word": "张", "start": 0, "end": 1})], "aggregation_strategy"),
        (
            [{"text": TEXT, "label": "PER", "start": 0, "end": 2}],
            "one entity a row; expected one row a sentence",
        ),
        ([{"tokens": ["张伟", "从", "上海"], "ner": [[0, 0, "PER"]]}], "count tokens or characters"),
    ],
    ids=[
        "other split",
        "too many",
        "other order",
        "other key",
        "no label",
        "no number",
        "token tags",
        "row of an entity",
        "tokens",
    ],
)
def test_what_cannot_be_read_or_matched_is_refused(rows: list[Any], message: str, tmp_path: Path) -> None:
    samples = (GOLD, OTHER) if "only" in message else (GOLD,)
    with pytest.raises(UserError, match=message):
        score(tmp_path, rows, samples)


def test_answers_win_over_entities_beside_them_unless_asked(tmp_path: Path) -> None:
    rows = [
        {"id": "g1", "output": '{"entity_text": "张伟", "entity_label": "人名"}', "entities": list(RIGHT)}
    ]
    answers = score(tmp_path, rows)
    assert answers.criteria["strict"].micro.tp == 1
    assert "--pred-layout span_rows reads the entities" in answers.predictions.notes[0]
    assert (
        score(tmp_path, rows, reading=PredictionOptions(layout="span_rows")).criteria["strict"].micro.tp == 3
    )


def task_of_label_studio(*versions: str, annotated: bool = True) -> dict[str, Any]:
    def result(*spans: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            {"type": "labels", "to_name": "text", "value": {**s, "labels": [s["label"]]}} for s in spans
        ]  # fmt: skip

    predictions = [
        {"model_version": version, "score": 0.5, "result": result(*RIGHT[: n + 1])}
        for n, version in enumerate(versions)
    ]
    annotations = [{"result": result(*RIGHT)}] if annotated else []
    return {"id": 7, "data": {"text": TEXT}, "annotations": annotations, "predictions": predictions}


def test_predictions_of_label_studio_come_before_its_annotations(tmp_path: Path) -> None:
    export = json.dumps([task_of_label_studio("crf")])
    scores = score(tmp_path, export)
    assert scores.criteria["strict"].micro.tp == 1
    assert "--pred-layout label_studio scores the annotations" in scores.predictions.notes[0]
    annotated = score(tmp_path, export, reading=PredictionOptions(layout="label_studio"))
    assert annotated.criteria["strict"].micro.tp == 3
    assert score(tmp_path, json.dumps([task_of_label_studio()])).criteria["strict"].micro.tp == 3


def test_of_several_models_in_label_studio_one_is_named(tmp_path: Path) -> None:
    export = json.dumps([task_of_label_studio("crf", "uie", annotated=False)])
    with pytest.raises(UsageError, match=r"'crf' \(1 tasks\), 'uie' \(1 tasks\); choose with --pred-model"):
        score(tmp_path, export)
    with pytest.raises(UsageError, match="no such model version"):
        score(tmp_path, export, model="bert")
    assert score(tmp_path, export, model="uie").criteria["strict"].micro.tp == 2


def test_inclusive_ends_are_found_without_texts_where_entities_would_be_empty(tmp_path: Path) -> None:
    gold = Sample("g1", "中美在上海谈", (Entity("GPE", "中", 0, 1), Entity("GPE", "上海", 3, 5)))
    scores = score(tmp_path, [{"text": gold.text, "entities": [[0, 0, "GPE"], [3, 4, "GPE"]]}], (gold,))
    assert scores.criteria["strict"].micro.f1 == 1.0
    assert "end inclusive, as the ends of entities tell" in scores.predictions.notes[0]


def test_declared_offsets_win_over_what_is_assumed(tmp_path: Path) -> None:
    gold = Sample("g1", "中国在上海谈", (Entity("GPE", "中国", 0, 2), Entity("GPE", "上海", 3, 5)))
    rows = [{"text": gold.text, "entities": [[0, 1, "GPE"], [3, 4, "GPE"]]}]
    assert score(tmp_path, rows, (gold,)).criteria["strict"].micro.f1 == 0.0
    scores = score(tmp_path, rows, (gold,), reading=PredictionOptions(ends="inclusive"))
    assert scores.criteria["strict"].micro.f1 == 1.0
    assert "offsets count characters from 0, end inclusive, as declared" in scores.predictions.notes[0]
    with pytest.raises(UsageError, match="--unit bytes: expected one of code_points, utf16, utf8"):
        PredictionOptions(unit="bytes")


def test_a_layout_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown layout of predictions 'csv'"):
        recognise_spans(tmp_path, PredictionOptions(layout="csv"))
