"""Confidences of entities: what they cost, which fold is best, and whether promises are kept.

``python -m tests.benchmarks confidence`` measures the tiny base alone on power queries; figures of other
predictions are made by ``python -m tests.benchmarks.confidence DATA DEV.jsonl TEST.jsonl``, and by
``… DATA DEV.jsonl`` where there is one set only, of which each half is calibrated by the other.
"""

import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

import nerforge as nf
from nerforge.evaluation.confidence.calibrators import fit_maps
from nerforge.evaluation.confidence.confidence_figures import Estimate
from nerforge.evaluation.confidence.entity_places import EntityPlace, locate_entities
from nerforge.evaluation.confidence.folding import TokenMap
from nerforge.evaluation.confidence.guarantee import find_threshold
from nerforge.evaluation.confidence.judged_entities import ConfidenceTally, JudgedEntities
from nerforge.evaluation.confidence.reliability import (
    auroc,
    auroc_interval,
    bins_of,
    calibration_error,
    error_by_chance,
)
from nerforge.evaluation.confidence.token_logprobs import TokenLogprobs
from nerforge.evaluation.prediction_files import Outputs, PredictionOptions
from nerforge.evaluation.reading.gold_stream import read_index
from nerforge.evaluation.reading.opened_predictions import (
    find_prediction_reading,
    open_predictions,
    predicted_samples,
)
from nerforge.evaluation.reading.scored_samples import ScoredSample
from nerforge.generators.datasets.entity_gold import stream_gold
from nerforge.templates.domain import LabelSchema
from tests.benchmarks.prediction import nerforge

N_ROWS = 5_000
N_ROUNDS = 3
N_TIMED = 500
N_HALVES = 200
PROMISE = 0.9
_TINY = "data/tiny_base"
_MAX_NEW_TOKENS = 160


class Spans(NamedTuple):
    """Log-probabilities of the tokens of an entity."""

    all: list[float]
    value: list[float]
    others: list[float]
    """Of what opens, labels and closes it; a token on the border of its value is here too."""


FOLDS: dict[str, Callable[[Spans], float]] = {
    "product of all": lambda found: math.exp(sum(found.all)),
    "least of all": lambda found: math.exp(min(found.all)),
    "geometric mean of all": lambda found: math.exp(sum(found.all) / len(found.all)),
    "product of the value": lambda found: math.exp(sum(found.value)),
    "product of label and borders": lambda found: math.exp(sum(found.others)),
    "the first token": lambda found: math.exp(found.all[0]),
}


