"""What an ``.ann`` file of brat says of its text."""

import re
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.raw_rows import RawEntity
from nerforge.generators.corpora.reading.text_files import lines_of, read_text, without_mark

DISCONTINUOUS = "discontinuous_entity"
SCORE = "Score"
"""The type of a note that says how sure a model is: ``#1	Score T1	0.93``."""

# https://brat.nlplab.org/standoff.html; brat ends the type at the first space, but people write "First Name".
_ENTITY = re.compile(r"(T\S*)\t(\S[^\t]*?) (-?\d+ -?\d+(?:;-?\d+ -?\d+)*) *(?:\t(.*))?", re.DOTALL)
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


class StandoffAnnotations(NamedTuple):
    """The entities of a document, and what is none."""

    entities: list[RawEntity]
    notes: list[str]
    """A kind for each line that is no entity of one piece."""


def is_entity(line: str) -> bool:
    """Tell whether a line is an entity of an ``.ann`` file."""
    return _ENTITY.fullmatch(line) is not None


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
        if match := _ENTITY.fullmatch(line):
            entity = _entity(match)
            if entity is None:
                notes.append(DISCONTINUOUS)
            else:
                # Of two lines with one id, which brat refuses, both are entities.
                entities[match[1] if match[1] not in entities else str(number)] = entity
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


def _entity(match: re.Match[str]) -> RawEntity | None:
    """Make an entity; None where it is not of one piece."""
    # "0 2;2 4" is one piece; "0 2;5 7" has a gap of which nobody says whether it belongs to the entity.
    pieces = [tuple(map(int, piece.split())) for piece in match[3].split(";")]
    if any(end != start for (_, end), (start, _) in pairwise(pieces)):
        return None
    text = match[4] if len(pieces) == 1 else None
    return RawEntity(match[2], text, pieces[0][0], pieces[-1][1])
