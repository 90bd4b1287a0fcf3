"""Columns of values that are tags: how they are written, and which labels they have."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from nerforge.generators.corpora.reading.tags.tag_schemes import TagForm, TagTable, find_form

PAIRED = (TagForm.PREFIXED, TagForm.PREFIXED_LOWER, TagForm.SUFFIXED, TagForm.SUFFIXED_LOWER)
"""Forms with a letter and a label."""
_MIN_OUTSIDE = 0.2
"""Of the tags of a column of bare labels at least this share is O: a column of parts of speech has none."""


class TagColumn(NamedTuple):
    """What a column of tags holds."""

    form: TagForm
    n_tags: int
    n_outside: int
    labels: frozenset[str]


def tag_column_of(values: Sequence[str]) -> TagColumn | None:
    """Describe a column of which most values are tags; None of any other."""
    counts = Counter(values)
    form, outside = find_form(counts)
    table = TagTable(form, outside)
    n_tags, labels = 0, set[str]()
    for value, n in counts.items():
        try:
            labels.add(table[value].label)
        except ValueError:
            # 0 in place of O is refused where it stands, which is in a column of tags.
            n_tags += n * (value == "0")
            continue
        n_tags += n
    n_outside = counts[outside] + counts["o"] * (form is not TagForm.PREFIXED)
    labels.discard("")
    found = TagColumn(form, n_tags, n_outside, frozenset(labels))
    return found if n_tags * 2 > len(values) and _is_plausible(found, outside, len(values)) else None


def _is_plausible(found: TagColumn, outside: str, n_values: int) -> bool:
    if not found.labels:
        # A column of nothing but "-" or "_" is empty; one of nothing but O has no entity yet.
        return outside == "O" and found.n_outside > 0
    # The lemmas of CoNLL-2012 are "-" or words, and no labels.
    return found.form in PAIRED or (outside == "O" and found.n_outside >= n_values * _MIN_OUTSIDE)
