"""Dialogues of IMCS-NER (CBLUE): an object of ``{"dialogue": [{"sentence", "BIO_label"}]}`` by number.

``BIO_label`` has a tag for each character, with blanks between. Each sentence is a row; one whose tags are
more or fewer than its characters is skipped, and leaves a note on the row before it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.json_records import read_values
from nerforge.generators.corpora.reading.loose_notes import attach_notes
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawRow
from nerforge.generators.corpora.reading.tags.token_tags import spans_of
from nerforge.generators.corpora.reading.tokens.detokenising import TokenStyle

OTHER_LENGTH = "tags_of_other_length"


class _Sentence(msgspec.Struct):
    sentence: str
    BIO_label: str
    sentence_id: str | int | None = None


class _Dialogue(msgspec.Struct):
    dialogue: list[_Sentence]


def recognises(head: FileHead) -> bool:
    """Tell by the dialogues of one object, and the tags of their sentences."""
    if len(head.values) != 1 or not isinstance(head.values[0], Mapping) or not head.values[0]:
        return False
    return all(map(_is_dialogue, head.values[0].values()))


def _is_dialogue(value: Any) -> bool:
    sentences = value.get("dialogue") if isinstance(value, Mapping) else None
    return isinstance(sentences, list) and all(
        isinstance(one, Mapping) and {"sentence", "BIO_label"} <= one.keys() for one in sentences
    )


def read(path: Path) -> Iterator[RawRow]:
    """Yield a row for each sentence of each dialogue."""
    return attach_notes(_statements(path), f"{path}: no sentence has a tag for each of its characters")


def _statements(path: Path) -> Iterator[RawRow | str]:
    place = 0
    for value in read_values(path):
        try:
            dialogues = msgspec.convert(value.content, dict[str, _Dialogue])
        except msgspec.ValidationError as err:
            raise UserError(f"{value.where}: {err}; expected dialogues of IMCS-NER with BIO_label") from err
        for number, dialogue in dialogues.items():
            for sentence in dialogue.dialogue:
                place += 1
                yield _row(place, f"{path}: dialogue {number}", sentence, number)


def _row(place: int, where: str, said: _Sentence, dialogue: str) -> RawRow | str:
    characters, tags = list(said.sentence), said.BIO_label.split()
    if len(characters) != len(tags):
        return OTHER_LENGTH
    try:
        found = spans_of(characters, tags, style=TokenStyle())
    except ValueError as err:
        raise UserError(f"{where}: {err}") from err
    row_id = dialogue if said.sentence_id is None else f"{dialogue}-{said.sentence_id}"
    return RawRow(place, found.text, found.entities, notes=found.notes, id=row_id)


LAYOUT = CorpusLayout(
    "the dialogues of IMCS-NER: sentences with a tag for each character",
    recognises,
    read,
    says_surfaces=True,
    has_offsets=False,
)
