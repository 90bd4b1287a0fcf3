"""Whether two columns of tags are layers of nested entities, or two annotations of the same sentences."""

from collections.abc import Sequence
from typing import NamedTuple

from nerforge.generators.corpora.reading.tags.tag_schemes import find_scheme
from nerforge.generators.corpora.reading.tags.token_tags import TagChunk, chunks_of, is_tag

_MIN_AGREEMENT = 0.2


class LayerComparison(NamedTuple):
    """What the entities of a column have to do with those of the columns before it."""

    n_first: int
    n_second: int
    n_same: int
    """Entities of the second that one of the first repeats, label and all."""
    n_apart: int
    """Entities of the second that share no token with one of the first."""
    share_labels: bool

    @property
    def are_nested(self) -> bool:
        """Whether the second has only entities that stand within, around or across those of the first."""
        return self.n_same == self.n_apart == 0

    @property
    def are_annotations(self) -> bool:
        """Whether both say the same of many entities, or the second has other ones of the same labels."""
        n_all = self.n_first + self.n_second - self.n_same
        # No entity stands in two layers of nested ones; two annotators, or gold and a model, agree on many.
        return self.n_same > n_all * _MIN_AGREEMENT or (
            self.share_labels and self.n_apart * 2 > self.n_second
        )


def compare_layers(first: Sequence[Sequence[str]], second: Sequence[str]) -> LayerComparison:
    """Compare a column of tags with those before it."""
    before = set().union(*map(_chunks, first))
    after = _chunks(second)
    taken = {token for chunk in before for token in range(chunk.first, chunk.after)}
    n_apart = sum(taken.isdisjoint(range(chunk.first, chunk.after)) for chunk in after)
    labels = [{chunk.label for chunk in chunks} for chunks in (before, after)]
    return LayerComparison(
        len(before), len(after), len(before & after), n_apart, not labels[0].isdisjoint(labels[1])
    )


def _chunks(tags: Sequence[str]) -> set[TagChunk]:
    said = [tag if is_tag(tag) else "O" for tag in tags]
    return set(chunks_of(said, find_scheme([said]))[0])
