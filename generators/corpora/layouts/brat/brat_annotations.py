"""What an ``.ann`` file of brat says of its text."""

import re
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.raw_rows import RawEntity
from nerforge.generators.corpora.reading.texts_of_files.text_files import lines_of, read_text, without_mark

DISCONTINUOUS = "discontinuous_entity"
SCORE = "Score"
"""The type of a note that says how sure a model is: ``#1	Score T1	0.93``."""

_ID = re.compile(r"T\S*")
_NUMBER = re.compile(r"-?\d+")
_GAP = re.compile(r"(-?\d+);(-?\d+)")
_SCORE = re.compile(rf"#\S*\t{SCORE} (T\S*)\t([\d.eE+-]+)")
_OTHERS = {
    "R": "relation",
    "*": "relation",
    "E": "event",
    "A": "attribute",
    "M": "attribute",
    "N": "normalization",
    "#": "annotator_note",
}
_OTHER = re.compile(r"(?:[REAMN#]\S*|\*)\t\S")


class _StatedEntity(NamedTuple):
    """A line of an entity."""

    id: str
    label: str
    pieces: list[tuple[int, int]]
    text: str | None


class StandoffAnnotations(NamedTuple):
    """The entities of a document, and what is none."""

    entities: list[RawEntity]
    notes: list[str]
    """A kind for each line that is no entity of one piece."""


def is_entity(line: str) -> bool:
    """Tell whether a line is an entity of an ``.ann`` file."""
    return _parse(line) is not None


def is_annotation(line: str) -> bool:
    """Tell whether a line is one of an ``.ann`` file."""
    return is_entity(line) or _OTHER.match(line) is not None


def read_annotations(path: Path) -> StandoffAnnotations:
    """Read the annotations of a document; offsets and texts are as stated.

    Raises:
        UserError: the file cannot be read, or a line is none of brat's.
    """
    entities: dict[str, RawEntity] = {}
    notes: list[str] = []
    for number, line in enumerate(lines_of(without_mark(read_text(path))), start=1):
        if not line.strip():
            continue
        if stated := _parse(line):
            entity = _entity(stated)
            if entity is None:
                notes.append(DISCONTINUOUS)
            else:
                # Of two lines with one id, which brat refuses, both are entities.
                entities[stated.id if stated.id not in entities else str(number)] = entity
        elif (match := _SCORE.fullmatch(line)) and match[1] in entities:
            entities[match[1]] = entities[match[1]]._replace(score=float(match[2]))
        elif _OTHER.match(line):
            notes.append(_OTHERS[line[0]])
        else:
            raise UserError(
                f"{path}:{number}: found {line[:60]!r}; expected an annotation of brat, such as "
                f"'T1', a tab, 'PER 0 2', a tab and the text of the entity"
            )
    return StandoffAnnotations(list(entities.values()), notes)


def _parse(line: str) -> _StatedEntity | None:
    """Take a line apart; None where it is no entity."""
    name, _, rest = line.partition("\t")
    said, tab, text = rest.partition("\t")
    words = said.rstrip(" ").split(" ")
    # From the end, as labels may have spaces, though not for brat: "First Name 0 5;7 9" ends with a number,
    # before it pairs with a semicolon and another number (https://brat.nlplab.org/standoff.html).
    bounds = [words.pop()]
    while words and (gap := _GAP.fullmatch(words[-1])):
        bounds += [gap[2], gap[1]]
        words.pop()
    bounds += words[-1:]
    label = " ".join(words[:-1])
    if not label.strip() or not _ID.fullmatch(name) or not all(map(_NUMBER.fullmatch, bounds)):
        return None
    places = [int(bound) for bound in reversed(bounds)]
    pieces = list(zip(places[::2], places[1::2], strict=True))
    return _StatedEntity(name, label, pieces, text if tab else None)


def _entity(stated: _StatedEntity) -> RawEntity | None:
    """Make an entity; None where it is not of one piece."""
    # "0 2;2 4" is one piece; "0 2;5 7" has a gap of which nobody says whether it belongs to the entity.
    if any(end != start for (_, end), (start, _) in pairwise(stated.pieces)):
        return None
    text = stated.text if len(stated.pieces) == 1 else None
    return RawEntity(stated.label, text, stated.pieces[0][0], stated.pieces[-1][1])
