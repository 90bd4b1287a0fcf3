"""The CRF of audits by passes of its training, beside python-crfsuite's by rounds: F1, and time as a ratio.

``python -m tests.benchmarks.audit_crf FILE ROWS`` trains on four fifths of the rows and reads the others.
Compared are the outermost entities of all labels.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random
from time import process_time

from nerforge.evaluation.audit.audited_data import read_audited
from nerforge.evaluation.audit.corpus_habits import CorpusHabits
from nerforge.evaluation.audit.cross_tagging import CrossTagger
from nerforge.evaluation.audit.text_folds import TextFolds
from nerforge.evaluation.baselines.crf import CrfOptions, CrfTagger
from nerforge.evaluation.baselines.spans import outermost
from nerforge.templates.domain import LabelSchema, Sample

PASSES = (2, 4, 6, 10)
ROUNDS = (50, 100)
SEED = 3
Places = set[tuple[str, int, int]]


def main(source: Path, n_rows: int) -> None:
    """Measure both."""
    data = read_audited(source)
    rows = [sample for sample in data.samples if sample.text]
    samples = Random(SEED).sample(rows, min(n_rows, len(rows)))
    first = len(samples) // 5
    read, training = samples[:first], samples[first:]
    reference = None
    for n_rounds in ROUNDS:
        started = process_time()
        found = crfsuite(training, read, data.task.schema, n_rounds)
        spent = process_time() - started
        reference = reference or spent
        print(
            f"python-crfsuite, {n_rounds} rounds: F1 {f1(read, found):.3f}, time {spent / reference:.2f}",
            flush=True,
        )
    assert reference is not None
    for n_passes in PASSES:
        started = process_time()
        found = of_audit(samples, first, data.task.schema, n_passes)
        spent = process_time() - started
        print(f"audit, {n_passes} passes: F1 {f1(read, found):.3f}, time {spent / reference:.2f}", flush=True)


def crfsuite(
    training: Sequence[Sample], read: Sequence[Sample], schema: LabelSchema, n_rounds: int
) -> list[Places]:
    """Train and read as ``nerforge baseline crf`` does."""
    with tempfile.TemporaryDirectory() as folder:
        tagger = CrfTagger(training, schema, CrfOptions(max_rounds=n_rounds), Path(folder))
        tagger.prepare()
        return [places(Sample(x.id, x.text, tuple(tagger.tag(x.text)))) for x in read]


def of_audit(samples: Sequence[Sample], n_read: int, schema: LabelSchema, n_passes: int) -> list[Places]:
    """Train and read as an audit does, all labels and single ones; give what the CRF of all labels reads."""
    numbers = list(range(len(samples)))
    # Fold 1 is never read, and each sample is a group of its own.
    folds = TextFolds(numbers, {n: [n] for n in numbers}, [int(n >= n_read) for n in numbers])
    blind = [Sample(x.id, x.text) if n < n_read else x for n, x in enumerate(samples)]
    tagger = CrossTagger(blind, schema.names, folds, CorpusHabits(blind, folds, (), nested=False))
    tagger.prepare(None, n_passes, SEED, lambda fold, doing: None, only=0)
    return [set(tagger.sentence(n)[0].entities) for n in range(n_read)]


def places(sample: Sample) -> Places:
    """Give the outermost entities."""
    return {(x.label, x.start, x.end) for x in outermost(sample.entities) if x.start is not None and x.end}


def f1(read: Sequence[Sample], found: Sequence[Places]) -> float:
    """Give strict micro F1 of the outermost entities."""
    gold = [places(sample) for sample in read]
    n_right = sum(len(one & other) for one, other in zip(gold, found, strict=True))
    return 2 * n_right / (sum(map(len, gold)) + sum(map(len, found)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
