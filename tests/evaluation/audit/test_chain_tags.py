"""Tags of chains: what is written is read again, and legal."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.evaluation.audit.chain_tags import ChainTags
from nerforge.templates.domain import Entity

LABELS = ("PER", "GPE", "ORG")
N_CHARS = 12


@st.composite
def mentions(draw: st.DrawFn) -> list[Entity]:
    """Draw mentions that do not overlap."""
    cuts = sorted(draw(st.sets(st.integers(0, N_CHARS), max_size=8)))
    spans = [span for span in pairwise(cuts) if draw(st.booleans())]
    return [Entity(draw(st.sampled_from(LABELS)), "x", *span) for span in spans]


@pytest.mark.parametrize("nested", [False, True], ids=["joint", "single"])
@given(entities=mentions())
def test_what_is_written_is_legal_and_read_again(nested: bool, entities: list[Entity]) -> None:
    tags = ChainTags(LABELS, nested=nested)
    rows = tags.write(N_CHARS, entities)
    assert rows.shape == (N_CHARS, tags.n_chains)
    assert sorted(tags.read(rows)) == sorted((x.label, x.start, x.end) for x in entities)
    follows, starts, stops = tags.legal()
    assert follows[rows[:-1], rows[1:]].all()
    assert starts[rows[0]].all()
    assert stops[rows[-1]].all()


def test_single_chains_know_entities_within_others_and_a_joint_one_the_outermost() -> None:
    entities = [Entity("ORG", "上海大学", 0, 4), Entity("GPE", "上海", 0, 2)]
    places = {("ORG", 0, 4), ("GPE", 0, 2)}
    single, joint = ChainTags(LABELS, nested=True), ChainTags(LABELS, nested=False)
    assert set(single.read(single.write(5, entities))) == places
    assert set(joint.read(joint.write(5, entities))) == {("ORG", 0, 4)}
