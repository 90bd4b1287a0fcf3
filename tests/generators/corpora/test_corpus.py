"""Rows as samples: the same ones whatever the offsets mean, and every fault counted."""

import json
import re

import msgspec
import pytest

from nerforge.generators.corpora.aligning.offsets import EndConvention, OffsetConvention, OffsetUnit
from nerforge.generators.corpora.corpus import Corpus
from nerforge.generators.corpora.reading.reading_options import ReadingOptions
from nerforge.generators.corpora.reading.row_reports import ReadReport
from nerforge.templates.domain import Entity
from nerforge.templates.tasks import load_task

CMEEE = load_task("cmeee")
ROWS = [
    ("证明细胞减少明显", [("细胞减少", "sym", 2), ("细胞", "bod", 2)]),
    ("肺部感染", [("肺", "bod", 0), ("肺部感染", "dis", 0)]),
    ("天气很好", []),
]


def span(text, label, start, shift=0):
    end = start + len(text) + shift
    return {"start_idx": start, "end_idx": end, "entity_text": text, "entity_label": label}


def write(path, rows, shift=0, **extra):
    lines = [
        {"text": text, "entities": [span(*entity, shift) | extra for entity in entities], "data_source": "X"}
        for text, entities in rows
    ]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in lines), encoding="utf-8")
    return path


def read(path):
    """Give samples, report and corpus."""
    corpus = Corpus(path, CMEEE, ReadingOptions("span_jsonl"))
    report = ReadReport()
    samples = [sample for sample, _ in corpus.samples(report) if sample]
    return samples, report, corpus


@pytest.mark.parametrize(
    ("shift", "convention"),
    [(0, EndConvention.EXCLUSIVE), (-1, EndConvention.INCLUSIVE), (-2, EndConvention.OFF_BY_ONE)],
    ids=lambda value: str(value),
)
def test_copies_with_other_ends_give_identical_samples(tmp_path, shift, convention):
    samples, _, corpus = read(write(tmp_path / "c.jsonl", ROWS, shift))
    assert [sample.entities for sample in samples] == [
        (Entity("sym", "细胞减少", 2, 6), Entity("bod", "细胞", 2, 4)),
        (Entity("dis", "肺部感染", 0, 4), Entity("bod", "肺", 0, 1)),
        (),
    ]
    assert corpus.convention == OffsetConvention(OffsetUnit.CODE_POINTS, 0, convention)
    assert corpus.evidence.n_off() == 0


def test_an_id_tells_task_line_and_content(tmp_path):
    samples, _, _ = read(write(tmp_path / "c.jsonl", ROWS))
    again, _, _ = read(write(tmp_path / "copy.jsonl", ROWS, shift=-2))
    assert samples[0].id == "cmeee-000001-b0ae0abc"
    assert [sample.id for sample in samples] == [sample.id for sample in again]


def test_a_one_character_entity_that_ends_before_it_starts_is_kept(tmp_path):
    path = write(tmp_path / "c.jsonl", [("肺炎", [("肺", "bod", 0)])], shift=-2)
    assert json.loads(path.read_text(encoding="utf-8"))["entities"][0]["end_idx"] == -1
    samples, _, _ = read(path)
    assert samples[0].entities == (Entity("bod", "肺", 0, 1),)


def test_an_end_off_the_convention_is_counted_and_does_no_harm(tmp_path):
    path = write(tmp_path / "c.jsonl", ROWS)
    path.write_text(
        path.read_text(encoding="utf-8").replace('"end_idx": 6', '"end_idx": 99'), encoding="utf-8"
    )
    samples, _, corpus = read(path)
    assert samples[0].entities[0].span == (2, 6)
    assert (corpus.convention.end, corpus.evidence.n_off()) == (EndConvention.EXCLUSIVE, 1)


def test_a_stale_start_is_repaired_where_the_text_stands_only_once(tmp_path):
    samples, report, _ = read(write(tmp_path / "c.jsonl", [("发热后咳嗽", [("咳嗽", "sym", 1)])]))
    assert samples[0].entities == (Entity("sym", "咳嗽", 3, 5),)
    assert report.kept == {"moved": 1}


def test_entities_are_put_in_reading_order(tmp_path):
    entities = [("咳嗽", "sym", 3), ("发", "bod", 0), ("发热", "sym", 0)]
    samples, _, _ = read(write(tmp_path / "c.jsonl", [("发热后咳嗽", entities)]))
    assert [entity.text for entity in samples[0].entities] == ["发热", "发", "咳嗽"]


def test_an_entity_given_twice_is_kept_once_and_counted(tmp_path):
    entities = [("发热", "sym", 0), ("发热", "sym", 0), ("发热", "dis", 0)]
    samples, report, _ = read(write(tmp_path / "c.jsonl", [("发热后咳嗽", entities)]))
    assert samples[0].entities == (Entity("dis", "发热", 0, 2), Entity("sym", "发热", 0, 2))
    assert (report.entities, report.duplicate_entities) == (3, 1)


def test_duplicate_texts_are_kept(tmp_path):
    samples, _, _ = read(write(tmp_path / "c.jsonl", [*ROWS, *ROWS[:2]]))
    assert len({sample.id for sample in samples}) == 5


