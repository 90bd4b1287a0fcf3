"""Fragments joined are what joining them one by one gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.foundation.errors import UserError
from nerforge.generators.slots.writing import fragments as module
from nerforge.generators.slots.writing.fragments import NOTHING, Fragments, Growing, Ragged, sums, weave

PARTS = st.lists(st.binary(max_size=6), max_size=30)


@pytest.mark.parametrize("few", [0, 1 << 18], ids=["by Arrow", "in Python"])
@given(added=st.lists(PARTS, max_size=4), data=st.data())
def test_fragments_are_joined_in_the_order_asked_for(few, added, data):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_FEW", few)
        _check_joined(added, data)


def _check_joined(added, data):
    fragments = Fragments()
    known = [b""]
    for parts in added:
        assert fragments.add(parts) == len(known)
        known += parts
    assert len(fragments) == len(known)
    numbers = data.draw(st.lists(st.integers(0, len(known) - 1), max_size=200))
    assert b"".join(fragments.join(np.array(numbers, np.int32))) == b"".join(known[n] for n in numbers)


def test_blocks_end_where_fragments_end(monkeypatch):
    monkeypatch.setattr(module, "_FEW", 0)
    monkeypatch.setattr(module, "_AT_ONCE", 3)
    fragments = Fragments()
    first = fragments.add([b"ab", b"", b"cde"])
    numbers = np.array([first, first + 1, first + 2, NOTHING, NOTHING, NOTHING, first + 2], np.int32)
    assert [bytes(block) for block in fragments.join(numbers)] == [b"abcde", b"cde"]
    assert fragments.join(numbers[:0]) == []


def test_what_is_forgotten_is_written_over():
    fragments = Fragments()
    kept = fragments.add([b"kept"])
    n_kept = len(fragments)
    fragments.add([b"first", b"second"])
    fragments.forget(n_kept)
    new = fragments.add_cut(b"newer", np.array([3, 2]))
    assert new == n_kept
    assert b"".join(fragments.join(np.array([kept, new + 1, new], np.int32))) == b"kepternew"


def test_blocks_stay_as_they_are_when_fragments_are_added():
    fragments = Fragments()
    first = fragments.add([b"one"])
    blocks = fragments.join(np.array([first, first], np.int32))
    fragments.forget(first)
    fragments.add([b"two"] * 10_000)
    assert b"".join(blocks) == b"oneone"


def test_more_bytes_than_numbers_reach_are_refused(monkeypatch):
    monkeypatch.setattr(module, "_MOST", 10)
    fragments = Fragments()
    fragments.add([b"0123456789"])
    with pytest.raises(UserError, match="more than 2 GB"):
        fragments.add([b"x"])


@given(st.lists(st.lists(st.integers(-5, 5), max_size=7), max_size=5), st.integers(0, 9))
def test_an_array_grows_and_is_cut_back(added, kept):
    growing = Growing(np.int64)
    values = []
    for more in added:
        growing.add(more)
        values += more
        assert growing.values.tolist() == values
    growing.forget(min(kept, len(values)))
    growing.add([7])
    assert growing.values.tolist() == [*values[:kept], 7]


def test_a_value_may_be_an_array():
    growing = Growing(np.int32, 2)
    for start in range(0, 5_000, 1_000):
        growing.add(np.arange(2 * start, 2 * (start + 1_000), dtype=np.int32).reshape(-1, 2))
    assert growing.values.tolist() == np.arange(10_000).reshape(-1, 2).tolist()


ROWS = st.lists(
    st.tuples(
        st.integers(1, 9), st.lists(st.integers(1, 9), max_size=3), st.lists(st.integers(1, 9), max_size=2)
    ),
    max_size=8,
)


def ragged(lists):
    values = np.array([value for values in lists for value in values], np.int64)
    return Ragged(values, np.array([len(values) for values in lists], np.int64))


@given(ROWS)
def test_rows_are_woven_part_by_part(rows):
    ones, some, others = zip(*rows, strict=True) if rows else ((), (), ())
    woven = weave([77, ragged(some), np.array(ones, np.int64), ragged(others), 88], len(rows))
    assert woven.tolist() == [n for one, a, b in rows for n in (77, *a, one, *b, 88)]


@given(st.lists(st.lists(st.integers(0, 9), max_size=3), max_size=8))
def test_ragged_rows_are_looked_at_and_thinned_out(lists):
    rows = ragged(lists)
    assert sums(rows.values, rows.counts).tolist() == [sum(values) for values in lists]
    assert [row.tolist() for row in rows.rows(np.arange(len(lists)))] == lists
    kept = rows.where(rows.values > 4)
    assert [row.tolist() for row in kept.rows(np.arange(len(lists)))] == [
        [value for value in values if value > 4] for values in lists
    ]
    assert rows.first.tolist() == [sum(map(len, lists[:at])) for at in range(len(lists))]


def test_hashes_add_up_around_the_end():
    values = np.array([2**64 - 1, 2, 5], np.uint64)
    assert sums(values, np.array([2, 1])).tolist() == [1, 5]
