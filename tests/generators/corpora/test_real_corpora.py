"""The published corpora themselves, where they lie beside the checkout: nothing lost, every span exact."""

import json
from collections import Counter
from pathlib import Path

import pytest

from generators.corpora import read_span_jsonl
from generators.corpora.offsets import EndConvention
from templates.answers import CannotEncodeError, is_lossless, load_format
from templates.domain import EntityKind
from templates.tasks import load_task

REAL = Path(__file__).parents[3].parent / "shared" / "real"
CORPORA = {"ccfbdci": (10_000, EndConvention.EXCLUSIVE), "cmeee": (4_287, EndConvention.OFF_BY_ONE)}
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason=f"the published corpora are not at {REAL}")


@pytest.fixture(scope="module", params=CORPORA)
def corpus(request):
    name = request.param
    n_rows, convention = CORPORA[name]
    task = load_task(name)
    samples, report = read_span_jsonl(REAL / f"{name}.jsonl", task, drop_faulty=True)
    with (REAL / f"{name}.jsonl").open(encoding="utf-8") as file:
        raw = [json.loads(line) for line in file]
    return task, n_rows, convention, samples, report, raw


def test_every_row_is_accounted_for(corpus):
    _, n_rows, convention, samples, report, raw = corpus
    assert len(raw) == report.rows == n_rows
    assert len(samples) + report.dropped_rows.total() == n_rows
    assert report.convention is convention


def test_every_row_is_usable_and_keeps_its_entities(corpus):
    _, _, _, samples, report, raw = corpus
    assert [sample.text for sample in samples] == [row["text"] for row in raw]
    found = Counter(entity.label for sample in samples for entity in sample.entities)
    assert found == Counter(entity["entity_label"] for row in raw for entity in row["entities"])
    assert report.duplicate_entities == 0


def test_every_kept_span_says_its_entity(corpus):
    task, _, _, samples, _, _ = corpus
    kinds = Counter(task.schema.kind(entity, s.text) for s in samples for entity in s.entities)
    assert set(kinds) == {EntityKind.EXTRACTED}


def test_every_kept_span_begins_where_the_file_says(corpus):
    _, _, _, samples, _, raw = corpus
    for sample, row in zip(samples, raw, strict=True):
        given = {(e["start_idx"], e["entity_text"], e["entity_label"]) for e in row["entities"]}
        assert {(e.start, e.text, e.label) for e in sample.entities} == given


def test_inline_tags_carry_every_sample_that_they_accept(corpus):
    task, _, _, samples, _, _ = corpus
    xml, n_refused = load_format("xml"), 0
    for sample in samples:
        try:
            assert is_lossless(xml, sample, xml.encode(sample, task.schema), task.schema), sample
        except CannotEncodeError:
            n_refused += 1
    assert n_refused == {"ccfbdci": 0, "cmeee": 4}[task.name]


def test_the_one_character_entities_that_end_before_they_start_are_kept():
    samples, _ = read_span_jsonl(REAL / "cmeee.jsonl", load_task("cmeee"))
    assert sum(len(entity.text) == 1 for sample in samples for entity in sample.entities) == 1050
