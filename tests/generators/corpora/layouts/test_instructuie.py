"""Sentences of InstructUIE, and instructions with their answers."""

import json
from pathlib import Path
from typing import Any

import pytest

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.corpus import Corpus
from nerforge.generators.corpora.layouts.instructuie import read, write
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow

TEXT = "Ana Reis left Porto for Lima."
PEOPLE = [{"name": "Ana Reis", "type": "person", "pos": [0, 8]}]
ASKED = (
    'Please list all entity words in the text that fit the category.Output format is "type1: word1; '
    'type2: word2". \nOption: person, location, work of art \nText: {0} \nAnswer:'
)
FOUND = [("person", "Ana Reis", 0), ("location", "Porto", 14), ("location", "Lima", 24)]
SAID = "person: Ana Reis; location: Porto; location: Lima"


def corpus_of(folder: Path, *values: Any) -> Corpus:
    path = folder / "corpus.jsonl"
    path.write_text("\n".join(json.dumps(x, ensure_ascii=False) for x in values), encoding="utf-8")
    corpus = Corpus(path)
    assert corpus.layout_name == "instructuie"
    return corpus


def told(corpus: Corpus) -> list[tuple[str, list[tuple[str, str, int | None]]]]:
    samples = [sample for sample, _ in corpus.samples(corpus.report())]
    return [(x.text, [(e.label, e.text, e.start) for e in x.entities]) for x in samples if x]


def test_places_are_read_whatever_their_ends_mean(tmp_path: Path) -> None:
    inclusive = [{"name": "Ana Reis", "type": "person", "pos": [0, 7]}]
    for entities in (PEOPLE, inclusive):
        rows = [{"sentence": "It rained.", "entities": []}, {"sentence": TEXT, "entities": entities}]
        assert told(corpus_of(tmp_path, *rows)) == [("It rained.", []), (TEXT, [("person", "Ana Reis", 0)])]


def test_entities_without_places_are_looked_for(tmp_path: Path) -> None:
    entities = [*PEOPLE, {"name": "Lima", "type": "location", "pos": []}]
    corpus = corpus_of(tmp_path, {"sentence": TEXT, "entities": entities})
    assert told(corpus) == [(TEXT, [("person", "Ana Reis", 0), ("location", "Lima", 24)])]


@pytest.mark.parametrize(
    "record",
    [
        {"Task": "NER", "Instance": {"sentence": TEXT, "label": f" {SAID}", "instruction": ASKED}},
        {"sentence": TEXT, "label": SAID, "instruction": ASKED},
        {"instruction": ASKED.replace("{0}", TEXT), "input": "", "output": f"Output: {SAID}"},
        {"instruction": ASKED.partition("Text:")[0], "input": TEXT, "output": SAID},
        {"instruction": ASKED.partition("Text:")[0], "input": f"Text: {TEXT}\nAnswer:", "output": SAID},
        {"prompt": ASKED.replace("{0}", TEXT), "output": SAID},
    ],
    ids=["instance", "flat", "instruction", "input", "text as input", "prompt"],
)
def test_instructions_are_read_in_every_arrangement(tmp_path: Path, record: dict[str, Any]) -> None:
    corpus = corpus_of(tmp_path, record)
    assert told(corpus) == [(TEXT, FOUND)]
    assert corpus.labels == ("location", "person", "work of art")


def test_predictions_beside_the_right_answer_are_no_gold(tmp_path: Path) -> None:
    record = {
        "Task": "NER",
        "Instance": {"sentence": TEXT, "ground_truth": SAID, "instruction": ASKED},
        "Prediction": "location: Ana Reis",
    }
    assert told(corpus_of(tmp_path, record)) == [(TEXT, FOUND)]


def test_values_may_hold_semicolons_and_colons(tmp_path: Path) -> None:
    text = "Ana Reis wrote War: a tale; a song."
    record = {"instruction": ASKED, "sentence": text}
    record["label"] = "work of art: War: a tale; a song; person: Ana Reis"
    assert told(corpus_of(tmp_path, record)) == [
        (text, [("person", "Ana Reis", 0), ("work of art", "War: a tale; a song", 15)])
    ]


def test_labels_and_sentences_may_speak_of_events_and_relations(tmp_path: Path) -> None:
    text = "The relation of Ana Reis to the event War."
    record = {"instruction": "List all entity words. Option: person, event", "sentence": text}
    corpus = corpus_of(tmp_path, record | {"label": "person: Ana Reis; event: War"})
    assert told(corpus) == [(text, [("person", "Ana Reis", 16), ("event", "War", 38)])]


def test_none_is_no_entity_and_what_cannot_be_read_is_counted(tmp_path: Path) -> None:
    rows = [{"instruction": ASKED, "sentence": TEXT, "label": said} for said in ("None", SAID, "a person")]
    corpus = corpus_of(tmp_path, *rows)
    report = corpus.report()
    samples = [sample and len(sample.entities) for sample, _ in corpus.samples(report)]
    assert (samples, report.notes) == ([0, 3], {"answer_unread": 1})


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        ({"sentence": TEXT, "relations": []}, "relations"),
        ({"sentence": TEXT, "events": []}, "events"),
        ({"Task": "RE", "Instance": {"sentence": TEXT, "label": "x: y, z", "instruction": ASKED}}, "task_re"),
        (
            {"instruction": "Find relations. Option: born in", "input": TEXT, "output": "born in: a, b"},
            "task_other",
        ),
    ],
)
def test_other_tasks_are_skipped_and_counted(tmp_path: Path, other: dict[str, Any], kind: str) -> None:
    corpus = corpus_of(tmp_path, other, {"sentence": TEXT, "entities": PEOPLE}, other)
    report = corpus.report()
    assert len(list(corpus.samples(report))) == 1
    assert report.notes == {kind: 2}


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"sentence": TEXT}, "found sentence; expected sentence with entities"),
        ({"sentence": TEXT, "entities": ["Ana"]}, r"entities\[0\] is 'Ana'; expected"),
    ],
)
def test_what_is_no_record_is_named(tmp_path: Path, broken: Any, message: str) -> None:
    with pytest.raises(UserError, match=rf"corpus\.jsonl:2: {message}"):
        corpus_of(tmp_path, {"sentence": TEXT, "entities": PEOPLE}, broken)


def test_ids_splits_and_scores_come_back(tmp_path: Path) -> None:
    rows = [
        RawRow(1, TEXT, (RawEntity("person", "Ana Reis", 0, 8, 0.5),), "test", id="a", meta={"page": 3}),
        RawRow(2, TEXT, (), id="b"),
    ]
    path = tmp_path / "corpus.jsonl"
    path.write_bytes(b"".join(write(rows)))
    assert list(read(path)) == rows
