"""A sentence a line, with a tag behind each word or character: ``赵/B-PER 敏/I-PER 在/O``.

``/``, ``_``, ``|``, ``#`` or ``:`` stands before a tag; in a word the last one counts. Tags say positions
(BIO and the like), labels alone with ``O``, or parts of speech, as in the People's Daily. Of these, the ones
of names are entities: ``[中国/ns 政府/n]nt`` is an organisation that holds a place, and ``江/nr 泽民/nr``, a
surname and a given name, is one person, which is counted.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.layouts.tagged_lines.part_of_speech_tags import PartOfSpeechReader
from nerforge.generators.corpora.layouts.tagged_lines.tagged_words import (
    SPACE_IN_WORD,
    TagKind,
    find_tags,
    labels_of,
    words_of,
)
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawRow
from nerforge.generators.corpora.reading.recognition.file_heads import read_head
from nerforge.generators.corpora.reading.tags.token_tags import SchemeEvidence, TagScheme, tagged_sentence
from nerforge.generators.corpora.reading.texts_of_files.text_files import read_lines
from nerforge.generators.corpora.reading.tokens.detokenising import StyleEvidence, join_tokens

PARTS_OF_SPEECH = "parts_of_speech"
_N_LINES = 50
_EXPECTED = "expected words with a tag each, such as 王/B-PER 芳/I-PER 在/O, with blanks between"


def recognises(head: FileHead) -> bool:
    """Tell by the first lines: each word ends with a tag."""
    return not head.is_folder and not head.values and find_tags(head.lines[:_N_LINES]) is not None


def read(path: Path) -> Iterator[RawRow]:
    """Yield a row for each line; blank ones are skipped.

    The file is read twice: how words are joined and what their tags promise is known only at its end.

    Raises:
        UserError: the file cannot be read, or a word has no tag.
    """
    tags = find_tags(read_head(path).lines[:_N_LINES])
    if tags is None:
        raise UserError(f"{path}: the words of its first lines have no tags; {_EXPECTED}")
    rows = _read_names if tags.kind is TagKind.PARTS_OF_SPEECH else _read_tags
    return rows(path, tags.separator)


def _read_tags(path: Path, separator: str) -> Iterator[RawRow]:
    schemes, styles = SchemeEvidence(), StyleEvidence()
    for number, line in _lines(path):
        with _faults_of(path, number):
            words, tags = labels_of(words_of(line, separator)[0])
        schemes.add(tags)
        styles.add(words)
    style, scheme = styles.conclude(), _scheme(path, schemes)
    for number, line in _lines(path):
        pairs, n_spaces = words_of(line, separator)
        words, tags = labels_of(pairs)
        with _faults_of(path, number):
            text, entities, notes = tagged_sentence(join_tokens(words, style), [(tags, scheme)])
        yield RawRow(number, text, entities, notes=(*notes, *[SPACE_IN_WORD] * n_spaces))


def _scheme(path: Path, schemes: SchemeEvidence) -> TagScheme:
    try:
        return schemes.conclude()
    except ValueError as err:
        raise UserError(f"{path}: {err}; {_EXPECTED}") from err


def _read_names(path: Path, separator: str) -> Iterator[RawRow]:
    reader = PartOfSpeechReader(separator)
    for number, line in _lines(path):
        with _faults_of(path, number):
            reader.learn(line)
    has_told = False
    for number, line in _lines(path):
        paragraph, text, entities, notes, has_others = reader.read(line)
        if has_others and not has_told:
            # Once a file: nobody can use the number of all its words.
            notes, has_told = (*notes, PARTS_OF_SPEECH), True
        yield RawRow(number, text, entities, notes=notes, id=paragraph)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in read_lines(path) if line.strip())


@contextmanager
def _faults_of(path: Path, number: int) -> Iterator[None]:
    try:
        yield
    except ValueError as err:
        raise UserError(f"{path}:{number}: {err}; {_EXPECTED}") from err


LAYOUT = CorpusLayout(
    "a sentence a line with a tag behind each word: 赵/B-PER 敏/I-PER 在/O, or 江/nr 泽民/nr 在/p",
    recognises,
    read,
    says_surfaces=True,
    has_offsets=False,
)