def test_fields_of_the_published_files_that_are_not_needed_are_passed_over(tmp_path):
    samples, _, _ = read(write(tmp_path / "c.jsonl", ROWS, entity_names=["疾病"]))
    assert len(samples) == 3


FAULTS = {
    "unknown_label": ("发热", [("发热", "abc", 0)], "label 'abc' is not one of dis, sym, pro"),
    "lost": ("发热", [("咳嗽", "sym", 0)], r"entity '咳嗽' \(sym\) is not in the text"),
    "ambiguous": (
        "发热再发热",
        [("发热", "sym", 1)],
        r"entity '发热' \(sym\) is not at 1, and the text holds it more than once",
    ),
    "empty_text": (" \n", [], "the text is empty"),
    "empty_entity": ("发热", [("", "sym", 0)], r"an entity \(sym\) has no text"),
}


@pytest.mark.parametrize("reason", FAULTS)
def test_a_faulty_row_is_named_with_its_line(tmp_path, reason):
    text, entities, message = FAULTS[reason]
    _, report, _ = read(write(tmp_path / "c.jsonl", [ROWS[0], (text, entities)]))
    assert len(report.examples) == 1
    assert re.fullmatch(rf".*c\.jsonl:2: {message}.*", report.examples[0])


@pytest.mark.parametrize("reason", FAULTS)
def test_a_faulty_row_is_dropped_whole_and_counted(tmp_path, reason):
    text, entities, _ = FAULTS[reason]
    path = write(tmp_path / "c.jsonl", [ROWS[0], (text, [("热", "sym", 1), *entities])])
    samples, report, _ = read(path)
    assert [sample.text for sample in samples] == [ROWS[0][0]]
    assert report.dropped_rows[reason] == 1
    assert report.rows == len(samples) + report.dropped_rows.total()


def test_rows_in_are_samples_and_dropped_rows(tmp_path):
    faulty = [(text, entities) for text, entities, _ in FAULTS.values()]
    samples, report, _ = read(write(tmp_path / "c.jsonl", [*ROWS, *faulty, *ROWS]))
    assert (report.rows, len(samples)) == (11, 6)
    assert report.dropped_rows == dict.fromkeys(FAULTS, 1)
    assert report.n_faults == 5


def test_a_row_with_two_faults_is_dropped_once(tmp_path):
    row = ("发热", [("咳嗽", "sym", 0), ("发热", "abc", 0)])
    samples, report, _ = read(write(tmp_path / "c.jsonl", [row, *ROWS]))
    assert report.rows == len(samples) + report.dropped_rows.total()
    assert (report.n_faults, report.dropped_rows) == (2, {"lost": 1})


def test_the_first_faults_are_shown_and_all_counted(tmp_path):
    _, report, _ = read(write(tmp_path / "c.jsonl", [FAULTS["lost"][:2]] * 27))
    assert [line.split(":")[-2] for line in report.examples] == [str(n) for n in range(1, 21)]
    assert report.n_faults == 27


def test_every_entity_is_accounted_for(tmp_path):
    twice = ("发热后咳嗽", [("发热", "sym", 0), ("发热", "sym", 0), ("咳嗽", "sym", 1)])
    faulty = [(text, [("热", "sym", 1), *entities]) for text, entities, _ in FAULTS.values()]
    _, report, _ = read(write(tmp_path / "c.jsonl", [*ROWS, twice, *faulty]))
    assert report.kept == {"as_given": 5, "moved": 1}
    assert report.faulty_entities == {"unknown_label": 1, "lost": 2, "ambiguous": 1, "empty_entity": 1}
    assert (
        report.entities == report.kept.total() + report.duplicate_entities + report.entities_in_dropped_rows
    )


def test_the_report_has_stable_keys(tmp_path):
    _, report, _ = read(write(tmp_path / "c.jsonl", ROWS, shift=-2))
    assert msgspec.to_builtins(report.counts()) == {
        "rows": 3,
        "entities": 4,
        "kept": {"as_given": 4},
        "duplicate_entities": 0,
        "dropped_rows": {},
        "entities_in_dropped_rows": 0,
        "faulty_entities": {},
        "notes": {},
        "fault_examples": [],
    }


def test_a_label_by_another_of_its_names_is_understood_and_noted(tmp_path):
    path = write(tmp_path / "c.jsonl", [("发热后咳嗽", [("发热", "症状", 0), ("咳嗽", "SYM", 3)])])
    [sample], report, _ = read(path)
    assert [entity.label for entity in sample.entities] == ["sym", "sym"]
    assert report.notes == {"labels_by_another_name": 2}


def test_an_entity_without_a_label_only_drops_its_row(tmp_path):
    path = write(tmp_path / "c.jsonl", [("发热", [("发热", "", 0)]), ("咳嗽", [("咳嗽", "sym", 0)])])
    corpus = Corpus(path)
    report = corpus.report()
    kept = [sample for sample, _ in corpus.samples(report) if sample]
    assert (len(kept), report.dropped_rows) == (1, {"empty_label": 1})
    assert corpus.labels == ("sym",)
