"""Scoring on one core: against seqeval and nervaluate, and by the number of sentences."""

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from nerforge.evaluation.scores.entity_scores import build_scores, read_answers, score_files
from nerforge.evaluation.scores.schema import Scores
from nerforge.evaluation.scores.score_file import encode_scores
from nerforge.foundation.files.writing import write_whole
from nerforge.generators.datasets.entity_gold import encode_gold
from nerforge.templates.answers import FORMATS, AnswerFormat, load_format
from nerforge.templates.domain import Entity, LabelSchema
from tests.benchmarks.sentences import BROKEN, MEDICAL, NEWS, WRONG, Profile, Row, make_rows
from tests.evaluation.score_settings import SETTINGS

N_COMPARED = 50_000
N_ROUNDS = 3
N_WRITTEN = 10_000
"""Sentences whose gold is written and read in each format."""
SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)

FORMAT = load_format("json")


def main() -> None:
    """Print times and ratios for two shares of sentences without entities, and how both grow with size."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for name, profile in (("news", NEWS), ("medical", MEDICAL)):
        rows = list(make_rows(N_COMPARED, profile))
        n_entities = sum(len(row.sample.entities) for row in rows) / len(rows)
        n_characters = sum(len(row.sample.text) for row in rows) / len(rows)
        print(
            f"{N_COMPARED} {name} sentences ({n_characters:.0f} characters, {n_entities:.1f} entities), "
            f"{WRONG:.0%} of the answers wrong, {BROKEN:.0%} truncated; median of {N_ROUNDS} rounds"
        )
        compare(rows, profile)
        compare_formats(rows[:N_WRITTEN], profile)
    print("from files to scores.json, each size in its own process")
    with tempfile.TemporaryDirectory() as folder:
        for n in SIZES:
            measured = measure_apart(Path(folder), n)
            print(
                f"  {n:9,} sentences {measured['seconds']:7.2f} s"
                f" {1e6 * measured['seconds'] / n:6.1f} us each {measured['megabytes']:6.0f} MB at most"
            )


def compare(rows: Sequence[Row], profile: Profile) -> None:
    """Time the full report from raw answers, and the two others on what was read from them."""
    samples = [row.sample for row in rows]
    outputs = {row.sample.id: row.output for row in rows}
    schema = profile.schema_task.schema
    scored = list(read_answers(samples, outputs, FORMAT, schema))
    pairs = [(row.sample.entities, tuple(e for e in row.predicted if e.span)) for row in scored]
    spans = [[[_span(entity) for entity in pair[side]] for pair in pairs] for side in (0, 1)]
    tags = [[_tags(len(s.text), p[side]) for s, p in zip(samples, pairs, strict=True)] for side in (0, 1)]
    del scored
    runs: dict[str, Callable[[], object]] = {
        "read the answers": lambda: deque(read_answers(samples, outputs, FORMAT, schema), 0),
        "read the answers and score": lambda: report(rows, outputs, schema),
        "nervaluate": lambda: _nervaluate(spans, schema.names),
        "seqeval": lambda: _seqeval(tags),
    }
    seconds = {name: median(times) for name, times in interleaved(runs).items()}
    ours = seconds["read the answers and score"]
    for name, time_taken in seconds.items():
        print(f"  {name:32} {1e6 * time_taken / len(rows):7.1f} us a sentence  x {time_taken / ours:5.2f}")


def compare_formats(rows: Sequence[Row], profile: Profile) -> None:
    """Time how long it takes to read right answers in each format."""
    schema = profile.schema_task.schema
    runs: dict[str, Callable[[], object]] = {}
    for name, answer_format in FORMATS.items():
        pairs = [(answer_format.encode(row.sample, schema), row.sample.text) for row in rows]
        runs[name] = partial(_read_all, answer_format, pairs, schema)
    for name, times in interleaved(runs).items():
        print(f"  read right answers, {name:11} {1e6 * median(times) / len(rows):7.1f} us a sentence")


def _read_all(answer_format: AnswerFormat, pairs: Sequence[tuple[str, str]], schema: LabelSchema) -> None:
    for answer, text in pairs:
        answer_format.decode(answer, text, schema)


def interleaved(runs: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Time each run in turn, round by round, so that a busy machine slows all of them alike."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    # Nobody's run pays for walking over the inputs, which would not all be there at a time.
    gc.collect()
    gc.freeze()
    for _ in range(N_ROUNDS):
        for name, run in runs.items():
            gc.collect()
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
    gc.unfreeze()
    return times


def report(rows: Sequence[Row], outputs: dict[str, str], schema: LabelSchema) -> Scores:
    """Go from raw answers to the full report with its intervals."""
    scored = read_answers((row.sample for row in rows), outputs, FORMAT, schema)
    return build_scores(scored, schema, SETTINGS)


def _nervaluate(spans: Sequence[list[list[dict[str, Any]]]], labels: Sequence[str]) -> object:
    from nervaluate import Evaluator

    return Evaluator(*spans, tags=list(labels), loader="dict").evaluate()


def _seqeval(tags: Sequence[list[list[str]]]) -> object:
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    return classification_report(*tags, mode="strict", scheme=IOB2, output_dict=True, zero_division=0)


def _span(entity: Entity) -> dict[str, Any]:
    assert entity.end is not None
    return {"label": entity.label, "start": entity.start, "end": entity.end - 1}


def _tags(length: int, entities: Sequence[Entity]) -> list[str]:
    tags = ["O"] * length
    for entity in entities:
        assert entity.start is not None and entity.end is not None
        if all(tag == "O" for tag in tags[entity.start : entity.end]):
            tags[entity.start : entity.end] = [f"I-{entity.label}"] * (entity.end - entity.start)
            tags[entity.start] = f"B-{entity.label}"
    return tags


def measure_apart(folder: Path, n: int) -> dict[str, float]:
    """Score ``n`` sentences from files in another process; give its seconds and greatest memory."""
    gold, predictions = folder / "gold.jsonl", folder / "predictions.jsonl"
    encoder = msgspec.json.Encoder()
    write_whole(gold, encode_gold(row.sample for row in make_rows(n)))
    write_whole(
        predictions,
        (encoder.encode({"id": row.sample.id, "output": row.output}) + b"\n" for row in make_rows(n)),
    )
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.scoring", str(gold), str(predictions)],
        capture_output=True,
        text=True,
        check=True,
    )
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def measure(gold: Path, predictions: Path) -> dict[str, float]:
    """Score two files and write ``scores.json``."""
    start = time.perf_counter()
    scores, _ = score_files(gold, predictions, NEWS.schema_task, "json")
    write_whole(gold.with_name("scores.json"), encode_scores(scores))
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "megabytes": _greatest_memory()}


def _greatest_memory() -> float:
    """Give the peak of this process in MB; ``ru_maxrss`` would count that of the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(kilobytes) / 1024


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), Path(sys.argv[2]))))
