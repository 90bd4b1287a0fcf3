"""What choosing what to label saves: a simulated annotator on ccfbdci, with the CRF as the model.

``python -m tests.benchmarks.labelling FILE [--seeds N] [--pool N] [--rounds N] [--more] [--keep FILE]`` takes
the public ccfbdci rows. A round trains the CRF on what is labelled, chooses a batch of the pool by ``nerforge
label next``'s own code, and labels it from gold. Random choice begins with the same sentences. Counted are
sentences, characters and entities until F1 first reaches 95 % of what the whole pool gives, interpolated
between rounds. With ``--keep`` each finished simulation is a line of a file, and a killed run resumes there.

Ways that need no model train it only where F1 is asked for: every fourth round, then the rounds before the
first of these that reaches the goal.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import NamedTuple

import msgspec
import numpy as np

from nerforge.evaluation.baselines.crf import CrfOptions, CrfTagger
from nerforge.evaluation.baselines.spans import outermost
from nerforge.evaluation.labelling.selection.batch import CHARACTERS, ROWS, PoolRow, choose_batch
from nerforge.evaluation.labelling.selection.doubts import crf_doubts, without_model
from nerforge.generators.corpora.corpus import Corpus
from nerforge.templates.domain import Sample
from nerforge.templates.tasks import load_task

N_TEST, N_FIRST, N_BATCH = 2_000, 100, 100
N_LEAST, N_STEP = 300, 4
GOAL = 0.95
CHARACTERS_A_SECOND = 4.0
"""To read a sentence; assumed."""
SECONDS_AN_ENTITY = 5.0
"""To mark it and choose its label; assumed."""
N_RESAMPLES = 10_000
_TASK = load_task("ccfbdci")
_RANDOM = "at random"
Choose = Callable[[CrfTagger | None, Sequence[Sample], Sequence[Sample], Random], list[Sample]]


class Way(NamedTuple):
    """A way to choose a batch."""

    choose: Choose
    asks_model: bool = False


class Cost(NamedTuple):
    """What somebody labelled."""

    rows: float
    characters: float
    entities: float


def _seconds(cost: Cost) -> float:
    return cost.characters / CHARACTERS_A_SECOND + cost.entities * SECONDS_AN_ENTITY


UNITS: Mapping[str, Callable[[Cost], float]] = {
    "rows": lambda cost: cost.rows,
    "characters": lambda cost: cost.characters,
    "entities": lambda cost: cost.entities,
    "seconds": _seconds,
}


class Simulation(msgspec.Struct, frozen=True):
    """What one way of choosing cost with one seed, and what that depends on."""

    pool: int
    rounds: int
    seed: int
    way: str
    goal: float
    """F1 to reach."""
    cost: Cost
    curve: list[tuple[Cost, float]]
    """F1 after each batch."""


class Setting(NamedTuple):
    """What simulations have in common."""

    pool: int
    rounds: int
    """Of the optimiser."""


def main(source: Path, setting: Setting, n_seeds: int, keep: Path | None, ways: Mapping[str, Way]) -> None:
    """Print the cost of each way for each seed, and the ratios to random choice."""
    corpus = Corpus(source, _TASK)
    samples = list({x.text: x for x, _ in corpus.samples(corpus.report()) if x is not None}.values())
    print(
        f"{len(samples):,} different sentences; pool {setting.pool:,}, test {N_TEST:,}, batches of "
        f"{N_BATCH}, {setting.rounds} rounds of the optimiser, goal {GOAL:.0%} of the F1 of the whole pool"
    )
    by_seed = [_of_seed(samples, setting, seed, keep, ways) for seed in range(n_seeds)]
    for way in ways:
        for unit, amount in UNITS.items():
            ratios = [amount(found[way].cost) / amount(found[_RANDOM].cost) for found in by_seed]
            print(f"{way}, in {unit}: {_told(ratios)} of random")


def _of_seed(
    samples: Sequence[Sample], setting: Setting, seed: int, keep: Path | None, ways: Mapping[str, Way]
) -> Mapping[str, Simulation]:
    kept = {one.way: one for one in _kept(keep) if (one.pool, one.rounds, one.seed) == (*setting, seed)}
    if not kept.keys() >= ways.keys():
        order = list(samples)
        Random(seed).shuffle(order)
        pool, test = order[: setting.pool], order[setting.pool : setting.pool + N_TEST]
        goal = GOAL * _f1(_train(pool, setting.rounds), test)
        for way in [name for name in ways if name not in kept]:
            curve = simulate(ways[way], pool, test, goal, setting.rounds, seed)
            kept[way] = Simulation(*setting, seed, way, goal, _cost(curve, goal), curve)
            if keep:
                with keep.open("ab") as file:
                    file.write(msgspec.json.encode(kept[way]) + b"\n")
    told = "; ".join(
        f"{way} {cost.rows:,.0f} rows {cost.characters:,.0f} characters {cost.entities:,.0f} entities"
        for way in ways
        for cost in [kept[way].cost]
    )
    print(f"seed {seed}: goal {kept[_RANDOM].goal:.3f}; {told}", flush=True)
    return kept


def _kept(keep: Path | None) -> list[Simulation]:
    if keep is None or not keep.exists():
        return []
    return [msgspec.json.decode(line, type=Simulation) for line in keep.read_bytes().splitlines()]


def simulate(
    way: Way, pool: Sequence[Sample], test: Sequence[Sample], goal: float, n_rounds: int, seed: int
) -> list[tuple[Cost, float]]:
    """Label until the goal is reached; give what was labelled and F1 after each batch that was measured."""
    rng = Random(seed + 1)
    order = list(pool)
    rng.shuffle(order)
    labelled, left = order[:N_FIRST], order[N_FIRST:]
    if not way.asks_model:
        batches = list(_without_model(way, labelled, left, rng))
        return _measure_few(batches, lambda x: _f1(_train(x, n_rounds), test), goal)
    curve: list[tuple[Cost, float]] = []
    while True:
        tagger = _train(labelled, n_rounds)
        # So little never reaches the goal.
        if len(labelled) >= N_LEAST:
            curve.append((_cost_of(labelled), _f1(tagger, test)))
        if (curve and curve[-1][1] >= goal) or not left:
            return curve
        labelled, left = _labelled_next(way, tagger, labelled, left, rng)


def _without_model(
    way: Way, labelled: list[Sample], left: list[Sample], rng: Random
) -> Iterator[list[Sample]]:
    while True:
        if len(labelled) >= N_LEAST:
            yield labelled
        if not left:
            return
        labelled, left = _labelled_next(way, None, labelled, left, rng)


def _labelled_next(
    way: Way, tagger: CrfTagger | None, labelled: list[Sample], left: list[Sample], rng: Random
) -> tuple[list[Sample], list[Sample]]:
    chosen = way.choose(tagger, labelled, left, rng)
    taken = {sample.id for sample in chosen}
    return [*labelled, *chosen], [sample for sample in left if sample.id not in taken]


def _measure_few(
    batches: Sequence[list[Sample]], f1_of: Callable[[list[Sample]], float], goal: float
) -> list[tuple[Cost, float]]:
    found: dict[int, float] = {}
    places = [*range(0, len(batches), N_STEP), len(batches) - 1]
    for at in places:
        found[at] = f1_of(batches[at])
        if found[at] >= goal:
            break
    for before in range(max(at - N_STEP, -1) + 1, at):
        if before not in found:
            found[before] = f1_of(batches[before])
        if found[before] >= goal:
            break
    return [(_cost_of(batches[at]), found[at]) for at in sorted(found)]


def _cost_of(labelled: Sequence[Sample]) -> Cost:
    return Cost(len(labelled), sum(len(x.text) for x in labelled), sum(len(x.entities) for x in labelled))


def _cost(curve: Sequence[tuple[Cost, float]], goal: float) -> Cost:
    for (before, low), (after, high) in pairwise(curve):
        if high >= goal:
            share = (goal - low) / (high - low)
            return Cost(*(a + share * (b - a) for a, b in zip(before, after, strict=True)))
    return curve[-1][0]


def _by(unit: str) -> Choose:
    def choose(
        tagger: CrfTagger | None, labelled: Sequence[Sample], left: Sequence[Sample], rng: Random
    ) -> list[Sample]:
        rows = [
            PoolRow(x.id, x.text, crf_doubts(tagger, x.text) if tagger else without_model(x.text))
            for x in left
        ]
        mean = sum(len(x.text) for x in left) // len(left)
        known = {x.id: x.text for x in labelled}
        budget = N_BATCH if unit == ROWS else N_BATCH * mean
        covered = () if tagger else list(known.values())
        found = choose_batch(
            rows, known, budget=budget, by=unit, seed=rng.randrange(1 << 30), covered=covered
        )
        by_id = {x.id: x for x in left}
        return [by_id[one.row.id] for one in found] or list(left[:N_BATCH])

    return choose


def _at_random(
    _tagger: CrfTagger | None, _labelled: Sequence[Sample], left: Sequence[Sample], rng: Random
) -> list[Sample]:
    return rng.sample(left, min(N_BATCH, len(left)))


def _longest(
    _tagger: CrfTagger | None, _labelled: Sequence[Sample], left: Sequence[Sample], _rng: Random
) -> list[Sample]:
    return sorted(left, key=lambda x: len(x.text), reverse=True)[:N_BATCH]


WAYS = {
    _RANDOM: Way(_at_random),
    "next by rows": Way(_by(ROWS), asks_model=True),
    "next by characters": Way(_by(CHARACTERS), asks_model=True),
}
MORE = {"next by characters without a model": Way(_by(CHARACTERS)), "the longest": Way(_longest)}


def _train(samples: Sequence[Sample], n_rounds: int) -> CrfTagger:
    with tempfile.TemporaryDirectory() as folder:
        tagger = CrfTagger(samples, _TASK.schema, CrfOptions(max_rounds=n_rounds), Path(folder))
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
    means = rng.choice(np.asarray(values), (N_RESAMPLES, len(values))).mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    spread = f"{min(values):.2f} to {max(values):.2f}"
    return f"{mean:.2f} ({low:.2f}-{high:.2f}, {len(values)} seeds of {spread})"


def _arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=Path)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--pool", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--more", action="store_true", help="Choose without a model and by length, too.")
    parser.add_argument("--keep", type=Path)
    return parser.parse_args(given)


if __name__ == "__main__":
    asked = _arguments(sys.argv[1:])
    ways = {**WAYS, **(MORE if asked.more else {})}
    main(asked.source, Setting(asked.pool, asked.rounds), asked.seeds, asked.keep, ways)
