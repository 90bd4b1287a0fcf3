"""Tags among the features of a column, as CoNLL-U has them in its last one: ``NER=B-LOC|SpaceAfter=No``."""

import re
from collections.abc import Sequence

_NAMES = ("NER", "NE", "ner", "ne", "Ner", "NamedEntity")
_FEATURE = re.compile(rf"(?:^|\|)({'|'.join(_NAMES)})=")


def find_feature(values: Sequence[str]) -> re.Pattern[str] | None:
    """Give the pattern of the feature that holds tags; None where the column has none."""
    for value in values:
        if "=" in value and (match := _FEATURE.search(value)):
            return re.compile(rf"(?:^|\|){match[1]}=([^|]+)")
    return None


def tag_among(value: str, feature: re.Pattern[str]) -> str:
    """Give the tag among features; one that is absent is O."""
    match = feature.search(value)
    return match[1] if match else "O"
