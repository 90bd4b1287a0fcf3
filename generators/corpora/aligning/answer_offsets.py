"""Offsets beside the values of an answer: which mention is meant, where the text agrees with them."""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from nerforge.generators.corpora.reading.pair_fields import states_offsets
from nerforge.templates.answers.layouts.json_objects import read_values
from nerforge.templates.domain import Answer, Entity, Grounding

_STARTS = ("start", "start_idx", "start_offset", "offset", "start_pos", "begin")


def place_as_stated(answer: Answer, said: str, text: str) -> Answer:
    """Put the entities of an answer where it says that they stand; all of them, or none.

    In 上海的韩梅去了上海 an answer ``[{"text": "上海", "label": "GPE", "start": 7}]`` means the second one.

    Args:
        answer: What was read, with each value at a mention that was chosen for it.
        said: The answer as it is written.
        text: The sentence.
    """
    if not answer.entities or not states_offsets(said):
        return answer
    starts = list(_starts(read_values(said)))
    placed: dict[Entity, None] = {}
    if len(starts) != len(answer.entities):
        return answer
    for entity, start in zip(answer.entities, starts, strict=True):
        if start is None or not text.startswith(entity.text, start):
            return answer
        placed[Entity(entity.label, entity.text, start, start + len(entity.text))] = None
    if len(placed) != len(starts):
        return answer
    return replace(answer, entities=tuple(placed), groundings=(Grounding.EXACT,) * len(placed))


def _starts(value: Any) -> Iterator[int | None]:
    """Yield the start of each object that states one, in the order of the answer."""
    if isinstance(value, list):
        for element in value:
            yield from _starts(element)
    elif isinstance(value, dict):
        stated = next((value[name] for name in _STARTS if name in value), None)
        if stated is not None:
            yield stated if type(stated) is int and stated >= 0 else None
        else:
            for child in value.values():
                yield from _starts(child)