def main() -> None:
    """Measure the tiny base alone."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        split = ("--dev", 0.3, "--test", 0.5, "--seed", 7)
        nerforge("generate", "power", "--rows", N_ROWS, *split, "--prompt", "short", "--out", work / "data")
        model = ("--model", _TINY, "--template", "qwen", "--data", work / "data")
        for name in ("dev", "test"):
            asked = (*model, "--split", name, "--max-new-tokens", _MAX_NEW_TOKENS)
            nerforge("predict", *asked, "--out", work / f"{name}.jsonl", "--confidence")
        cost(_TINY, None, "qwen", work / "data")
        figures(work / "data", work / "dev.jsonl", work / "test.jsonl")


def cost(model: str, adapter: str | None, template: str, data: Path, n_rows: int = N_TIMED) -> None:
    """Print what keeping log-probabilities costs, in turns in one process; answers must be the same."""
    from dataclasses import replace

    from nerforge.evaluation.engines import ModelSpec
    from nerforge.evaluation.engines.local.hf import HfEngine
    from nerforge.evaluation.predicting.predictions import read_requests

    plain = HfEngine(ModelSpec(model, adapter, template, _MAX_NEW_TOKENS))
    sure = HfEngine(replace(plain.spec, keeps_logprobs=True))
    # One copy of the weights.
    sure.model = plain.model
    rows = list(read_requests(data, "test"))[:n_rows]
    seconds: dict[bool, list[float]] = {False: [], True: []}
    answers = {}
    # The first pass of a process is slow, whatever it does.
    list(plain.predict(rows[:8], 0))
    for _ in range(N_ROUNDS):
        for engine in (plain, sure):
            start = time.perf_counter()
            found = {x.id: (x.output, x.finish) for group in engine.predict(rows, 0) for x in group}
            seconds[engine is sure].append(time.perf_counter() - start)
            assert answers.setdefault("first", found) == found, "answers differ"
    ratios = [b / a for a, b in zip(seconds[False], seconds[True], strict=True)]
    rounds = ", ".join(f"{ratio:.3f}" for ratio in ratios)
    print(f"{len(rows)} rows: answers equal; time with log-probabilities {median(ratios):.3f} ({rounds})")


def figures(data: Path, dev: Path, test: Path) -> None:
    """Print folds, calibration and promises of predictions with log-probabilities."""
    for name, value in fold_aurocs(data / "gold" / "test.jsonl", test).items():
        print(f"AUROC on test, {name}: {value:.3f}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "calibration.json"
        fitted = nf.calibrate(data, dev, out=path)
        scores = nf.score(data, test, calibration=path, at_precision=[0.9, 0.95])
        assert isinstance(scores, nf.Scores)
        found = scores.confidence
    assert found and found.entities.calibrated and found.at_precision
    test_set = found.entities
    print(f"dev: {fitted.fitted_on.n_entities} entities; test: {test_set.n}, {test_set.n_right} right")
    print(f"AUROC {said(found.entities.auroc)}; nothing missed {said(found.answers.auroc)}")
    raw, calibrated = found.entities.raw, found.entities.calibrated
    print(f"ECE raw {said(raw.calibration_error)}, by chance {raw.by_chance:.3f}")
    print(f"ECE calibrated {said(calibrated.calibration_error)}, by chance {calibrated.by_chance:.3f}")
    for taken in found.at_precision:
        print(
            f"promised {taken.precision}: from {taken.threshold} on {taken.n_taken} "
            f"({taken.share_taken:.3f}), right {taken.found_precision}"
        )
    promises([judged(data / "gold" / f"{name}.jsonl", path) for name, path in (("dev", dev), ("test", test))])


def crossed(data: Path, dev: Path) -> None:
    """Print figures of one set: what calibrates an entity is of the other half of the sentences."""
    gold = data / "gold" / "dev.jsonl"
    for name, value in fold_aurocs(gold, dev).items():
        print(f"AUROC, {name}: {value:.3f}")
    entities = judged(gold, dev)
    n_samples = int(entities.sample.max()) + 1
    print(f"{len(entities.is_right)} entities, {entities.is_right.sum()} right")
    auroc_found = auroc_interval(entities, n_samples, 1_000, 0)
    print(f"AUROC {said(Estimate(*auroc_found))}")
    rng = np.random.default_rng(0)
    raw, calibrated, chance = [], [], []
    for _ in range(N_HALVES // 2):
        first = np.isin(entities.sample, rng.permutation(n_samples)[: n_samples // 2])
        mapped = np.empty(len(first))
        for half in (first, ~first):
            mapped[~half] = fit_maps(entities.take(half)).apply(entities.take(~half))
        raw.append(calibration_error(entities.confidence, entities.is_right, bins_of(entities.confidence)))
        calibrated.append(calibration_error(mapped, entities.is_right, bins_of(mapped)))
        chance.append(error_by_chance(mapped, bins_of(mapped)))
    print(f"ECE raw {median(raw):.3f}, calibrated {median(calibrated):.3f}, by chance {median(chance):.3f}")
    promises([entities])


def said(found: Estimate) -> str:
    """Write a figure with its interval."""
    ends = "" if found.low is None else f" ({found.low:.3f}-{found.high:.3f})"
    return "not defined" if found.value is None else f"{found.value:.3f}{ends}"


def promises(parts: list[JudgedEntities]) -> None:
    """Print how often a promise is kept where half of the sentences of all sets calibrate."""
    shifts = np.cumsum([0, *(part.sample.max() + 1 for part in parts)])
    parts = [part._replace(sample=part.sample + shift) for part, shift in zip(parts, shifts, strict=False)]
    entities = JudgedEntities(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    rng = np.random.default_rng(0)
    samples = np.unique(entities.sample)
    n_kept = n_none = 0
    shares = []
    for _ in range(N_HALVES):
        chosen = np.isin(entities.sample, rng.permutation(samples)[: len(samples) // 2])
        found = find_threshold(entities.take(chosen), PROMISE)
        other = entities.take(~chosen)
        taken = other.confidence >= (np.inf if found.threshold is None else found.threshold)
        n_none += not taken.any()
        n_kept += not taken.any() or float(other.is_right[taken].mean()) >= PROMISE
        shares.append(float(taken.mean()))
    print(
        f"{N_HALVES} random halves: precision {PROMISE} kept in {n_kept} ({n_none} took nothing), "
        f"share taken {median(shares):.3f}"
    )


def judged(gold: Path, predictions: Path) -> JudgedEntities:
    """Give the entities of predictions with their confidences."""
    tally = ConfidenceTally()
    for row in read_rows(gold, predictions).rows:
        tally.add(row.sample, row.answer)
    return tally.entities()


def fold_aurocs(gold: Path, predictions: Path) -> dict[str, float]:
    """Give the AUROC of each way to fold the tokens of an entity into one number."""
    read, rows, schema = read_rows(gold, predictions)
    folded: dict[str, list[float]] = {name: [] for name in FOLDS}
    is_right = []
    for row in rows:
        if row.answer is None or row.output is None or not TokenMap.fits(row.output, read[row.sample.id]):
            continue
        tokens = TokenMap(row.output, read[row.sample.id])
        left = list(row.sample.entities)
        places = locate_entities(row.answer, row.output, schema)
        for entity, place in zip(row.answer.entities, places, strict=True):
            hit = entity in left
            if hit:
                left.remove(entity)
            if place is None:
                continue
            is_right.append(hit)
            spans = spans_of(tokens, place)
            for name, fold in FOLDS.items():
                folded[name].append(fold(spans))
    flags = np.array(is_right)
    return {name: auroc(np.array(values), flags) or math.nan for name, values in folded.items()}


def spans_of(tokens: TokenMap, place: EntityPlace) -> Spans:
    """Divide the tokens of an entity."""
    numbers = sorted({number for span in place.spans for number in tokens.within(span)})
    value = list(tokens.within(place.value))
    inner = {n for n in value if not _is_border(tokens, n, place)}
    return Spans(
        [tokens.values[n] for n in numbers],
        [tokens.values[n] for n in value],
        [tokens.values[n] for n in numbers if n not in inner] or [0.0],
    )


def _is_border(tokens: TokenMap, number: int, place: EntityPlace) -> bool:
    around = ((place.start, place.value[0]), (place.value[1], place.end))
    return any(number in tokens.within(span) for span in around if span[0] < span[1])


class ReadRows(NamedTuple):
    """Predictions beside gold."""

    logprobs: dict[str, TokenLogprobs]
    rows: Iterator[ScoredSample]
    schema: LabelSchema


def read_rows(gold: Path, predictions: Path) -> ReadRows:
    """Read answers with their log-probabilities."""
    reading = PredictionOptions()
    task, answer_format, _ = find_prediction_reading(gold, predictions, reading)
    read, _ = open_predictions(predictions, read_index(gold, task.schema), reading)
    assert isinstance(read, Outputs)
    rows = predicted_samples(read, stream_gold(gold, task.schema), task, answer_format, use_up=False)
    return ReadRows(read.logprobs, rows, task.schema)


if __name__ == "__main__":
    given = list(map(Path, sys.argv[1:]))
    figures(*given) if len(given) > 2 else crossed(*given)
