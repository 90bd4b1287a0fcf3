"""Answers in the asked format as a fine-tuned model writes them, right or wrong: gold encoded after a change.

``python -m tests.templates.answers.native_answers`` renews ``native_figures.json``.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from nerforge.evaluation.metrics.score_figures import Bootstrap, CriterionScores
from nerforge.evaluation.reading.scored_samples import ScoredSample, read_answers
from nerforge.evaluation.scores.entity_scores import build_scores
from nerforge.generators.corpora.corpus import Corpus
from nerforge.generators.corpora.reading.row_reports import ReadReport
from nerforge.templates.answers import AnswerFormat, CannotEncodeError, load_format
from nerforge.templates.domain import Entity, LabelSchema, Sample
from nerforge.templates.tasks import Task, load_task
from tests.evaluation.score_settings import SETTINGS

REAL = Path(__file__).parents[3].parent / "shared" / "real"
FIGURES = Path(__file__).parent / "native_figures.json"
TASKS = ("ccfbdci", "cmeee")
FORMATS = ("json", "xml", "bracket", "grouped", "occurrence")
N_ROWS = 2_000
HALLUCINATIONS = ("赵铁柱", "望海楼街道", "Zurich", "三型肾衰", "COX-3")

Change = Callable[[Sample, LabelSchema, random.Random], Sample]


def real_samples(task: Task, n: int) -> list[Sample]:
    """Read the first ``n`` rows of a published corpus."""
    rows = Corpus(REAL / f"{task.name}.jsonl", task).samples(ReadReport())
    return [sample for sample, _ in islice(rows, n) if sample]


def _with(sample: Sample, old: Entity, *new: Entity) -> Sample:
    """Put other entities in the place of one."""
    at = sample.entities.index(old)
    return replace(sample, entities=(*sample.entities[:at], *new, *sample.entities[at + 1 :]))


def _drop(sample: Sample, schema: LabelSchema, rng: random.Random) -> Sample:
    return _with(sample, rng.choice(sample.entities))


def _drop_all(sample: Sample, schema: LabelSchema, rng: random.Random) -> Sample:
    return replace(sample, entities=())


def _relabel(sample: Sample, schema: LabelSchema, rng: random.Random) -> Sample:
    entity = rng.choice(sample.entities)
    label = rng.choice([name for name in schema.names if name != entity.label])
    return _with(sample, entity, Entity(label, entity.text, entity.start, entity.end))


def _move_end(sample: Sample, schema: LabelSchema, rng: random.Random) -> Sample:
    entity = rng.choice(sample.entities)
    start, end = entity.span or (0, 1)
    ends = [at for at in (end - 1, end + 1) if start < at <= len(sample.text)]
    end = rng.choice(ends or [end])
    return _with(sample, entity, Entity(entity.label, sample.text[start:end], start, end))


def _repeat(sample: Sample, schema: LabelSchema, rng: random.Random) -> Sample:
    entity = rng.choice(sample.entities)
    return _with(sample, entity, entity, entity)


def _hallucinate(sample: Sample, schema: LabelSchema, rng: random.Random) -> Sample:
    """Name a value that only the answer's copy of the sentence says; formats without a copy just name it."""
    value, start = rng.choice(HALLUCINATIONS), len(sample.text)
    entity = Entity(rng.choice(schema.names), value, start, start + len(value))
    return replace(sample, text=sample.text + value, entities=(*sample.entities, entity))


CHANGES: dict[str, Change] = {
    "drop": _drop,
    "drop_all": _drop_all,
    "relabel": _relabel,
    "move_end": _move_end,
    "repeat": _repeat,
    "hallucinate": _hallucinate,
}
# Of 13 answers 6 are right.
KINDS = (*["right"] * 6, *CHANGES, "truncate")
GROUPS = {"hallucinate": "hallucinated", "truncate": "truncated"}
"""The kinds that are scored apart: a tagged copy says more than the sentence, or the answer is not whole."""


def _write(sample: Sample, kind: str, written_in: AnswerFormat, schema: LabelSchema, seed: str) -> str:
    """Write the answer to a sample.

    Raises:
        CannotEncodeError: the format cannot say what the answer would name.
    """
    rng = random.Random(seed)
    if kind in CHANGES and sample.entities:
        return written_in.encode(CHANGES[kind](sample, schema, rng), schema)
    answer = written_in.encode(sample, schema)
    return answer[: rng.randint(1, len(answer))] if kind == "truncate" else answer


def write_groups(samples: Iterable[Sample], name: str, schema: LabelSchema) -> dict[str, dict[str, str]]:
    """Write answers to ``samples`` in a format: by group and sample id."""
    groups: dict[str, dict[str, str]] = {"native": {}, "hallucinated": {}, "truncated": {}}
    for sample in samples:
        kind = random.Random(sample.id).choice(KINDS)
        try:
            answer = _write(sample, kind, load_format(name), schema, f"{sample.id} {kind}")
        except CannotEncodeError:
            continue
        groups[GROUPS.get(kind, "native")][sample.id] = answer
    return groups


def _counts(figures: CriterionScores) -> dict[str, list[float]]:
    """Give matches, gold and predicted entities: of all labels and of each."""
    rows = {"micro": figures.micro, **figures.per_label}
    return {name: [row.tp, row.n_gold, row.n_predicted] for name, row in rows.items()}


def figures_of(scored: Iterable[ScoredSample], schema: LabelSchema) -> dict[str, Any]:
    """Score, and keep counts alone."""
    scores = build_scores(scored, schema, SETTINGS, bootstrap=Bootstrap(0))
    return {
        "n_samples": scores.n_samples,
        "exactly_right": round(scores.sample_exact_match * scores.n_samples),
        "outcomes": {name: n for name, n in scores.outcomes.items() if n},
        "problems": scores.problems,
        "groundings": scores.groundings,
        "criteria": {name: _counts(figures) for name, figures in scores.criteria.items()},
    }


def figures_by_group(task: Task, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Write, read and score the answers of a task in a format."""
    samples = real_samples(task, N_ROWS)
    answer_format = load_format(name)
    for group, outputs in write_groups(samples, name, task.schema).items():
        answered = [sample for sample in samples if sample.id in outputs]
        yield group, figures_of(read_answers(answered, outputs, answer_format, task.schema), task.schema)


def main() -> None:
    """Store the figures of the code as it is."""
    figures = {
        f"{task} {name} {group}": found
        for task in TASKS
        for name in FORMATS
        for group, found in figures_by_group(load_task(task), name)
    }
    rows = (
        f"{json.dumps(key)}: {json.dumps(found, ensure_ascii=False, sort_keys=True)}"
        for key, found in figures.items()
    )
    FIGURES.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")
    print(Counter(key.split()[-1] for key in figures), FIGURES)


if __name__ == "__main__":
    main()
