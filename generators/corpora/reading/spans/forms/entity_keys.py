"""Under which names programs keep the parts of an entity: place, label, characters and score."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

STARTS = (
    "start", "start_idx", "start_offset", "start_char", "start_pos", "begin", "start_index", "start_position",
    "begin_offset", "begin_idx", "begin_index", "begin_char", "begin_pos", "char_start", "char_begin",
    "offset", "开始", "起始", "开始位置", "起始位置",
)  # fmt: skip
ENDS = (
    "end", "end_idx", "end_offset", "end_char", "end_pos", "stop", "end_index", "end_position", "char_end",
    "结束", "结束位置",
)  # fmt: skip
LENGTHS = ("length", "len", "char_length")
PAIRS = (
    "span", "offset", "offsets", "position", "positions", "pos", "range", "indices", "location", "spans",
    "entity_index", "entity_idx", "entity_span", "char_span", "interval",
)  # fmt: skip
LABELS = (
    "label", "type", "entity_group", "entity_label", "entity_type", "labels", "label_", "tag", "category",
    "class", "kind", "label_name", "tag_name", "ner_type", "entity_class", "entity", "obj",
    "类型", "标签", "类别", "实体类型",
)  # fmt: skip
TEXTS = (
    "text", "word", "span", "entity_text", "mention", "surface", "value", "name", "entity", "entity_name",
    "mention_text", "span_text", "surface_form", "实体", "实体名称", "文本",
)  # fmt: skip
"""Case, underscores and hyphens do not matter: ``startOffset`` is ``start_offset``."""
SCORES = ("score", "confidence", "probability", "prob")

_NO_JOINTS = str.maketrans("", "", "_- ")
_FOLDED = frozenset((*STARTS, *ENDS, *LENGTHS, *PAIRS, *LABELS, *TEXTS, *SCORES))
"""Names that need no folding."""


def find_key(
    item: Mapping[str, Any],
    names: Sequence[str],
    fits: Callable[[Any], bool] = lambda _: True,
    but: str | None = None,
) -> str | None:
    """Give the first of some names under which there is a value that fits, as the object writes it."""
    exact = next((name for name in names if name in item and name != but and fits(item[name])), None)
    if exact is not None or all(name in _FOLDED for name in item):
        return exact
    # {"startOffset": 0} has no "start_offset", but both are "startoffset" when folded.
    by_folded = {fold_name(name): name for name in item}
    found = (by_folded[folded] for name in names if (folded := fold_name(name)) in by_folded)
    return next((name for name in found if name != but and fits(item[name])), None)


def value_of(item: Mapping[str, Any], names: Sequence[str]) -> Any:
    """Give what stands under the first of some names; None where none is there."""
    key = find_key(item, names)
    return None if key is None else item[key]


def fold_name(name: str) -> str:
    """Write a key without case, underscores, hyphens and blanks."""
    return name.translate(_NO_JOINTS).casefold()
