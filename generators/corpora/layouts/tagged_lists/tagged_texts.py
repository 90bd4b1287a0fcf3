"""Files of texts with their tags and no columns: ``赵敏来 B-PER I-PER O`` on a line, or on two."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.columns.tags_of_texts import (
    TaggedText,
    TextSplit,
    characters_with_tags,
)
from nerforge.generators.corpora.reading.texts_of_files.text_files import read_lines
from nerforge.generators.corpora.reading.tokens.list_cells import TokenUnit, find_unit, tokens_of_cell
from nerforge.generators.corpora.reading.tokens.tagged_sentences import SentenceFacts, TaggedSentence

_EXPECTED = "expected one tag a token"


def sentences_of_lines(path: Path, split: TextSplit) -> Iterator[TaggedSentence]:
    """Yield the sentence of each line, which ends with its tags.

    Args:
        path: The file.
        split: Takes a line apart.

    Raises:
        UserError: the file cannot be read, or a line has not as many tags as characters or words.
    """
    unit = TokenUnit.CHARACTERS if split is characters_with_tags else TokenUnit.WORDS
    for number, line in _lines(path):
        found = split(line)
        if found is None:
            raise UserError(
                f"{path}:{number}: the tags are not as many as the {unit.value}; {_EXPECTED}, found "
                f"{line[:60]!r}"
            )
        yield _sentence(path, number, found, unit)


def sentences_of_pairs(path: Path, unit: TokenUnit, nth: int) -> Iterator[TaggedSentence]:
    """Yield the sentence of each two lines: its tokens, and their tags.

    Args:
        path: The file.
        unit: What of the tokens' line has a tag each.
        nth: Which line of the two is the tags, 0 or 1.

    Raises:
        UserError: the file cannot be read, a line has no partner, or not as many tags as there are tokens.
    """
    lines = _lines(path)
    for pair in zip_longest(lines, lines, fillvalue=(0, "")):
        (number, text), (_, tags) = pair[1 - nth], pair[nth]
        yield _sentence(path, number, TaggedText(text, tags), unit)


def unit_of_pairs(lines: Sequence[str], nth: int) -> TokenUnit | None:
    """Tell what of a line has a tag on the other of each two."""
    return find_unit(lines[1 - nth :: 2], [line.split() for line in lines[nth::2]])


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    return ((number, line.rstrip()) for number, line in read_lines(path) if line.strip())


def _sentence(path: Path, number: int, said: TaggedText, unit: TokenUnit) -> TaggedSentence:
    tokens, tags = tokens_of_cell(said.text, unit), said.tags.split()
    if len(tokens) != len(tags):
        raise UserError(f"{path}:{number}: {len(tokens)} tokens have {len(tags)} tags; {_EXPECTED}")
    return TaggedSentence(number, tokens, [tags], SentenceFacts(said.text if unit.is_of_text else None))
