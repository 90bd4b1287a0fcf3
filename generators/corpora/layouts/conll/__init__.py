"""CoNLL: a token and its tags a line, a blank line between sentences, tags in any scheme.

Which column is what follows from the beginning of the file, or is declared. ``-DOCSTART-`` lines and comments
are skipped, but for what comments say of a sentence (``# text = ...``, ``# id = ...``). Tags are read as
CoNLL's own evaluation script does: a tag that goes on with an entity which nothing began begins one. What is
not right in the file's scheme is noted at its row: ``tag_i_without_b`` and ``tag_without_end``.
"""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

from nerforge.generators.corpora.layouts.conll.column_lines import ColumnFile, refuse_lines
from nerforge.generators.corpora.layouts.conll.layer_writing import write
from nerforge.generators.corpora.reading.columns.column_plan import MAX_LINES, find_plan
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawRow
from nerforge.generators.corpora.reading.tags.parse_brackets import tags_of_brackets
from nerforge.generators.corpora.reading.texts_of_files.utf8_lines import byte_lines, encoding_fault
from nerforge.generators.corpora.reading.tokens.sentence_lines import SentenceLines
from nerforge.generators.corpora.reading.tokens.tagged_sentences import TaggedSentence, rows_of_sentences

_N_BYTES = 1 << 20


def recognises(head: FileHead) -> bool:
    """Tell by the first lines: most of those that are not blank have a token and a tag."""
    plan = None if head.is_json or not head.has_line_ends else find_plan(head.lines)
    return plan is not None and not plan.has_table_header


def read(
    path: Path,
    *,
    token_column: int | None = None,
    tag_column: int | None = None,
    layer: str | None = None,
) -> Iterator[RawRow]:
    """Yield a row for each sentence, at the line of its first token.

    The file is read twice, a sentence at a time: its scheme is known only at its end.

    Args:
        path: The file.
        token_column: The column of the token, counted from 1; found out, if None.
        tag_column: The column of the tags; by default all columns of tags are layers of entities.
        layer: The one of them that is read: its number, from 1, or its name.
    """
    lines = _first_lines(path)
    plan = find_plan(lines, token_column, tag_column, layer)
    if plan is None:
        refuse_lines(path, lines)
        return
    file = ColumnFile(path, plan).sentences()
    read_sentences = partial(_without_brackets, file) if plan.are_brackets else file.sentences
    yield from rows_of_sentences(read_sentences, file.where, plan.notes)


def _without_brackets(file: SentenceLines) -> Iterator[TaggedSentence]:
    for sentence in file.sentences():
        yield sentence._replace(layers=[tags_of_brackets(layer) for layer in sentence.layers])


def prediction_column(head: FileHead) -> int | None:
    """Give the column, from 1, of what a model says, in a file that has gold before it, as for conlleval."""
    plan = find_plan(head.lines)
    if plan is None or (plan.second_annotation is None and plan.are_nested):
        return None
    return 1 + (plan.layers[-1] if plan.second_annotation is None else plan.second_annotation)


def _first_lines(path: Path) -> list[str]:
    lines, n_bytes = list[str](), 0
    for number, line in enumerate(islice(byte_lines(path), 2 * MAX_LINES), start=1):
        n_bytes += len(line)
        if n_bytes > _N_BYTES and lines:
            break
        try:
            lines.append(line.decode())
        except UnicodeDecodeError as err:
            raise encoding_fault(path, number, err) from err
    return lines


LAYOUT = CorpusLayout(
    "a token and its tags a line, in columns by tabs, spaces or commas",
    recognises,
    read,
    write,
    options=("token_column", "tag_column", "layer"),
    precedence=5,
    suffix=".conll",
    says_surfaces=True,
    has_offsets=False,
)
