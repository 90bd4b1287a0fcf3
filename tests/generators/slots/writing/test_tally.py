"""Counts of batches add up, whatever their size."""

import numpy as np
import pytest

from nerforge.generators.slots.domain.slot_domain import read_domain
from nerforge.generators.slots.drawing.holdout import divide
from nerforge.generators.slots.drawing.noise import Noise
from nerforge.generators.slots.drawing.plan import make_plan
from nerforge.generators.slots.generate import select
from nerforge.generators.slots.language.grammar_cache import build_grammar
from nerforge.generators.slots.surfaces import collect_surfaces
from nerforge.generators.slots.writing.rendering import Writer
from nerforge.generators.slots.writing.tally import EntityCounter, Tally, count_rows, summarise
from nerforge.templates.frames import PromptFrame
from nerforge.templates.tasks import with_surfaces

NO_SHARES = {"dev": 0.0, "test": 0.0}
N_ROWS = 1_000


@pytest.fixture(scope="module")
def counted():
    """A function that counts the rows of a split in batches of a size."""
    domain = select(read_domain(), values={"city": ["德州"]})
    grammar = build_grammar(domain)
    division = divide(domain, grammar, "random", NO_SHARES, 1)
    split = make_plan(grammar, division, N_ROWS, shares=NO_SHARES, negatives=0.1, seed=1).splits["train"]
    schema = with_surfaces(domain.task, collect_surfaces(grammar)).schema
    writer = Writer(grammar, schema, "json", PromptFrame(), "power")
    noise = Noise(domain, grammar, split)

    def count(size):
        total = Tally()
        for start in range(0, N_ROWS, size):
            positions = np.arange(start, min(start + size, N_ROWS))
            plain = split.rows(positions)
            rows = noise.add(plain, positions)
            total += count_rows(rows, writer.table.look_up(rows.pieces))
            total += Tally(pieces=np.bincount(plain.pieces.ravel(), minlength=len(grammar.pool)))
        return summarise(total, split, grammar, EntityCounter(grammar, schema))

    return count


@pytest.mark.whole
@pytest.mark.parametrize("size", [1, 7, 999, 5_000])
def test_batches_of_any_size_add_up_to_the_same(counted, size):
    assert counted(size) == counted(N_ROWS)


def test_every_row_is_counted_once_under_each_head(counted):
    summary = counted(N_ROWS)
    assert summary.samples == N_ROWS
    for head in ("templates", "date_classes", "characters", "entities_per_sample"):
        assert sum(getattr(summary, head).values()) == N_ROWS, head
    assert sum(summary.entities.values()) == sum(summary.kinds.values())
    assert summary.without_entities == summary.entities_per_sample["0"] == 100


def test_an_empty_tally_adds_nothing():
    one = Tally(rows=2, pieces=np.array([0, 2]), strata=np.array([2]), ambiguous=1)
    total = one + Tally()
    assert (total.rows, total.pieces.tolist(), total.strata.tolist(), total.ambiguous) == (2, [0, 2], [2], 1)
