"""What choosing what to label saves: a simulated annotator on ccfbdci, with the CRF as the model.

``python -m tests.benchmarks.labelling FILE [SEEDS]`` takes the public ccfbdci rows. A round trains the CRF on
what is labelled, chooses a batch of the pool by ``nerforge label next``'s own code, and labels it from gold.
Random choice begins with the same sentences. Counted are the sentences, and the characters, until F1 first
reaches 95 % of what the whole pool gives, interpolated between rounds.
"""

import sys
import tempfile
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np

from nerforge.evaluation.baselines.crf import CrfOptions, CrfTagger
from nerforge.evaluation.baselines.spans import outermost
from nerforge.evaluation.labelling.selection.batch import CHARACTERS, ROWS, PoolRow, choose_batch
from nerforge.evaluation.labelling.selection.doubts import crf_doubts
from nerforge.generators.corpora.corpus import Corpus
from nerforge.templates.domain import Sample
from nerforge.templates.tasks import load_task

N_POOL, N_TEST, N_FIRST, N_BATCH = 2_000, 2_000, 100, 100
N_ROUNDS = 30
"""Of the optimiser."""
GOAL = 0.95
N_SEEDS = 10
_TASK = load_task("ccfbdci")
Choose = Callable[[CrfTagger, Sequence[Sample], Sequence[Sample], Random], list[Sample]]


class Round(NamedTuple):
    """What a model reaches with what is labelled."""

    n_rows: int
    n_characters: int
    f1: float


def main(source: Path, n_seeds: int = N_SEEDS) -> None:
    """Print the cost of each way for each seed, and the ratios to random choice."""
    corpus = Corpus(source, _TASK)
    found = {x.text: x for x, _ in corpus.samples(corpus.report()) if x is not None}
    print(
        f"{len(found):,} different sentences; pool {N_POOL:,}, test {N_TEST:,}, batches of {N_BATCH}, "
        f"{N_ROUNDS} rounds of the optimiser, goal {GOAL:.0%} of the F1 of the whole pool"
    )
    ratios: dict[str, list[float]] = {f"{by}, in {unit}": [] for by in WAYS for unit in (ROWS, CHARACTERS)}
    for seed in range(n_seeds):
        samples = list(found.values())
        Random(seed).shuffle(samples)
        pool, test = samples[:N_POOL], samples[N_POOL : N_POOL + N_TEST]
        goal = GOAL * _f1(_train(pool), test)
        needed = {name: simulate(choose, pool, test, goal, seed) for name, choose in WAYS.items()}
        needed["random"] = simulate(_at_random, pool, test, goal, seed)
        for name in WAYS:
            for at, unit in enumerate((ROWS, CHARACTERS)):
                ratios[f"{name}, in {unit}"].append(needed[name][at] / needed["random"][at])
        told = "; ".join(
            f"{name} {rows:,.0f} rows {chars:,.0f} characters" for name, (rows, chars) in needed.items()
        )
        print(f"seed {seed}: goal {goal:.3f}; {told}", flush=True)
    for name, values in ratios.items():
        print(f"{name}: {_told(values)} of random")


def simulate(
    choose: Choose, pool: Sequence[Sample], test: Sequence[Sample], goal: float, seed: int
) -> tuple[float, float]:
    """Label until the goal is reached; give the sentences and characters that it took."""
    rng = Random(seed + 1)
    order = list(pool)
    rng.shuffle(order)
    labelled, left = order[:N_FIRST], order[N_FIRST:]
    rounds: list[Round] = []
    while True:
        tagger = _train(labelled)
        rounds.append(Round(len(labelled), sum(len(x.text) for x in labelled), _f1(tagger, test)))
        if rounds[-1].f1 >= goal or not left:
            return _cost(rounds, goal)
        chosen = choose(tagger, labelled, left, rng)
        labelled = [*labelled, *chosen]
        taken = {sample.id for sample in chosen}
        left = [sample for sample in left if sample.id not in taken]


def _cost(rounds: Sequence[Round], goal: float) -> tuple[float, float]:
    for before, after in pairwise(rounds):
        if after.f1 >= goal:
            share = (goal - before.f1) / (after.f1 - before.f1)
            n_characters = before.n_characters + share * (after.n_characters - before.n_characters)
            return before.n_rows + share * (after.n_rows - before.n_rows), n_characters
    return rounds[-1].n_rows, rounds[-1].n_characters


def _by(unit: str) -> Choose:
    def choose(
        tagger: CrfTagger, labelled: Sequence[Sample], left: Sequence[Sample], rng: Random
    ) -> list[Sample]:
        rows = [PoolRow(x.id, x.text, crf_doubts(tagger, x.text)) for x in left]
        mean = sum(len(x.text) for x in left) // len(left)
        known = {x.id: x.text for x in labelled}
        budget = N_BATCH if unit == ROWS else N_BATCH * mean
        found = choose_batch(rows, known, budget=budget, by=unit, seed=rng.randrange(1 << 30))
        by_id = {x.id: x for x in left}
        return [by_id[one.row.id] for one in found] or list(left[:N_BATCH])

    return choose


def _at_random(
    _tagger: CrfTagger, _labelled: Sequence[Sample], left: Sequence[Sample], rng: Random
) -> list[Sample]:
    return rng.sample(left, min(N_BATCH, len(left)))


WAYS: dict[str, Choose] = {"next by rows": _by(ROWS), "next by characters": _by(CHARACTERS)}


def _train(samples: Sequence[Sample]) -> CrfTagger:
    with tempfile.TemporaryDirectory() as folder:
        tagger = CrfTagger(samples, _TASK.schema, CrfOptions(max_rounds=N_ROUNDS), Path(folder))
        tagger.prepare()
        # The model is read when it first tags, and its file is deleted with the folder.
        tagger.tag("。")
    return tagger


def _f1(tagger: CrfTagger, test: Sequence[Sample]) -> float:
    shared = named = 0
    for sample in test:
        gold = {(x.label, x.span) for x in outermost(sample.entities)}
        found = {(x.label, x.span) for x in tagger.tag(sample.text)}
        shared += len(gold & found)
        named += len(gold) + len(found)
    return 2 * shared / named if named else 0.0


def _told(values: Sequence[float]) -> str:
    mean = float(np.mean(values))
    if len(values) < 2:
        return f"{mean:.2f} (1 seed)"
    rng = np.random.default_rng(0)
    means = [np.mean(rng.choice(values, len(values))) for _ in range(2_000)]
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{mean:.2f} ({low:.2f}-{high:.2f}, {len(values)} seeds)"


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:3]))
