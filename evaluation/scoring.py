"""Score predictions against gold by id: every answer is read, and ends in exactly one outcome."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from evaluation.metrics import CRITERIA, Counts, Tally
from evaluation.predictions import read_predictions
from generators.dataset import MANIFEST, read_manifest
from generators.files import file_sha256
from generators.gold import read_gold
from templates.answers import AnswerFormat, load_format
from templates.domain import Answer, Entity, EntityKind, LabelSchema, Outcome, Sample
from templates.errors import UserError
from templates.tasks import Task, load_task

MISSING = "missing"
"""The outcome of a gold sample without a prediction."""


@dataclass(frozen=True, slots=True)
class ScoredSample:
    """One sentence with its gold, its answer and what was read from it."""

    sample: Sample
    output: str | None
    answer: Answer | None

    @property
    def predicted(self) -> tuple[Entity, ...]:
        """The entities read; none where the answer is missing or unparsable."""
        return self.answer.entities if self.answer else ()

    @property
    def outcome(self) -> str:
        """How the reading ended, or ``missing``."""
        return self.answer.outcome.value if self.answer else MISSING

    @property
    def is_exact(self) -> bool:
        """Whether the answer could be read to its end and names exactly the gold entities, spans included."""
        if self.answer is None or self.answer.outcome is Outcome.UNPARSABLE:
            return False
        if any(problem.kind.loses for problem in self.answer.problems):
            return False
        return Counter(self.predicted) == Counter(self.sample.entities)


def find_task(gold: Path, task: str | None, answer_format: str | None) -> tuple[Task, str]:
    """Take task and answer format from the manifest above ``gold``, unless they are given.

    Raises:
        UserError: they are neither given nor found.
    """
    manifest = gold.resolve().parent.parent / MANIFEST
    if (task is None or answer_format is None) and manifest.is_file():
        head = read_manifest(manifest)
        task, answer_format = task or head.task, answer_format or head.answer_format
    if task is None or answer_format is None:
        raise UserError(f"{gold}: no {manifest} says task and answer format; pass --task and --format")
    return load_task(task), answer_format


def score_files(
    gold: Path, predictions: Path, task: Task, answer_format: str
) -> tuple[dict[str, Any], list[ScoredSample]]:
    """Read gold and predictions, and score them.

    Raises:
        UserError: a file cannot be read, or predictions are of other ids than gold.
    """
    samples = read_gold(gold, task.schema)
    outputs = read_predictions(predictions)
    if strangers := sorted(outputs.keys() - {sample.id for sample in samples}):
        raise UserError(
            f"{predictions}: {len(strangers)} ids are not in {gold}, for example {strangers[0]!r}; "
            "gold and predictions must be of the same split"
        )
    scored = read_answers(samples, outputs, load_format(answer_format), task.schema)
    settings = {
        "task": task.name,
        "answer_format": answer_format,
        "labels": list(task.schema.names),
        "gold_sha256": file_sha256(gold),
    }
    return build_scores(scored, task.schema, settings), scored


def read_answers(
    samples: Sequence[Sample], outputs: Mapping[str, str], answer_format: AnswerFormat, schema: LabelSchema
) -> list[ScoredSample]:
    """Read the answer of every gold sample."""
    scored = []
    for sample in samples:
        output = outputs.get(sample.id)
        answer = None if output is None else answer_format.decode(output, sample.text, schema)
        scored.append(ScoredSample(sample, output, answer))
    return scored


def build_scores(
    scored: Sequence[ScoredSample], schema: LabelSchema, settings: dict[str, Any]
) -> dict[str, Any]:
    """Count everything that ``scores.json`` holds."""
    tallies = {name: Tally(key) for name, key in CRITERIA.items()}
    kinds: dict[str, Counts] = {}
    problems: Counter[str] = Counter()
    for row in scored:
        for tally in tallies.values():
            tally.add(row.sample.entities, row.predicted)
        _add_kinds(kinds, row, schema)
        problems.update(problem.kind.value for problem in (row.answer.problems if row.answer else ()))
    outcomes = Counter(row.outcome for row in scored)
    settings_bytes = msgspec.json.encode(settings, order="sorted")
    return {
        "n_samples": len(scored),
        "n_gold": tallies["strict"].micro.n_gold,
        "n_predicted": tallies["strict"].micro.n_predicted,
        "outcomes": {name: outcomes[name] for name in (*(o.value for o in Outcome), MISSING)},
        "problems": dict(sorted(problems.items())),
        "criteria": {name: tally.as_json() for name, tally in tallies.items()},
        "sample_exact_match": sum(row.is_exact for row in scored) / len(scored),
        "slices": {f"kind:{kind}": counts.as_json() for kind, counts in sorted(kinds.items())},
        "settings": settings,
        "settings_sha256": sha256(settings_bytes).hexdigest(),
    }


def _add_kinds(kinds: dict[str, Counts], row: ScoredSample, schema: LabelSchema) -> None:
    """Count strict matches by the entities' kind: extracted, normalised, inferred."""
    gold = _by_kind(row.sample.entities, row.sample.text, schema)
    predicted = _by_kind(row.predicted, row.sample.text, schema)
    for kind in gold.keys() | predicted.keys():
        counts = kinds.setdefault(kind, Counts())
        gold_keys, predicted_keys = Counter(gold.get(kind, ())), Counter(predicted.get(kind, ()))
        counts.tp += (gold_keys & predicted_keys).total()
        counts.n_gold += gold_keys.total()
        counts.n_predicted += predicted_keys.total()


def _by_kind(entities: Sequence[Entity], text: str, schema: LabelSchema) -> dict[str, list[Entity]]:
    found: dict[str, list[Entity]] = {}
    for entity in entities:
        found.setdefault(_kind(entity, text, schema), []).append(entity)
    return found


def _kind(entity: Entity, text: str, schema: LabelSchema) -> str:
    if entity.span is None and not schema[entity.label].inferable:
        return "not_in_text"
    kind: EntityKind = schema.kind(entity, text)
    return kind.value


def wrong_samples(scored: Sequence[ScoredSample]) -> Iterator[ScoredSample]:
    """Yield the samples whose answer is not exactly gold."""
    return (row for row in scored if not row.is_exact)
