"""Entities in brackets, as CoNLL-2012 and OntoNotes have them: ``(GPE*``, ``*``, ``*)`` and ``(PERSON)``."""

import re
from collections.abc import Sequence

_BRACKETS = re.compile(r"\*|\*\)|\(([A-Z_]+)(?:\*\)?|\))")
# The parse and the roles of CoNLL-2012 are in brackets, too: https://catalog.ldc.upenn.edu/LDC2013T19
_LABELS = frozenset(
    (
        "PERSON", "NORP", "FAC", "FACILITY", "ORG", "GPE", "LOC", "PRODUCT", "EVENT", "WORK_OF_ART", "LAW",
        "LANGUAGE", "DATE", "TIME", "PERCENT", "MONEY", "QUANTITY", "ORDINAL", "CARDINAL", "PER", "MISC",
    )
)  # fmt: skip


def are_brackets(values: Sequence[str]) -> bool:
    """Tell whether a column holds names in brackets, and nothing else."""
    matches = [_BRACKETS.fullmatch(value) for value in values]
    labels = {match[1] for match in matches if match and match[1]}
    return bool(labels) and labels <= _LABELS and all(matches)


def tags_of_brackets(values: Sequence[str]) -> list[str]:
    """Give the tags in BIO that brackets say; a value that is none of them stays as it is."""
    tags: list[str] = []
    label = ""
    for value in values:
        match = _BRACKETS.fullmatch(value)
        if match and match[1]:
            label = match[1]
            tags.append(f"B-{label}")
        elif match:
            tags.append(f"I-{label}" if label else "O")
        else:
            tags.append(value)
        if value.endswith(")"):
            label = ""
    return tags
