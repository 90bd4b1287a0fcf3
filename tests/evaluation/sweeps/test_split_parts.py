import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from nerforge.evaluation.sweeps.choice import CheckpointScore, choose, describe_rule
from nerforge.evaluation.sweeps.deciding_figure import DecidingFigure
from nerforge.evaluation.sweeps.rejection import LEVEL, find_losers, level_of_one
from nerforge.evaluation.sweeps.split_parts import plan_parts
from nerforge.foundation.errors import UserError


def write_gold(path: Path, *rows: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def row(name: str, value: float, error: float = 0.0, *, is_stopped: bool = False) -> CheckpointScore:
    score = CheckpointScore(name=name, step=1, epoch=None, train_loss=None, is_stopped=is_stopped)
    return score.with_figure(DecidingFigure(value, value, value, error))


def right(n_right: int, n: int = 200) -> np.ndarray:
    """One entity a sentence, the first ones found."""
    tp = (np.arange(n) < n_right).astype(float)
    return np.column_stack([2 * tp, np.full(n, 2.0)])


def test_each_part_holds_the_one_before_and_the_same_seed_gives_the_same(tmp_path: Path) -> None:
    gold = write_gold(tmp_path / "dev.jsonl", *({"id": f"r{i}"} for i in range(500)))
    parts = plan_parts(gold, limit=400, stop_early=True, seed=1)
    assert [len(part.ids) for part in parts] == [50, 100, 200, 400]
    assert all(a.ids < b.ids for a, b in pairwise(parts))
    assert parts == plan_parts(gold, limit=400, stop_early=True, seed=1)
    assert parts[-1].ids != plan_parts(gold, limit=400, stop_early=False, seed=2)[-1].ids
    assert parts[-1].name("dev") == "dev.sample-400"


def test_a_larger_sample_holds_the_smaller_one(tmp_path: Path) -> None:
    gold = write_gold(tmp_path / "dev.jsonl", *({"id": f"r{i}"} for i in range(100)))
    small, large = (plan_parts(gold, limit=n, stop_early=False, seed=0)[-1] for n in (10, 30))
    assert small.ids < large.ids
    whole = plan_parts(gold, limit=1_000, stop_early=False, seed=0)[-1]
    assert (whole.is_whole, whole.name("dev"), len(whole.ids)) == (True, "dev", 100)


def test_the_pieces_of_a_text_stay_together(tmp_path: Path) -> None:
    pieces = [
        {"id": f"d{d}-p{p}", "meta": {"document": f"d{d}", "offset": 9 * p, "of": 3}}
        for d in range(20)
        for p in range(3)
    ]
    gold = write_gold(tmp_path / "dev.jsonl", *pieces)
    ids = plan_parts(gold, limit=10, stop_early=False, seed=0)[-1].ids
    assert len(ids) == 12
    assert all({f"{x.partition('-')[0]}-p{p}" for p in range(3)} <= ids for x in ids)


def test_gold_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"dev\.jsonl: holds no rows"):
        plan_parts(write_gold(tmp_path / "dev.jsonl"), limit=None, stop_early=False, seed=0)


def test_of_equal_checkpoints_the_earlier_is_chosen() -> None:
    rows = [row("a", 0.5), row("b", 0.9), row("c", 0.9)]
    assert choose(rows, one_standard_error=False).name == "b"


def test_one_standard_error_takes_the_earliest_that_is_nearly_as_good() -> None:
    rows = [row("a", 0.869), row("b", 0.88, 0.5), row("c", 0.9, 0.03), row("d", 0.89)]
    assert choose(rows, one_standard_error=True).name == "b"
    assert "Breiman et al. 1984" in describe_rule("strict", one_standard_error=True)


def test_a_checkpoint_that_was_dropped_is_not_chosen() -> None:
    assert choose([row("a", 0.99, is_stopped=True), row("b", 0.5)], one_standard_error=False).name == "b"


def test_only_a_checkpoint_that_is_clearly_behind_is_dropped() -> None:
    level = level_of_one(4, 3)
    assert level == pytest.approx(LEVEL / 9)
    columns = {"far": right(100), "near": right(185), "best": right(190), "same": right(190)}
    assert find_losers(columns, level, seed=0) == ["far"]


def test_few_sentences_that_differ_drop_nothing() -> None:
    # Nine sentences, all for one side: the bootstrap alone would be sure, a test by signs is not.
    assert find_losers({"a": right(191), "b": right(200)}, 0.001, seed=0) == []


def test_the_best_is_dropped_less_often_than_the_level_says() -> None:
    rng = np.random.default_rng(0)
    level = level_of_one(3, 1)
    n_dropped = 0
    for seed in range(60):
        columns = {}
        for name in ("best", "same", "too"):
            tp = (rng.random(120) < 0.7).astype(float)
            columns[name] = np.column_stack([2 * tp, np.full(120, 2.0)])
        n_dropped += "best" in find_losers(columns, level, seed)
    assert n_dropped <= 2


def test_no_rows_choose_nothing() -> None:
    with pytest.raises(ValueError, match="empty"):
        choose([], one_standard_error=False)
