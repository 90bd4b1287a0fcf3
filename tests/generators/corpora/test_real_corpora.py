"""The published corpora themselves, where they lie beside the checkout: nothing lost, every span exact."""

import json
from collections import Counter
from pathlib import Path

import pytest

from nerforge.generators.corpora.aligning.offsets import EndConvention
from nerforge.generators.corpora.corpus import Corpus
from nerforge.generators.corpora.reading.row_reports import ReadReport
from nerforge.templates.answers import CannotEncodeError, is_lossless, load_format
from nerforge.templates.domain import EntityKind
from nerforge.templates.tasks import load_task

REAL = Path(__file__).parents[3].parent / "shared" / "real"
CORPORA = {"ccfbdci": (10_000, EndConvention.EXCLUSIVE), "cmeee": (4_287, EndConvention.OFF_BY_ONE)}
pytestmark = [
    pytest.mark.whole,
    pytest.mark.skipif(not REAL.is_dir(), reason=f"the published corpora are not at {REAL}"),
]


@pytest.fixture(scope="module", params=CORPORA)
def corpus(request):
    name = request.param
    n_rows, convention = CORPORA[name]
    task = load_task(name)
    corpus = Corpus(REAL / f"{name}.jsonl", task)
    report = ReadReport()
    samples = [sample for sample, _ in corpus.samples(report) if sample]
    assert corpus.convention.end is convention
    with (REAL / f"{name}.jsonl").open(encoding="utf-8") as file:
        raw = [json.loads(line) for line in file]
    return task, n_rows, samples, report, raw


def test_every_row_is_accounted_for(corpus):
    _, n_rows, samples, report, raw = corpus
    assert len(raw) == report.rows == n_rows
    assert len(samples) + report.dropped_rows.total() == n_rows
    kept = report.kept.total()
    assert kept + report.duplicate_entities + report.entities_in_dropped_rows == report.entities


def test_every_row_is_usable_and_keeps_its_entities(corpus):
    _, _, samples, report, raw = corpus
    assert [sample.text for sample in samples] == [row["text"] for row in raw]
    found = Counter(entity.label for sample in samples for entity in sample.entities)
    assert found == Counter(entity["entity_label"] for row in raw for entity in row["entities"])
    assert report.duplicate_entities == 0


def test_every_kept_span_says_its_entity(corpus):
    task, _, samples, _, _ = corpus
    kinds = Counter(task.schema.kind(entity, s.text) for s in samples for entity in s.entities)
    assert set(kinds) == {EntityKind.EXTRACTED}


def test_every_kept_span_begins_where_the_file_says(corpus):
    _, _, samples, _, raw = corpus
    for sample, row in zip(samples, raw, strict=True):
        given = {(e["start_idx"], e["entity_text"], e["entity_label"]) for e in row["entities"]}
        assert {(e.start, e.text, e.label) for e in sample.entities} == given


def test_inline_tags_carry_every_sample_that_they_accept(corpus):
    task, _, samples, _, _ = corpus
    xml, n_refused = load_format("xml"), 0
    for sample in samples:
        try:
            assert is_lossless(xml, sample, xml.encode(sample, task.schema), task.schema), sample
        except CannotEncodeError:
            n_refused += 1
    assert n_refused == {"ccfbdci": 0, "cmeee": 4}[task.name]


def test_the_one_character_entities_that_end_before_they_start_are_kept(tmp_path):
    corpus = Corpus(REAL / "cmeee.jsonl", load_task("cmeee"))
    samples = [sample for sample, _ in corpus.samples(ReadReport()) if sample]
    assert sum(len(entity.text) == 1 for sample in samples for entity in sample.entities) == 1050


@pytest.mark.parametrize("shift", [1, 2], ids=["inclusive", "exclusive"])
def test_copies_with_other_ends_give_the_same_samples(tmp_path, shift):
    copy = tmp_path / "cmeee.jsonl"
    with (REAL / "cmeee.jsonl").open(encoding="utf-8") as source, copy.open("w", encoding="utf-8") as target:
        for row in map(json.loads, source):
            for entity in row["entities"]:
                entity["end_idx"] += shift
            target.write(json.dumps(row, ensure_ascii=False) + "\n")
    task = load_task("cmeee")
    given, moved = (
        [sample for sample, _ in Corpus(path, task).samples(ReadReport())]
        for path in (REAL / "cmeee.jsonl", copy)
    )
    assert given == moved
