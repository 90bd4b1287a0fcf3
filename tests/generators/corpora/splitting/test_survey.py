"""What is known of a corpus before it is written."""

import json

import pytest

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.corpus import Corpus
from nerforge.generators.corpora.reading.reading_options import ReadingOptions
from nerforge.generators.corpora.splitting.split_choice import DEV, TEST, TRAIN
from nerforge.generators.corpora.splitting.survey import NO_PART, survey
from nerforge.templates.tasks import load_task

FEVER = {"start_idx": 0, "end_idx": 2, "entity_text": "发热", "entity_label": "sym"}
LUNG = {"start_idx": 3, "end_idx": 4, "entity_text": "肺", "entity_label": "bod"}


def look(tmp_path, *rows):
    path = tmp_path / "c.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return survey(Corpus(path, load_task("cmeee"), ReadingOptions("span_jsonl")))


def row(text, *entities, **more):
    return {"text": text, "entities": list(entities)} | more


def test_duplicates_and_contradictions_are_counted(tmp_path):
    found = look(
        tmp_path,
        row("发热，肺", FEVER),
        row("发热，肺", FEVER),
        row("发热，肺", FEVER, LUNG),
        row("晴"),
        row("晴"),
    )
    assert found.n_samples == 5
    assert (found.n_duplicates, found.n_contradictory) == (3, 1)


def test_labels_are_bits_of_the_schema(tmp_path):
    found = look(
        tmp_path, row("发热，肺", FEVER, LUNG), row("晴"), row("发热，肺", FEVER), row("发热，肺", LUNG)
    )
    both, none, fever, lung = found.labels[found.sample].tolist()
    assert (none, both) == (0, fever | lung)
    assert fever & lung == 0 < min(fever, lung)


@pytest.mark.parametrize(
    ("stated", "part"),
    [
        ("train", TRAIN),
        ("dev", DEV),
        ("Validation", DEV),
        ("test", TEST),
        ("fold3", NO_PART),
        (None, NO_PART),
    ],
)
def test_splits_go_by_their_usual_names(tmp_path, stated, part):
    assert look(tmp_path, row("晴", split=stated)).part.tolist() == [part]


def test_a_corpus_without_a_usable_row_says_why(tmp_path):
    lost = {"start_idx": 0, "end_idx": 2, "entity_text": "咳嗽", "entity_label": "sym"}
    with pytest.raises(
        UserError, match=r"no usable rows \(1 empty_text, 2 lost\)\n.*c\.jsonl:1: entity '咳嗽'"
    ):
        look(tmp_path, row("发热", lost), row("发热", lost), row(" "))
