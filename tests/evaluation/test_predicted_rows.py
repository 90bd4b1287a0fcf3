"""Predictions of a model as rows: its entities in place of gold's, with their scores."""

from pathlib import Path

import msgspec
import pytest

from nerforge.evaluation.predicted_rows import PredictionSource
from nerforge.evaluation.prediction_files import PredictionOptions
from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.conversion.losses import LossCounter
from nerforge.generators.corpora.reading.raw_rows import CompletedValue, RawEntity, RawRow
from nerforge.generators.datasets.entity_gold import encode_gold
from nerforge.templates.domain import Entity, Sample

TRIP = Sample("t-1", "😀王海去上海市", (Entity("PER", "王海", 1, 3), Entity("GPE", "上海市", 4, 7)), {"n": 1})
GOLD = [TRIP, Sample("t-2", "今天休息"), Sample("t-3", "王海和李梅")]


def open_rows(tmp_path: Path, samples: list[Sample], *rows: object) -> PredictionSource:
    gold, predictions = tmp_path / "gold.jsonl", tmp_path / "best.jsonl"
    gold.write_bytes(b"".join(encode_gold(samples)))
    predictions.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    return PredictionSource(predictions, gold, PredictionOptions(), task="ccfbdci")


def test_spans_replace_the_entities_of_gold_with_their_scores_in_reading_order(tmp_path: Path) -> None:
    spans = [
        {"label": "GPE", "start": 4, "end": 6, "text": "上海", "score": 0.5},
        {"label": "PER", "start": 1, "end": 3, "text": "王海", "score": 0.75},
        {"label": "ORG", "start": 0, "end": 1, "text": "😀"},
    ]
    rows = [{"id": "t-1", "entities": spans}, {"id": "t-2", "entities": []}]
    source = open_rows(tmp_path, GOLD, *rows)
    losses = LossCounter()
    first, second = source.rows(losses)
    entities = (
        RawEntity("ORG", "😀", 0, 1),
        RawEntity("PER", "王海", 1, 3, 0.75),
        RawEntity("GPE", "上海", 4, 6, 0.5),
    )
    assert first.row == RawRow(1, TRIP.text, entities, id="t-1", meta={"n": 1})
    assert second.row == RawRow(2, "今天休息", (), id="t-2")
    assert losses.in_order()["no_prediction"].places == ["gold.jsonl: t-3"]
    # A second pass gives the same, as a writer that refuses a row makes all begin anew.
    assert [row.row for row in source.rows(LossCounter())] == [first.row, second.row]
    assert source.read_counts()["outcomes"] == {"clean": 1, "empty": 1, "missing": 1}


def test_entities_without_a_place_are_looked_for_and_keep_their_scores(tmp_path: Path) -> None:
    spans = [
        {"label": "PER", "text": "李梅", "score": 0.5},
        {"label": "PER", "text": "王海", "score": 0.25},
        {"label": "PER", "text": "赵云", "score": 0.125},
    ]
    source = open_rows(tmp_path, GOLD, {"id": "t-3", "entities": spans})
    (found,) = source.rows(LossCounter())
    assert found.row.entities == (RawEntity("PER", "王海", 0, 2, 0.25), RawEntity("PER", "李梅", 3, 5, 0.5))
    assert found.row.completed == (CompletedValue("PER", "赵云", 2),)


def test_pieces_of_a_text_are_one_row_with_the_scores_of_all(tmp_path: Path) -> None:
    pieces = [
        Sample("d-1-0", "王海来了。", (), {"document": "d-1", "offset": 0, "of": 2, "n": 1}),
        Sample("d-1-1", "李梅去了。", (), {"document": "d-1", "offset": 5, "of": 2, "n": 1}),
    ]
    second = {"label": "PER", "start": 0, "end": 2, "text": "李梅", "score": 0.5}
    first = {"label": "PER", "start": 0, "end": 2, "text": "王海"}
    rows = [{"id": "d-1-0", "entities": [first]}, {"id": "d-1-1", "entities": [second]}]
    source = open_rows(tmp_path, pieces, *rows)
    (found,) = source.rows(LossCounter())
    entities = (RawEntity("PER", "王海", 0, 2), RawEntity("PER", "李梅", 5, 7, 0.5))
    assert found.row == RawRow(1, "王海来了。李梅去了。", entities, id="d-1", meta={"n": 1})
    assert "1 text was split into 2 pieces; the figures are of whole texts" in source.notes()


def test_answers_that_cannot_be_read_and_samples_without_one_are_lost_rows(tmp_path: Path) -> None:
    rows = [
        {"id": "t-1", "output": '{"entity_text": "王海", "entity_label": "人名"}'},
        {"id": "t-3", "output": '{"entity_text": '},
    ]
    source = open_rows(tmp_path, GOLD, *rows)
    losses = LossCounter()
    (found,) = source.rows(losses)
    assert found.row.entities == (RawEntity("PER", "王海", 1, 3),)
    assert {kind: count.n for kind, count in losses.in_order().items()} == {
        "no_prediction": 1,
        "unreadable_answer": 1,
    }
    with pytest.raises(
        UserError, match=r"gold.jsonl: t-2: a sample without a prediction: the row would be lost"
    ):
        list(source.rows(LossCounter(is_strict=True)))
